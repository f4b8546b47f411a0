// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.filesystem;

import java.io.IOException;
import java.nio.channels.FileChannel;
import org.tidemark.store.ByteRange;
import org.tidemark.store.FileRangeStream;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;

/** The bytes of a range of an object. Not thread-safe. */
final class FileSystemObjectStream extends FileRangeStream {
    private final ObjectKey key;
    private final FileSystemErrors errors;

    FileSystemObjectStream(ObjectKey key, FileChannel channel, ByteRange range, FileSystemErrors errors)
            throws IOException {
        super(channel, range);
        this.key = key;
        this.errors = errors;
    }

    @Override
    protected StorageException failed(IOException cause) {
        return errors.of(Operation.READ, key.value(), cause);
    }
}
