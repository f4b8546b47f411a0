// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.BlockInputStream;
import org.tidemark.store.ObjectKey;

/** The payload of a container as it is stored: counted, digested, and not one byte more or less. Not thread-safe. */
final class StoredPayload extends BlockInputStream {
    private final InputStream from;
    private final ObjectKey key;
    private final ContentDigests expected;
    private final MessageDigest digest = Sha256.newDigest();
    private long left;
    private @Nullable IOException failure;

    StoredPayload(InputStream from, ObjectKey key, ContentDigests expected) {
        this.from = from;
        this.key = key;
        this.expected = expected;
        this.left = expected.storedSize();
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        if (left == 0 || length == 0) {
            return length == 0 ? 0 : -1;
        }
        try {
            int count = from.read(buffer, offset, (int) Math.min(length, left));
            if (count < 0) {
                throw new DamagedObjectException(key, "it is " + left + " bytes too short");
            }
            digest.update(buffer, offset, count);
            left -= count;
            return count;
        } catch (IOException e) {
            failure = e;
            throw e;
        }
    }

    /** Why a read failed, whatever a codec made of it; null if none did. */
    @Nullable
    IOException failure() {
        return failure;
    }

    /** To be called when the codec has come to its end: everything must have been read, and nothing may follow. */
    void verifyAll() throws IOException {
        if (left > 0) {
            throw new DamagedObjectException(key, "its payload continues past its end");
        }
        if (readBehind() >= 0) {
            throw new DamagedObjectException(key, "it is longer than its header says");
        }
        if (!Sha256.finish(digest).equals(expected.stored())) {
            throw new DamagedObjectException(key, "its stored bytes do not match their digest");
        }
    }

    private int readBehind() throws IOException {
        try {
            return from.read();
        } catch (IOException e) {
            failure = e;
            throw e;
        }
    }

    @Override
    public void close() throws IOException {
        from.close();
    }
}
