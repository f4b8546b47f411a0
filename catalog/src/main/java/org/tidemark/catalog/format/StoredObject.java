// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.format;

import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import org.tidemark.core.BlockInputStream;
import org.tidemark.core.Sha256;
import org.tidemark.store.ObjectSource;

/**
 * The size and the digest of all bytes of a stored object, header included. Immutable.
 *
 * @param sizeBytes 0 or more
 */
public record StoredObject(long sizeBytes, Sha256 sha256) {
    public StoredObject {
        if (sizeBytes < 0) {
            throw new IllegalArgumentException("not the size of an object: " + sizeBytes);
        }
    }

    /** Reads all of {@code source}. */
    public static StoredObject of(ObjectSource source) throws IOException {
        try (InputStream in = source.inspect()) {
            return of(in);
        }
    }

    /** Reads {@code in} to its end. */
    public static StoredObject of(InputStream in) throws IOException {
        Reading reading = new Reading(in);
        byte[] buffer = new byte[1 << 16];
        while (reading.read(buffer, 0, buffer.length) >= 0) {}
        return reading.seen();
    }

    /** Counts and digests what passes. Not thread-safe. */
    public static final class Reading extends BlockInputStream.Filter {
        private final MessageDigest digest = Sha256.newDigest();
        private long size;

        public Reading(InputStream in) {
            super(in);
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int count = super.read(bytes, offset, length);
            if (count > 0) {
                digest.update(bytes, offset, count);
                size += count;
            }
            return count;
        }

        /** What has passed; to be called once, at the end. */
        public StoredObject seen() {
            return new StoredObject(size, Sha256.finish(digest));
        }
    }
}
