// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.Sha256;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;

/**
 * A file that is being put together from its pieces, which come in any order: keeps their checksums until the last one
 * is in place, and then compares them with the manifest. Thread-safe.
 */
final class FileAssembly {
    private final String path;
    private final Path file;
    private final int mode;
    private final long size;
    private final int crc32c;
    private final Sha256 sha256;
    private final int pieces;
    private int missing;
    private byte @Nullable [] digests;
    private int @Nullable [] crcs;
    private int @Nullable [] sizes;

    FileAssembly(FileEntry entry, Path file) {
        this.path = entry.path();
        this.file = file;
        this.mode = entry.mode();
        this.size = entry.size();
        this.crc32c = entry.crc32c();
        this.sha256 = entry.sha256();
        this.pieces = entry.pieces().size();
        this.missing = pieces;
    }

    /** As in the manifest. */
    String path() {
        return path;
    }

    /** Where it is written. */
    Path file() {
        return file;
    }

    int mode() {
        return mode;
    }

    long size() {
        return size;
    }

    /**
     * Takes note that a piece is in place.
     *
     * @param number of the piece in the file, from 0
     * @param digest of its bytes, compared already
     * @throws MisfitException if all pieces are in place and are not the file that the manifest describes
     */
    synchronized void placed(int number, Sha256 digest, int crc, int length) throws MisfitException {
        if (digests == null || crcs == null || sizes == null) {
            digests = new byte[pieces * 32];
            crcs = new int[pieces];
            sizes = new int[pieces];
        }
        System.arraycopy(HexFormat.of().parseHex(digest.hex()), 0, digests, number * 32, 32);
        crcs[number] = crc;
        sizes[number] = length;
        missing--;
        if (missing == 0) {
            check(digests, crcs, sizes);
            digests = null;
            crcs = null;
            sizes = null;
        }
    }

    synchronized boolean isComplete() {
        return missing == 0;
    }

    /** An empty file has no pieces; its checksums are compared like those of all others. */
    void checkEmpty() throws MisfitException {
        if (pieces == 0) {
            check(new byte[0], new int[0], new int[0]);
        }
    }

    private void check(byte[] allDigests, int[] allCrcs, int[] allSizes) throws MisfitException {
        MessageDigest digest = Sha256.newDigest();
        digest.update(allDigests);
        int crc = (int) new CRC32C().getValue();
        for (int i = 0; i < allCrcs.length; i++) {
            crc = Crc32cCombination.combine(crc, allCrcs[i], allSizes[i]);
        }
        if (!Sha256.finish(digest).equals(sha256) || crc != crc32c) {
            throw new MisfitException(path);
        }
    }

    /** The pieces are sound, and yet they are not the file that the manifest describes. */
    static final class MisfitException extends Exception {
        private static final long serialVersionUID = 1L;

        MisfitException(String path) {
            super("its pieces of '" + path + "' do not add up to the file in the manifest");
        }
    }
}
