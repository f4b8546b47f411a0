// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

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
}
