// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Optional;

/**
 * A range of a local file. Another process may delete the file's name while the stream is open. The stream fails if the
 * file becomes shorter than it was when the stream was opened. Closing the stream closes the file. Not thread-safe.
 */
public final class FileRangeStream extends ObjectStream {
    private final FileChannel channel;
    private long position;

    public FileRangeStream(StoreErrors errors, ObjectKey key, FileChannel channel, ByteRange range) throws IOException {
        super(errors, key, range.sizeIn(channel.size()), Optional.empty(), NO_LIMIT);
        this.channel = channel;
        this.position = range.offset();
    }

    @Override
    protected int next(byte[] into, int offset, int length) throws IOException {
        int count = channel.read(ByteBuffer.wrap(into, offset, length), position);
        position += count;
        return count;
    }

    @Override
    protected void release(boolean complete) throws IOException {
        channel.close();
    }
}
