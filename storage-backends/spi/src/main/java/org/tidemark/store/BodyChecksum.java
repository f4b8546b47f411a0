// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.zip.Checksum;

/**
 * The checksums by which a service compares the bytes that were sent with those that it received. They find damage on
 * the way, and do not protect against an attacker.
 */
public final class BodyChecksum {
    private static final int BUFFER_BYTES = 64 * 1024;

    private BodyChecksum() {}

    public static MessageDigest newMd5() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JDK has no MD5, which object stores ask for", e);
        }
    }

    /** The MD5 of the first {@code count} bytes. */
    public static byte[] md5(byte[] bytes, int count) {
        MessageDigest digest = newMd5();
        digest.update(bytes, 0, count);
        return digest.digest();
    }

    /** The MD5 of a source, which is read for it, and not sent. */
    public static byte[] md5(ObjectKey key, ObjectSource source) throws StorageException {
        MessageDigest digest = newMd5();
        byte[] buffer = new byte[BUFFER_BYTES];
        try (SourceStream bytes = SourceStream.inspect(key, source)) {
            for (int count = bytes.read(buffer, 0, buffer.length);
                    count >= 0;
                    count = bytes.read(buffer, 0, buffer.length)) {
                digest.update(buffer, 0, count);
            }
        }
        return digest.digest();
    }

    /** A checksum of 32 bits as services write it: four bytes, the highest first, in base64. */
    public static String base64(Checksum checksum) {
        byte[] bytes = ByteBuffer.allocate(4).putInt((int) checksum.getValue()).array();
        return Base64.getEncoder().encodeToString(bytes);
    }
}
