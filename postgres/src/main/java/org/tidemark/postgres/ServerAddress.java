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

    /** A connection string to its database postgres, without a password. */
    public String conninfo(String user) {
        return "host=" + quoted(host) + " port=" + port + " user=" + quoted(user) + " dbname=postgres";
    }

    /** As libpq reads it: a quote and a backslash have a backslash before them. */
    static String quoted(String value) {
        return value.matches("[\\w./:,@%+-]+")
                ? value
                : "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }

    @Override
    public String toString() {
        return isUnixSocket() ? socketFile().toString() : host + ":" + port;
    }
}
