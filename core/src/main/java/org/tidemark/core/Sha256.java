// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.jspecify.annotations.Nullable;

/**
 * A SHA-256 digest. Immutable.
 *
 * @param hex 64 lower-case hexadecimal digits
 */
public record Sha256(String hex) {
    private static final byte[] DIGITS = "0123456789abcdef".getBytes(StandardCharsets.ISO_8859_1);

    public Sha256 {
        if (!isHex(hex)) {
            throw new IllegalArgumentException(
                    "not a SHA-256: '" + hex + "' (expected 64 lower-case hexadecimal digits)");
        }
    }

    public static Sha256 of(byte[] bytes) {
        return finish(newDigest(), bytes);
    }

    /** What {@code digest} has seen; the digest is reset. */
    public static Sha256 finish(MessageDigest digest) {
        return new Sha256(toHex(digest.digest()));
    }

    public static MessageDigest newDigest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static Sha256 finish(MessageDigest digest, byte[] bytes) {
        digest.update(bytes);
        return finish(digest);
    }

    private static String toHex(byte[] bytes) {
        byte[] digits = new byte[bytes.length * 2];
        for (int i = 0; i < bytes.length; i++) {
            digits[2 * i] = DIGITS[(bytes[i] >> 4) & 0xF];
            digits[2 * i + 1] = DIGITS[bytes[i] & 0xF];
        }
        return new String(digits, StandardCharsets.ISO_8859_1);
    }

    private static boolean isHex(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
                return false;
            }
        }
        return text.length() == 64;
    }

    // Written out: linking a record's own costs every WAL command milliseconds.
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Sha256 that && hex.equals(that.hex);
    }

    @Override
    public int hashCode() {
        return hex.hashCode();
    }

    @Override
    public String toString() {
        return hex;
    }
}
