// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

import java.io.IOException;
import java.net.Socket;
import java.util.Properties;
import org.postgresql.ssl.DefaultJavaSSLFactory;

/** TLS with the certificates that Java trusts ({@code sslrootcert=system}). Remembers the TLS socket. */
public final class SystemTlsFactory extends DefaultJavaSSLFactory {
    public SystemTlsFactory(Properties properties) {
        super(properties);
    }

    @Override
    public Socket createSocket(Socket plain, String host, int port, boolean autoClose) throws IOException {
        return ServerTlsFactory.remember(super.createSocket(plain, host, port, autoClose));
    }
}
