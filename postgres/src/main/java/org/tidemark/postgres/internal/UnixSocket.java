// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Objects;
import org.tidemark.core.BlockInputStream;

/**
 * A unix socket with read timeouts, as a {@link Socket} for pgjdbc. One thread may read while another writes; closing
 * is thread-safe.
 */
final class UnixSocket extends Socket {
    private final Path file;
    private final SocketChannel channel;
    private final ChannelStreams streams;

    UnixSocket(Path file) throws IOException {
        this.file = file;
        this.channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        this.streams = new ChannelStreams(channel);
    }

    @Override
    public void connect(SocketAddress ignored) throws IOException {
        // The driver knows only TCP addresses. This socket has its address since its creation.
        try {
            channel.connect(UnixDomainSocketAddress.of(file));
            channel.configureBlocking(false);
        } catch (SocketException e) {
            // The kernel's text ("Connection refused") does not name the file.
            SocketException named = new SocketException(e.getMessage() + ": " + file);
            named.initCause(e);
            throw named;
        }
    }

    /** Ignores the limit, because the kernel answers at once on a unix socket. */
    @Override
    public void connect(SocketAddress ignored, int timeoutMillis) throws IOException {
        connect(ignored);
    }

    @Override
    public InputStream getInputStream() {
        return streams.input();
    }

    @Override
    public OutputStream getOutputStream() {
        return streams.output();
    }

    @Override
    public void setSoTimeout(int millis) {
        streams.setReadTimeout(millis);
    }

    @Override
    public int getSoTimeout() {
        return streams.readTimeout();
    }

    @Override
    public boolean isConnected() {
        return channel.isConnected();
    }

    @Override
    public boolean isClosed() {
        return !channel.isOpen();
    }

    @Override
    public void close() throws IOException {
        streams.close();
    }

    @Override
    public void setTcpNoDelay(boolean on) {
        // A unix socket has no TCP options.
    }

    @Override
    public boolean getTcpNoDelay() {
        return true;
    }

    @Override
    public void setKeepAlive(boolean on) {
        // The kernel reports at once that the peer has closed the socket.
    }

    @Override
    public boolean getKeepAlive() {
        return true;
    }

    @Override
    public int getSendBufferSize() throws SocketException {
        return option(StandardSocketOptions.SO_SNDBUF);
    }

    @Override
    public int getReceiveBufferSize() throws SocketException {
        return option(StandardSocketOptions.SO_RCVBUF);
    }

    @Override
    public String toString() {
        return file.toString();
    }

    private int option(java.net.SocketOption<Integer> option) throws SocketException {
        try {
            return channel.getOption(option);
        } catch (IOException e) {
            SocketException wrapped = new SocketException("cannot ask for " + option.name());
            wrapped.initCause(e);
            throw wrapped;
        }
    }

    /**
     * Blocking streams over a non-blocking channel. They wait on a selector, because the JDK has no read timeout for
     * unix sockets. One thread may read while another writes; closing is thread-safe.
     */
    private static final class ChannelStreams implements AutoCloseable {
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
}
