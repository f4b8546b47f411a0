// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.scale;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.tidemark.catalog.backup.Crc32cCombination;
import org.tidemark.catalog.backup.Frame;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;
import org.tidemark.catalog.backup.Piece;
import org.tidemark.catalog.backup.PieceChecksums;

/**
 * The files of a cluster that does not exist: relations of one database, each as many frames long. Their checksums are
 * random numbers, since those of real data look the same. The same arguments give the same files. Immutable.
 *
 * @param files how many
 * @param pieces of each file, a whole frame each
 * @param changed in thousandths: how many files have other checksums than {@code seed} gives them without
 */
record SimulatedFiles(int files, int pieces, long seed, int changed) {
    private static final int FIRST_RELATION = 16_384;
    private static final Instant MODIFIED = Instant.parse("2026-11-20T06:30:11.123456Z");

    /** Decides where the frame of a piece is. */
    @FunctionalInterface
    interface Placement {
        Piece place(String path, long at, int size, PieceChecksums checksums) throws IOException;
    }

    /** As {@code base/5/16384}. */
    static String path(int file) {
        return "base/5/" + (FIRST_RELATION + file);
    }

    boolean isChanged(int file) {
        return new SplittableRandom(seed + 31L * file).nextInt(1000) < changed;
    }

    long dataSizeBytes() {
        return (long) files * pieces * Frame.MAX_DATA_BYTES;
    }

    /** @param file from 0 */
    FileEntry file(int file, Placement placement) throws IOException {
        SplittableRandom random = new SplittableRandom(seed ^ ((long) file << 20) ^ (isChanged(file) ? 1 : 0));
        List<Piece> placed = new ArrayList<>(pieces);
        long at = 0;
        int crc = 0; // of no bytes
        for (int piece = 0; piece < pieces; piece++) {
            PieceChecksums checksums = new PieceChecksums(random.nextInt(), random.nextLong());
            placed.add(placement.place(path(file), at, Frame.MAX_DATA_BYTES, checksums));
            crc = Crc32cCombination.combine(crc, checksums.crc32c(), Frame.MAX_DATA_BYTES);
            at += Frame.MAX_DATA_BYTES;
        }
        // Files of one database are changed at times that have their first digits in common.
        Instant modified = MODIFIED.plusMillis(random.nextInt(1 << 30));
        return new FileEntry(path(file), 0600, at, modified, crc, placed);
    }
}
