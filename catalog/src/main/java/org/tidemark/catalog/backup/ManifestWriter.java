// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.tidemark.core.PathBytes;

/**
 * Collects the entries of a manifest in any order and returns its parts in the order of paths. Bounded in memory by
 * {@link PathSorter}. Not thread-safe.
 */
public final class ManifestWriter implements AutoCloseable {
    /** A part ends with the line that reaches this length. */
    public static final int PART_BYTES = 4 << 20;

    private final PathSorter sorter;

    /** Temporary files are written into {@code directory}; {@link #close} removes them. */
    public ManifestWriter(Path directory) {
        this(directory, "manifest");
    }

    /** The names of the temporary files begin with {@code name}, which no other writer has. */
    public ManifestWriter(Path directory, String name) {
        this.sorter = new PathSorter(directory, name);
    }

    /** A directory may be added more than once; the same entry is written once. */
    public void add(ManifestEntry entry) throws IOException {
        sorter.add(entry.path(), ManifestLine.encode(entry));
    }

    /** The parts in their order; called after the last {@link #add}. */
    public Parts parts() throws IOException {
        return new Parts(sorter.sorted());
    }

    @Override
    public void close() throws IOException {
        sorter.close();
    }

    /**
     * A part of the manifest.
     *
     * @param first the path of its first line
     * @param text which nobody changes
     */
    @SuppressWarnings("ArrayRecordComponent") // Handed on to be stored, never compared.
    public record Part(String first, byte[] text) {}

    /** The parts, one after the other. Not thread-safe. */
    public static final class Parts {
        private final PathSorter.Sorted lines;
        private Optional<PathSorter.Item> previous = Optional.empty();

        private Parts(PathSorter.Sorted lines) {
            this.lines = lines;
        }

        /**
         * The next part; empty after the last one.
         *
         * @throws IOException also if two different entries have the same path
         */
        public Optional<Part> next() throws IOException {
            ByteArrayOutputStream part = new ByteArrayOutputStream();
            Optional<String> first = Optional.empty();
            while (part.size() < PART_BYTES) {
                Optional<PathSorter.Item> line = lines.next();
                if (line.isEmpty()) {
                    break;
                }
                if (isNew(line.get())) {
                    if (first.isEmpty()) {
                        first = Optional.of(PathBytes.decode(line.get().path()));
                    }
                    part.write(line.get().content());
                }
                previous = line;
            }
            return first.map(path -> new Part(path, part.toByteArray()));
        }

        private boolean isNew(PathSorter.Item line) throws IOException {
            if (previous.isEmpty() || !Arrays.equals(previous.get().path(), line.path())) {
                return true;
            }
            if (Arrays.equals(previous.get().content(), line.content())) {
                return false;
            }
            throw new IOException(
                    "'" + new String(line.path(), StandardCharsets.UTF_8) + "' occurs twice in the backup");
        }
    }
}
