// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.tidemark.ssh.SshDestination;
import org.tidemark.ssh.SshLogin;
import org.tidemark.store.StoreOptions;
import org.tidemark.store.TimeLimits;

/**
 * Where the store is, who comes, and what it must promise. Immutable.
 *
 * @param server whom to talk to, and as whom
 * @param root an absolute path on the server, without dot parts
 * @param fsync whether a server that cannot sync is refused
 * @param create how an object gets its name
 * @param connections at most so many at once, 1 to {@value #MAX_CONNECTIONS}
 */
public record SftpConfig(
        SshDestination server,
        String root,
        Access access,
        Fsync fsync,
        Create create,
        int connections,
        SshLogin login,
        TimeLimits limits) {

    /** The beginning of the names of the variables that can hold secrets. */
    private static final String VARIABLES = "TIDEMARK_SFTP_";

    static final int MAX_CONNECTIONS = 64;

    /** What is asked of a server's {@code fsync@openssh.com}. */
    public enum Fsync {
        /** Without it nothing is written. */
        REQUIRED,
        /** Without it, what was acknowledged may be lost with the server's power. */
        IF_OFFERED
    }

    /** How an object gets its name. */
    public enum Create {
        /** By a hard link, which fails where the name is taken. */
        LINK,
        /** By a rename, which fails on some servers and overwrites on others: for a single writer. */
        RENAME
    }

    /**
     * Reads {@code sftp://user@host:port/dir} and its options.
     *
     * @throws IllegalArgumentException if one of them is not valid
     */
    public static SftpConfig parse(URI address, StoreOptions options) {
        return new SftpConfig(
                server(address),
                root(address),
                options.choice(SftpOptions.ACCESS).equals("group") ? Access.GROUP : Access.PRIVATE,
                options.choice(SftpOptions.FSYNC).equals("required") ? Fsync.REQUIRED : Fsync.IF_OFFERED,
                options.choice(SftpOptions.CREATE).equals("link") ? Create.LINK : Create.RENAME,
                options.number(SftpOptions.CONNECTIONS),
                SshLogin.parse(options, VARIABLES),
                TimeLimits.of(options));
    }

    /** With the environment of this process. */
    static SftpConfig parse(URI address, Map<String, String> options) {
        return parse(address, new StoreOptions(options));
    }

    private static String root(URI address) {
        String path = address.getPath();
        if (path != null && path.startsWith("/") && path.chars().noneMatch(Character::isISOControl)) {
            Path root = Path.of(path).normalize();
            if (root.getParent() != null) {
                return root.toString();
            }
        }
        throw wrong(address);
    }

    private static SshDestination server(URI address) {
        String user = address.getUserInfo();
        if (user != null && user.contains(":")) {
            // The address itself is not shown: it holds a secret.
            throw new IllegalArgumentException(
                    "an address of an SFTP server takes no password: give 'password-file'" + " or 'password-command'");
        }
        String host = address.getHost();
        if (!"sftp".equals(address.getScheme())
                || host == null
                || address.getRawQuery() != null
                || address.getRawFragment() != null) {
            throw wrong(address);
        }
        try {
            return new SshDestination(
                    Optional.ofNullable(user).filter(name -> !name.isEmpty()),
                    host.startsWith("[") ? host.substring(1, host.length() - 1) : host,
                    address.getPort() < 0 ? OptionalInt.empty() : OptionalInt.of(address.getPort()));
        } catch (IllegalArgumentException e) {
            throw wrong(address);
        }
    }

    private static IllegalArgumentException wrong(URI address) {
        return new IllegalArgumentException("not the address of an SFTP store: '" + address
                + "' (expected sftp://user@host:port/dir, an absolute path below '/')");
    }

    String description() {
        return "sftp://".concat(server.toString()).concat(root);
    }
}
