// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.format;

import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.BlockInputStream;
import org.tidemark.core.Sha256;
import org.tidemark.store.ObjectKey;

/**
 * Stored bytes that must have a known length and digest, and nothing after them. The end is reported only after they
 * were compared; until then the bytes that were read are not verified. Not thread-safe.
 */
class VerifiedStream extends BlockInputStream.Filter {
    private final ObjectKey key;
    private final Sha256 expected;
    private final String known;
    private final MessageDigest digest = Sha256.newDigest();
    private long left;
    private boolean verified;
    private @Nullable IOException failure;

    /**
     * Begins to compare.
     *
     * @param size of the stored bytes
     * @param known where the size is known from, to follow "it is longer than"
     */
    VerifiedStream(InputStream in, ObjectKey key, long size, Sha256 expected, String known) {
        super(in);
        this.key = key;
        this.expected = expected;
        this.known = known;
        this.left = size;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        if (failure != null) {
            throw failure; // a codec may have swallowed it: what was wrong once stays wrong
        }
        if (length == 0) {
            return 0;
        }
        try {
            int count = left == 0 ? -1 : in.read(into, offset, (int) Math.min(length, left));
            if (count < 0 && left > 0) {
                throw new DamagedObjectException(key, "it is " + left + " bytes too short");
            }
            if (count > 0) {
                digest.update(into, offset, count);
                left -= count;
            }
            if (count < 0 && !verified) {
                verify();
            }
            return count;
        } catch (IOException e) {
            failure = e;
            throw e;
        }
    }

    private void verify() throws IOException {
        if (in.read() >= 0) {
            throw new DamagedObjectException(key, "it is longer than " + known);
        }
        if (!Sha256.finish(digest).equals(expected)) {
            throw new DamagedObjectException(key, "its stored bytes do not match their digest");
        }
        verified = true;
    }

    /** Whether all of the bytes have been read; they need not be compared yet. */
    final boolean isRead() {
        return left == 0;
    }

    /** Why a read failed, whatever a codec made of it; null if none did. */
    final @Nullable IOException failure() {
        return failure;
    }
}
