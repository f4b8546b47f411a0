// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.tidemark.core.BlockInputStream;

/**
 * A range of a local file. Another process may delete the file's name while the stream is open. The stream fails if the
 * file becomes shorter than it was when the stream was opened. Closing the stream closes the file. Not thread-safe.
 */
public abstract class FileRangeStream extends BlockInputStream {
    private final FileChannel channel;
    private final long end;
    private long position;

    protected FileRangeStream(FileChannel channel, ByteRange range) throws IOException {
        this.channel = channel;
        long size = channel.size();
        this.position = Math.min(range.offset(), size);
        this.end = range.length() == ByteRange.TO_END ? size : position + Math.min(range.length(), size - position);
    }

    /** Translates an error of the file for the callers of its store. */
    protected abstract StorageException failed(IOException cause);

    @Override
    public final int read(byte[] into, int offset, int length) throws StorageException {
        if (length == 0) {
            return 0;
        }
        if (position >= end) {
            return -1;
        }
        try {
            int count = channel.read(ByteBuffer.wrap(into, offset, (int) Math.min(length, end - position)), position);
            if (count <= 0) {
                throw new IOException("the file ends at byte " + position + " instead of " + end);
            }
            position += count;
            return count;
        } catch (IOException e) {
            throw failed(e);
        }
    }

    @Override
    public final void close() throws StorageException {
        try {
            channel.close();
        } catch (IOException e) {
            throw failed(e);
        }
    }
}
