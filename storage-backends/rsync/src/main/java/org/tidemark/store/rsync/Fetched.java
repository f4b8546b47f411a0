// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.StorageException;
import org.tidemark.store.rsync.RsyncErrors.Doing;

/** A range of an object that was fetched whole; its file may be deleted while this is open. Not thread-safe. */
final class Fetched extends InputStream {
    private final ObjectKey key;
    private final FileChannel channel;
    private final RsyncErrors errors;
    private final long end;
    private long position;

    Fetched(ObjectKey key, FileChannel channel, ByteRange range, RsyncErrors errors) throws IOException {
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
            throw errors.local(Doing.READ, key.value(), e);
        }
        if (count <= 0) {
            throw errors.unavailable(
                    Doing.READ, key.value(), "what was fetched ended at byte " + position + " instead of " + end, null);
        }
        position += count;
        return count;
    }

    @Override
    public void close() throws StorageException {
        try {
            channel.close();
        } catch (IOException e) {
            throw errors.local(Doing.READ, key.value(), e);
        }
    }
}
