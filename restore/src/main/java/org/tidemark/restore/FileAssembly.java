// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.IOException;
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

    /** A file that is kept in memory until everything else is durable: pg_control. Thread-safe. */
    static final class DeferredFile {
        /** PostgreSQL's has 8 KiB. */
        private static final int MOST_BYTES = 1 << 20;

        private final FileAssembly file;
        private final byte[] content;

        DeferredFile(FileAssembly file) throws IOException {
            if (file.size() > MOST_BYTES) {
                throw new IOException("'" + file.path() + "' has " + file.size() + " bytes in the backup");
            }
            this.file = file;
            this.content = new byte[(int) file.size()];
        }

        boolean is(FileAssembly other) {
            return other == file;
        }

        FileAssembly file() {
            return file;
        }

        synchronized void put(long at, byte[] data, int offset, int length) {
            System.arraycopy(data, offset, content, (int) at, length);
        }

        /** All of it, once every piece is in place. */
        synchronized byte[] content() {
            if (!file.isComplete()) {
                throw new IllegalStateException("'" + file.path() + "' is not complete");
            }
            return content.clone();
        }
    }

    /**
     * The CRC-32C of two stretches of bytes put together, from those of each: polynomials modulo the Castagnoli
     * polynomial, as zlib's crc32_combine does it for its own.
     *
     * @see <a href="https://github.com/madler/zlib/blob/develop/crc32.c">multmodp, x2nmodp</a>
     */
    static final class Crc32cCombination {
        /** The Castagnoli polynomial with its bits reversed. */
        private static final int POLYNOMIAL = 0x82F63B78;

        private static final int ONE = 1 << 31;

        /** x to the power of 2 to the power of n. */
        private static final int[] POWERS = powers();

        private Crc32cCombination() {}

        /** @param secondLength how many bytes {@code second} is the checksum of */
        static int combine(int first, int second, long secondLength) {
            return multiply(powerOfBytes(secondLength), first) ^ second;
        }

        private static int[] powers() {
            int[] powers = new int[64];
            powers[0] = 1 << 30; // x
            for (int n = 1; n < powers.length; n++) {
                powers[n] = multiply(powers[n - 1], powers[n - 1]);
            }
            return powers;
        }

        /** x to the power of eight times {@code bytes}. */
        private static int powerOfBytes(long bytes) {
            int product = ONE;
            int bit = 3; // a byte is two to the power of three bits
            for (long left = bytes; left != 0; left >>>= 1, bit++) {
                if ((left & 1) != 0) {
                    product = multiply(POWERS[bit], product);
                }
            }
            return product;
        }

        private static int multiply(int a, int b) {
            int product = 0;
            int factor = b;
            for (int mask = ONE; mask != 0; mask >>>= 1) {
                if ((a & mask) != 0) {
                    product ^= factor;
                }
                factor = (factor & 1) != 0 ? factor >>> 1 ^ POLYNOMIAL : factor >>> 1;
            }
            return product;
        }
    }
}
