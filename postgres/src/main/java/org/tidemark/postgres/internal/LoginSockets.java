// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

import java.net.Socket;
import java.util.Optional;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * Remembers the sockets of one login, so that the replication protocol can be spoken on them afterwards. The driver
 * makes its socket factories itself, from class names; they find this object as a scoped value of the thread that logs
 * in. Not thread-safe.
 */
final class LoginSockets {
    static final ScopedValue<LoginSockets> CURRENT = ScopedValue.newInstance();

    private @Nullable Socket plain;
    private @Nullable SSLSocket tls;

    /** A new try to connect: the one before, perhaps without TLS, is over. */
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

    /** The encrypted socket around it; present as soon as a handshake was begun. */
    Optional<SSLSocket> tls() {
        return Optional.ofNullable(tls);
    }
}
