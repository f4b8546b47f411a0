// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.scale;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;
import org.tidemark.catalog.backup.ManifestWriter;
import org.tidemark.catalog.backup.Piece;
import org.tidemark.catalog.backup.PieceChecksums;
import org.tidemark.catalog.format.Codec;

/**
 * The length of a stored manifest, and how much of it a later backup could share: frames are as long as those of real
 * data, in bundles of 32 MiB that do not exist.
 */
final class ManifestSizes {
    private static final Codec FAST = Codec.parse("zstd:1");
    private static final Codec DENSE = Codec.parse("zstd:3");

    private final NavigableMap<String, Part> parts = new TreeMap<>();

    /**
     * A part of the manifest.
     *
     * @param plainBytes of its text
     * @param fastBytes of its text by zstd:1
     * @param denseBytes of its text by zstd:3
     */
    record Part(long plainBytes, long fastBytes, long denseBytes) {}

    /** @param work a directory for temporary files */
    static ManifestSizes of(SimulatedFiles files, Path work) throws IOException {
        ManifestSizes sizes = new ManifestSizes();
        Layout unchanged = new Layout(1, files.seed());
        // The bundles of a later backup are numbered after those of its parent.
        Layout changed = new Layout(1_000_000, files.seed() + 1);
        try (ManifestWriter writer = new ManifestWriter(work)) {
            for (int file = 0; file < files.files(); file++) {
                FileEntry before = files.file(file, unchanged);
                writer.add(files.isChanged(file) ? files.file(file, changed) : before);
            }
            ManifestWriter.Parts all = writer.parts();
            for (Optional<ManifestWriter.Part> part = all.next(); part.isPresent(); part = all.next()) {
                sizes.add(part.get());
            }
        }
        return sizes;
    }

    private void add(ManifestWriter.Part part) throws IOException {
        byte[] text = part.text();
        byte[] buffer = new byte[Codec.maxFrameBytes(text.length)];
        parts.put(
                part.first(),
                new Part(
                        text.length,
                        FAST.compressFrame(text, 0, text.length, buffer),
                        DENSE.compressFrame(text, 0, text.length, buffer)));
    }

    /** The sum over all parts. */
    Part whole() {
        return sum(parts.values());
    }

    /** The sum over the parts without a changed file, if a later backup ends its parts where this one does. */
    Part unchanged(SimulatedFiles later) {
        NavigableMap<String, Part> left = new TreeMap<>(parts);
        for (int file = 0; file < later.files(); file++) {
            if (later.isChanged(file)) {
                left.remove(parts.floorKey(SimulatedFiles.path(file)));
            }
        }
        return sum(left.values());
    }

    int count() {
        return parts.size();
    }

    private static Part sum(Collection<Part> parts) {
        long plain = 0;
        long fast = 0;
        long dense = 0;
        for (Part part : parts) {
            plain += part.plainBytes();
            fast += part.fastBytes();
            dense += part.denseBytes();
        }
        return new Part(plain, fast, dense);
    }

    /** Frames one after the other, of 40 to 160 KB, in bundles. */
    private static final class Layout implements SimulatedFiles.Placement {
        private static final int BUNDLE_BYTES = 32 << 20;
        private static final int HEADER_BYTES = 128;

        private final SplittableRandom random;
        private int bundle;
        private long end = HEADER_BYTES;

        Layout(int firstBundle, long seed) {
            this.bundle = firstBundle;
            this.random = new SplittableRandom(seed);
        }

        @Override
        public Piece place(String path, long at, int size, PieceChecksums checksums) {
            int length = random.nextInt(40_000, 160_000);
            if (end >= BUNDLE_BYTES) {
                bundle++;
                end = HEADER_BYTES;
            }
            long start = end;
            end += length;
            return new Piece(bundle, start, length, 0, at, size, checksums);
        }
    }
}
