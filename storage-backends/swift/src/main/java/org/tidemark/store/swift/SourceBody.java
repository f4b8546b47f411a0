// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.util.HexFormat;
import org.tidemark.store.BodyChecksum;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.SourceStream;
import org.tidemark.store.StorageException;

/** A source as the body of one request. Immutable. */
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
        return HexFormat.of().formatHex(BodyChecksum.md5(key, source));
    }
}
