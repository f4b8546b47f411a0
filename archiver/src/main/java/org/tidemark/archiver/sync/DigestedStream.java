// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.sync;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import org.tidemark.catalog.DamagedObjectException;
import org.tidemark.catalog.Sha256;
import org.tidemark.catalog.backup.StoredObject;
import org.tidemark.store.ObjectKey;

/**
 * Gives bytes that must have a known length and digest, and keeps the last of them back until that is certain: whoever
 * stores what it gives, stores all of it and right, or nothing. Not thread-safe.
 */
final class DigestedStream extends FilterInputStream {
    private final ObjectKey key;
    private final StoredObject expected;
    private final MessageDigest digest = Sha256.newDigest();
    private long left;

    DigestedStream(InputStream in, ObjectKey key, StoredObject expected) {
        super(in);
        this.key = key;
        this.expected = expected;
        this.left = expected.sizeBytes();
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (left == 0) {
            return -1;
        }
        int count = in.read(into, offset, (int) Math.min(length, left));
        if (count < 0) {
            throw new DamagedObjectException(key, "it is " + left + " bytes too short");
        }
        digest.update(into, offset, count);
        left -= count;
        if (left == 0) {
            if (!Sha256.finish(digest).equals(expected.sha256())) {
                throw new DamagedObjectException(key, "its stored bytes do not match their digest");
            }
            if (in.read() >= 0) {
                throw new DamagedObjectException(key, "it is longer than it was when it was stored");
            }
        }
        return count;
    }

    @Override
    public long skip(long count) throws IOException {
        return Math.max(0, read(new byte[Math.clamp(count, 0, 8192)]));
    }

    @Override
    public boolean markSupported() {
        return false;
    }
}
