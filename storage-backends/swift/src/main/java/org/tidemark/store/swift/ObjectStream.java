// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.io.IOException;
import java.util.Optional;
import org.tidemark.core.BlockInputStream;
import org.tidemark.store.ContentTagged;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;

/** The bytes of an object as they come: as many as were announced, or an error. Not thread-safe. */
final class ObjectStream extends BlockInputStream implements ContentTagged {
    private final String name;
    private final AnswerStream bytes;
    private final Optional<String> content;
    private final SwiftErrors errors;
    private long left;

    /**
     * @param length how many bytes must come
     * @param content the ETag; empty if the answer has none
     */
    ObjectStream(String name, AnswerStream bytes, long length, Optional<String> content, SwiftErrors errors) {
        this.name = name;
        this.bytes = bytes;
        this.left = length;
        this.content = content;
        this.errors = errors;
    }

    @Override
    public Optional<String> contentTag() {
        return content;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws StorageException {
        if (length == 0) {
            return 0;
        }
        if (left == 0) {
            return -1;
        }
        int count;
        try {
            count = bytes.read(into, offset, (int) Math.min(length, left));
        } catch (IOException e) {
            throw errors.of(Operation.READ, name, e);
        }
        if (count < 0) {
            throw errors.unavailable(Operation.READ, name, "the answer ended " + left + " bytes too early");
        }
        left -= count;
        return count;
    }

    @Override
    public void close() {
        if (left == 0) {
            bytes.discard();
        } else {
            bytes.close();
        }
    }
}
