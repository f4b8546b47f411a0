// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

import java.io.IOException;
import java.net.Socket;
import java.util.Properties;
import javax.net.ssl.SSLSocket;
import org.postgresql.ssl.DefaultJavaSSLFactory;
import org.postgresql.ssl.LibPQFactory;
import org.postgresql.util.PSQLException;
import org.tidemark.postgres.internal.ServerSocketFactory.LoginSockets;

/** The driver's TLS with libpq's files. Remembers the TLS socket. The property {@code sslfactory} names this class. */
public final class ServerTlsFactory extends LibPQFactory {
    public ServerTlsFactory(Properties properties) throws PSQLException {
        super(properties);
    }

    @Override
    public Socket createSocket(Socket plain, String host, int port, boolean autoClose) throws IOException {
        return remember(super.createSocket(plain, host, port, autoClose));
    }

    static Socket remember(Socket socket) {
        if (socket instanceof SSLSocket encrypted && LoginSockets.CURRENT.isBound()) {
            LoginSockets.CURRENT.get().encrypted(encrypted);
        }
        return socket;
    }

    /** TLS with the certificates that Java trusts ({@code sslrootcert=system}). Remembers the TLS socket. */
    public static final class SystemTlsFactory extends DefaultJavaSSLFactory {
        public SystemTlsFactory(Properties properties) {
            super(properties);
        }

        @Override
        public Socket createSocket(Socket plain, String host, int port, boolean autoClose) throws IOException {
            return ServerTlsFactory.remember(super.createSocket(plain, host, port, autoClose));
        }
    }
}
