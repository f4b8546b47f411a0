// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.nio.file.Path;

/**
 * The address of a server. Immutable.
 *
 * @param host a name or an IP address, or the directory of a unix socket, which begins with a slash
 */
public record ServerAddress(String host, int port) {
    public ServerAddress {
        if (host.isEmpty() || port < 1 || port > 65_535) {
            throw new IllegalArgumentException("not a server's address: host '" + host + "', port " + port);
        }
    }

    public boolean isUnixSocket() {
        return host.startsWith("/");
    }

    /** The file of a unix socket; not for a TCP address. */
    public Path socketFile() {
        return Path.of(host, ".s.PGSQL." + port);
    }

    @Override
    public String toString() {
        return isUnixSocket() ? socketFile().toString() : host + ":" + port;
    }
}
