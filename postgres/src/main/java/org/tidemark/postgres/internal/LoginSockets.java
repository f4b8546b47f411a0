// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

import java.net.Socket;
import java.util.Optional;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * Remembers the sockets of one login, which the replication protocol uses afterwards. The driver creates its socket
 * factories from class names. The factories find this object as a scoped value of the thread that logs in. Not
 * thread-safe.
 */
final class LoginSockets {
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
