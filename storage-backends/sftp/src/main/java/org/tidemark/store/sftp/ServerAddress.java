// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.net.URI;

/**
 * A server, and the user to be there. Immutable; printed as an address has it.
 *
 * @param host a name or an address, without brackets
 * @param port 1 to 65535
 */
public record ServerAddress(String user, String host, int port) {
    private static final int SSH_PORT = 22;

    /** From {@code sftp://user@host:port/dir}; the user of this process and port 22 where they are not given. */
    static ServerAddress parse(URI address) {
        String user = address.getUserInfo();
        boolean plain = "sftp".equals(address.getScheme())
                && address.getHost() != null
                && address.getRawQuery() == null
                && address.getRawFragment() == null;
        if (user != null && user.contains(":")) {
            // The address itself is not shown: it holds a secret.
            throw new IllegalArgumentException("an address of an SFTP server takes no password: give '" + Login.PASSWORD
                    + "-file' or '" + Login.PASSWORD + "-command'");
        }
        if (!plain || address.getPort() == 0 || address.getPort() > 65535) {
            throw wrong(address);
        }
        String host = address.getHost();
        return new ServerAddress(
                user == null || user.isEmpty() ? System.getProperty("user.name") : user,
                host.startsWith("[") ? host.substring(1, host.length() - 1) : host,
                address.getPort() < 0 ? SSH_PORT : address.getPort());
    }

    static IllegalArgumentException wrong(URI address) {
        return new IllegalArgumentException("not the address of an SFTP store: '" + address
                + "' (expected sftp://user@host:port/dir, an absolute path below '/')");
    }

    /** As known_hosts files name it. */
    String knownHostsName() {
        return port == SSH_PORT ? host : "[" + host + "]:" + port;
    }

    @Override
    public String toString() {
        return user + "@" + (host.contains(":") ? "[" + host + "]" : host) + (port == SSH_PORT ? "" : ":" + port);
    }
}
