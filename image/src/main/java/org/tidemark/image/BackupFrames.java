// SPDX-License-Identifier: Apache-2.0
package org.tidemark.image;

import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleFrames;
import org.tidemark.catalog.backup.BundleFrames.FrameBuffer;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.FileTable;
import org.tidemark.catalog.backup.FingerprintKey;
import org.tidemark.catalog.backup.PieceTable;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.core.LastUsed;

/**
 * The frames of a backup. Every piece of a frame that is asked for is compared with its checksums; a frame that does
 * not hold them is read from the next repository. A repository whose list of bundles is not the one that
 * {@code backup.json} names has another backup of the same id, and nothing is read from there. Thread-safe.
 */
public final class BackupFrames {
    /** A bundle's header takes some hundred bytes. */
    private static final int MOST_BUNDLES = 1_000;

    private final BackupSources sources;
    private final BaseBackup backup;
    private final FileTable files;
    private final Optional<FingerprintKey> key;
    private final LastUsed<BackupCatalog, Map<Integer, BundleRef>> lists = new LastUsed<>(Long.MAX_VALUE, _ -> 1);
    private final LastUsed<BundleCopy, BundleFrames> bundles = new LastUsed<>(MOST_BUNDLES, _ -> 1);

    private record BundleCopy(BackupCatalog catalog, int number) {}

    /** Takes verified frames, one after the other. */
    @FunctionalInterface
    public interface Taker {
        /**
         * Takes a frame.
         *
         * @param from the place in the run of the frame's first piece
         * @param to the place after that of its last piece
         * @param data of the frame, until this returns
         */
        void take(int from, int to, byte[] data) throws IOException;
    }

    /** @param files names what is damaged */
    public BackupFrames(BackupSources sources, BaseBackup backup, FileTable files) {
        this.sources = sources;
        this.backup = backup;
        this.files = files;
        this.key = Optional.of(backup.objects().fingerprintKey());
    }

    /**
     * Reads neighbouring frames with one request, and what is left of them from the next repository if one fails. What
     * was taken before it failed is not given again.
     *
     * @throws DamagedObjectException if no repository has an intact copy
     */
    public void read(FrameRun run, FrameBuffer buffer, Taker taker) throws IOException {
        int[] next = {run.from()};
        sources.read(catalog -> {
            BundleFrames bundle = bundles.get(new BundleCopy(catalog, run.bundle()), () -> open(catalog, run.bundle()));
            try (InputStream stored = bundle.open(run.start(next[0]), run.storedBytes(next[0]))) {
                while (next[0] < run.to()) {
                    int length = run.pieces().length(run.order()[next[0]]);
                    int size = bundle.readNext(stored, length, buffer);
                    int end = run.endOfFrame(next[0]);
                    check(run, next[0], end, bundle, buffer, size);
                    taker.take(next[0], end, buffer.data());
                    next[0] = end;
                }
            }
            return true;
        });
    }

    /** All pieces of a frame, before the first of them is taken: another copy may be read for it. */
    private void check(FrameRun run, int from, int to, BundleFrames bundle, FrameBuffer buffer, int size)
            throws DamagedObjectException {
        PieceTable pieces = run.pieces();
        for (int i = from; i < to; i++) {
            int piece = run.order()[i];
            int offset = pieces.offset(piece);
            if (pieces.length(piece) != pieces.length(run.order()[from])
                    || offset + pieces.size(piece) > size
                    || !pieces.checksums(piece).match(key, buffer.data(), offset, pieces.size(piece))) {
                throw new DamagedObjectException(
                        bundle.key(),
                        "the frame at byte " + pieces.start(piece) + " does not hold the bytes of '"
                                + files.path(pieces.file(piece)) + "' from byte "
                                + pieces.written(piece).getFirst().at()
                                + " that the manifest describes");
            }
        }
    }

    private BundleFrames open(BackupCatalog catalog, int number) throws IOException {
        BundleRef found = lists.get(catalog, () -> catalog.bundles(backup)).get(number);
        if (found == null) {
            throw new DamagedObjectException(
                    backup.keys().bundles(), "it lacks bundle " + number + ", which the manifest names");
        }
        return catalog.frames(found);
    }
}
