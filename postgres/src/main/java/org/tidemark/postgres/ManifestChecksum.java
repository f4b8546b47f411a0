// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;

/**
 * The checksum of a file in backup_manifest. Immutable.
 *
 * @param hex lower case; a CRC-32C has its least significant byte first
 */
public record ManifestChecksum(Algorithm algorithm, String hex) {
    /** The values of BASE_BACKUP's option MANIFEST_CHECKSUMS, except NONE. */
    public enum Algorithm {
        CRC32C(8),
        SHA224(56),
        SHA256(64),
        SHA384(96),
        SHA512(128);

        private final int digits;

        Algorithm(int digits) {
            this.digits = digits;
        }

        /** A new computation. */
        public Digest newDigest() {
            return this == CRC32C ? new CrcDigest() : new ShaDigest(this);
        }
    }

    /** A computation over the bytes of one file. Not thread-safe. */
    public sealed interface Digest {
        void update(byte[] bytes, int offset, int length);

        /** Ends the computation. */
        ManifestChecksum finish();
    }

    public ManifestChecksum {
        if (hex.length() != algorithm.digits || !hex.chars().allMatch(ManifestChecksum::isDigit)) {
            throw new IllegalArgumentException("not a checksum by " + algorithm + ": '" + hex + "'");
        }
    }

    /** The manifest's form of a CRC-32C that is already known. */
    public static ManifestChecksum ofCrc32c(int value) {
        return new ManifestChecksum(Algorithm.CRC32C, HexFormat.of().toHexDigits(Integer.reverseBytes(value)));
    }

    private static boolean isDigit(int c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    }

    private static final class CrcDigest implements Digest {
        private final Checksum crc = new CRC32C();

        @Override
        public void update(byte[] bytes, int offset, int length) {
            crc.update(bytes, offset, length);
        }

        @Override
        public ManifestChecksum finish() {
            return ofCrc32c((int) crc.getValue());
        }
    }

    private static final class ShaDigest implements Digest {
        private final Algorithm algorithm;
        private final MessageDigest digest;

        ShaDigest(Algorithm algorithm) {
            this.algorithm = algorithm;
            try {
                digest = MessageDigest.getInstance(algorithm.name().replace("SHA", "SHA-"));
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("this Java has no " + algorithm, e);
            }
        }

        @Override
        public void update(byte[] bytes, int offset, int length) {
            digest.update(bytes, offset, length);
        }

        @Override
        public ManifestChecksum finish() {
            return new ManifestChecksum(algorithm, HexFormat.of().formatHex(digest.digest()));
        }
    }
}
