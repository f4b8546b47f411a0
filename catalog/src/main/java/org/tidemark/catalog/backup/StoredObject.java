// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import org.tidemark.catalog.Sha256;
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
        MessageDigest digest = Sha256.newDigest();
        byte[] buffer = new byte[1 << 16];
        long size = 0;
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
            digest.update(buffer, 0, read);
            size += read;
        }
        return new StoredObject(size, Sha256.finish(digest));
    }
}
