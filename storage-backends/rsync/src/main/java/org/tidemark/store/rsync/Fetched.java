// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.io.IOException;
import java.nio.channels.FileChannel;
import org.tidemark.store.ByteRange;
import org.tidemark.store.FileRangeStream;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;

/** A range of an object that was fetched whole; its file may be deleted while this is open. Not thread-safe. */
final class Fetched extends FileRangeStream {
    private final ObjectKey key;
    private final RsyncErrors errors;

    Fetched(ObjectKey key, FileChannel channel, ByteRange range, RsyncErrors errors) throws IOException {
        super(channel, range);
        this.key = key;
        this.errors = errors;
    }

    @Override
    protected StorageException failed(IOException cause) {
        return errors.of(Operation.READ, key.value(), cause);
    }
}
