// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.filesystem;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.store.filesystem.FileSystemErrors.Doing;

/** A range of a file; one that ends before its length, as it was when opened, is an error. Not thread-safe. */
final class ObjectStream extends InputStream {
    private final ObjectKey key;
    private final FileChannel channel;
    private final FileSystemErrors errors;
    private final long end;
    private long position;

    ObjectStream(ObjectKey key, FileChannel channel, ByteRange range, FileSystemErrors errors) throws IOException {
        this.key = key;
        this.channel = channel;
        this.errors = errors;
        long size = channel.size();
        this.position = Math.min(range.offset(), size);
        this.end = range.length() == ByteRange.TO_END ? size : position + Math.min(range.length(), size - position);
    }

    @Override
    public int read() throws StorageException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws StorageException {
        if (length == 0) {
            return 0;
        }
        if (position >= end) {
            return -1;
        }
        int count;
        try {
            count = channel.read(ByteBuffer.wrap(into, offset, (int) Math.min(length, end - position)), position);
        } catch (IOException e) {
            throw errors.of(Doing.READ, key.value(), e);
        }
        if (count <= 0) {
            throw new StorageUnavailable(
                    "'" + key + "' in " + errors.description() + " ended at byte " + position + " instead of " + end,
                    null);
        }
        position += count;
        return count;
    }

    @Override
    public void close() throws StorageException {
        try {
            channel.close();
        } catch (IOException e) {
            throw errors.of(Doing.READ, key.value(), e);
        }
    }
}
