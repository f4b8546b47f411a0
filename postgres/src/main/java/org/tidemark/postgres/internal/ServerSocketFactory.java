// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Optional;
import javax.net.SocketFactory;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * Creates the sockets of a connection; pgjdbc's property {@code socketFactory} names this class. All sockets are
 * channels, so an interrupt ends a thread's wait. Thread-safe.
 */
public final class ServerSocketFactory extends SocketFactory {
    private final String unixSocket;

    /** A factory for the unix socket in this file; for TCP if {@code unixSocket} is empty. */
    public ServerSocketFactory(String unixSocket) {
        this.unixSocket = unixSocket;
    }

    @Override
    public Socket createSocket() {
        try {
            Socket socket = unixSocket.isEmpty() ? SocketChannel.open().socket() : new UnixSocket(Path.of(unixSocket));
            if (LoginSockets.CURRENT.isBound()) {
                LoginSockets.CURRENT.get().connecting(socket);
            }
            return socket;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        return connect(new InetSocketAddress(host, port));
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        return connect(new InetSocketAddress(host, port));
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
        throw new UnsupportedOperationException("no connection names its local address");
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort) {
        throw new UnsupportedOperationException("no connection names its local address");
    }

    private Socket connect(InetSocketAddress address) throws IOException {
        Socket socket = createSocket();
        socket.connect(address);
        return socket;
    }

    /**
     * Remembers the sockets of one login, which the replication protocol uses afterwards. The driver creates its socket
     * factories from class names. The factories find this object as a scoped value of the thread that logs in. Not
     * thread-safe.
     */
    static final class LoginSockets {
        static final ScopedValue<LoginSockets> CURRENT = ScopedValue.newInstance();

        private @Nullable Socket plain;
        private @Nullable SSLSocket tls;

        /** Starts a new connection attempt, which replaces an earlier one (perhaps one without TLS). */
        void connecting(Socket socket) {
            plain = socket;
            tls = null;
        }

        void encrypted(SSLSocket socket) {
            tls = socket;
        }

        /** The socket that carries the bytes. */
        Optional<Socket> plain() {
            return Optional.ofNullable(plain);
        }

        /** The TLS socket around {@link #plain}; present as soon as a handshake has begun. */
        Optional<SSLSocket> tls() {
            return Optional.ofNullable(tls);
        }
    }
}
