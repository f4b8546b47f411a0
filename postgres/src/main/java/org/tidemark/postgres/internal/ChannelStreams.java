// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Objects;
import org.tidemark.core.BlockInputStream;

/**
 * Blocking streams over a non-blocking channel. They wait on a selector, because the JDK has no read timeout for unix
 * sockets. One thread may read while another writes; closing is thread-safe.
 */
final class ChannelStreams implements AutoCloseable {
    private final SocketChannel channel;
    private final Selector readable;
    private final Selector writable;
    private volatile int readTimeoutMillis;

    ChannelStreams(SocketChannel channel) throws IOException {
        this.channel = channel;
        this.readable = Selector.open();
        this.writable = Selector.open();
    }

    void setReadTimeout(int millis) {
        readTimeoutMillis = millis;
    }

    int readTimeout() {
        return readTimeoutMillis;
    }

    InputStream input() {
        return new Input();
    }

    OutputStream output() {
        return new Output();
    }

    @Override
    public void close() throws IOException {
        try (readable;
                writable) {
            channel.close();
        }
    }

    /** Whether the operation became possible within the time. */
    private boolean await(Selector selector, int operation, int timeoutMillis) throws IOException {
        if (selector.keys().isEmpty()) {
            channel.register(selector, operation);
        }
        selector.selectedKeys().clear();
        int ready = selector.select(timeoutMillis);
        if (Thread.currentThread().isInterrupted()) {
            // Blocking channels also close at an interrupt. Without this the caller's loop would spin.
            close();
            throw new ClosedByInterruptException();
        }
        return ready > 0;
    }

    private final class Input extends BlockInputStream {
        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, bytes.length);
            if (length == 0) {
                return 0;
            }
            ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, length);
            int timeoutMillis = readTimeoutMillis;
            while (true) {
                int count = channel.read(buffer);
                if (count != 0) {
                    return count;
                }
                if (!await(readable, SelectionKey.OP_READ, timeoutMillis)) {
                    throw new SocketTimeoutException("nothing to read for " + timeoutMillis + " ms");
                }
            }
        }

        @Override
        public void close() throws IOException {
            ChannelStreams.this.close();
        }
    }

    private final class Output extends OutputStream {
        @Override
        public void write(int value) throws IOException {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, length);
            while (buffer.hasRemaining()) {
                if (channel.write(buffer) == 0 && !await(writable, SelectionKey.OP_WRITE, readTimeoutMillis)) {
                    throw new SocketTimeoutException("nothing could be sent for " + readTimeoutMillis + " ms");
                }
            }
        }

        @Override
        public void close() throws IOException {
            ChannelStreams.this.close();
        }
    }
}
