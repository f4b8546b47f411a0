// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.io.EOFException;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.SourceStream;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageUnavailable;

/**
 * A part of a source, sent as the body of one request. Immutable.
 *
 * @param offset of its first byte
 * @param length in bytes, 0 or more
 */
record Slice(ObjectKey key, ObjectSource source, long offset, long length) {
    static final int CHUNK_BYTES = 64 * 1024;

    static Slice whole(ObjectKey key, ObjectSource source) {
        return new Slice(key, source, 0, source.sizeBytes());
    }

    /** A stream that stands at its first byte, and goes on behind its last; the caller closes it. */
    SourceStream open() throws StorageException {
        return atOffset(SourceStream.open(key, source));
    }

    /**
     * Its digest as Swift wants it to go ahead: MD5, which finds what was changed on the way and is no protection
     * against malice.
     */
    String md5() throws StorageException {
        MessageDigest digest = newMd5();
        try (SourceStream bytes = atOffset(SourceStream.inspect(key, source))) {
            byte[] buffer = new byte[CHUNK_BYTES];
            for (long left = length; left > 0; ) {
                int count = bytes.read(buffer, 0, (int) Math.min(left, buffer.length));
                digest.update(buffer, 0, count);
                left -= count;
            }
            requireEnd(bytes);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Before the last byte goes: a source that has more than it announced throws here. */
    void requireEnd(SourceStream bytes) throws StorageException {
        if (offset + length == source.sizeBytes() && bytes.read() >= 0) {
            throw new IllegalStateException("a source's stream continued past its end");
        }
    }

    static MessageDigest newMd5() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has MD5", e);
        }
    }

    private SourceStream atOffset(SourceStream bytes) throws StorageException {
        try {
            bytes.skipNBytes(offset);
            return bytes;
        } catch (StorageException e) {
            bytes.close();
            throw e;
        } catch (EOFException e) {
            bytes.close();
            throw new StorageUnavailable("the bytes to be stored as '" + key + "' end before byte " + offset, e);
        } catch (IOException e) {
            bytes.close();
            throw new StorageUnavailable(
                    "the bytes to be stored as '" + key + "' could not be read: " + e.getMessage(), e);
        }
    }
}
