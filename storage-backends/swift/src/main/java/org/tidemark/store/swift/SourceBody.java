// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.SourceStream;
import org.tidemark.store.StorageException;

/** A source, sent as the body of one request. Immutable. */
record SourceBody(ObjectKey key, ObjectSource source) {
    static final int CHUNK_BYTES = 64 * 1024;

    long length() {
        return source.sizeBytes();
    }

    /** The caller closes it. */
    SourceStream open() throws StorageException {
        return SourceStream.open(key, source);
    }

    /**
     * Its digest as Swift wants it to go ahead: MD5, which finds what was changed on the way and is no protection
     * against malice.
     */
    String md5() throws StorageException {
        MessageDigest digest = newMd5();
        try (SourceStream bytes = SourceStream.inspect(key, source)) {
            byte[] buffer = new byte[CHUNK_BYTES];
            for (int count = bytes.read(buffer, 0, buffer.length);
                    count >= 0;
                    count = bytes.read(buffer, 0, buffer.length)) {
                digest.update(buffer, 0, count);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest newMd5() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has MD5", e);
        }
    }
}
