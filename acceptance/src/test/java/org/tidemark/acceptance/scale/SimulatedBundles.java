// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.scale;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;
import org.tidemark.catalog.backup.BlockPool;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.BundleWriter;
import org.tidemark.catalog.backup.BundleWriter.FinishedBundle;
import org.tidemark.catalog.backup.Frame;
import org.tidemark.catalog.backup.Frame.Encoder.EncodedFrame;
import org.tidemark.catalog.backup.Frame.FramePart;
import org.tidemark.catalog.backup.Piece;
import org.tidemark.catalog.backup.PieceChecksums;
import org.tidemark.catalog.backup.Placement;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.store.ObjectStore;

/**
 * Bundles whose frames are a few random bytes, so that those of 10 TiB fit on a disk. Header, index and digests are as
 * they should be; a frame cannot be decoded. Not thread-safe.
 */
final class SimulatedBundles implements SimulatedFiles.Placement {
    /** As many as 32 MiB hold if a frame is a tenth as long as its data. */
    private static final int FRAMES = 320;

    private static final int STORED_BYTES = 24;

    private final ObjectStore store;
    private final BackupKeys keys;
    /** The highest number of a bundle of another backup in the same list. */
    private final int others;

    private final BlockPool pool = new BlockPool();
    private final SplittableRandom random = new SplittableRandom(1);
    private final ByteArrayOutputStream list = new ByteArrayOutputStream();
    private Optional<BundleWriter> open = Optional.empty();
    private int number;
    private int frames;

    SimulatedBundles(ObjectStore store, BackupKeys keys) {
        this(store, keys, 0);
    }

    /** @param others the highest number of a bundle of another backup in the same list */
    SimulatedBundles(ObjectStore store, BackupKeys keys, int others) {
        this.store = store;
        this.keys = keys;
        this.others = others;
    }

    @Override
    public Piece place(String path, long at, int size, PieceChecksums checksums) throws IOException {
        if (frames == FRAMES) {
            finish();
        }
        if (open.isEmpty()) {
            number++;
            open = Optional.of(new BundleWriter(
                    keys, number, SimulatedRepository.ENCODING, BundleWriter.DEFAULT_SIZE_BYTES, pool));
        }
        byte[] stored = new byte[STORED_BYTES];
        random.nextBytes(stored);
        CRC32C crc = new CRC32C();
        crc.update(stored);
        Frame frame = open.get()
                .add(new EncodedFrame(
                        stored,
                        stored.length,
                        (int) crc.getValue(),
                        List.of(new FramePart(path, new Placement.Range(at, size), checksums))));
        frames++;
        return new Piece(others + number, frame.offset(), frame.length(), 0, at, size, checksums);
    }

    private void finish() throws IOException {
        if (open.isPresent()) {
            try (FinishedBundle bundle = open.get().finish()) {
                store.putIfAbsent(keys.bundle(number), bundle.source());
                long live = (long) frames * Frame.MAX_DATA_BYTES;
                list.write(new BundleRef(others + number, keys.id(), number, bundle.object(), live).encode());
            }
        }
        open = Optional.empty();
        frames = 0;
    }

    /** Stores the last bundle, and gives the text of the list of all. */
    byte[] list() throws IOException {
        finish();
        return list.toByteArray();
    }
}
