// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.net.URI;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.tidemark.core.SshDestination;
import org.tidemark.core.TimeLimits;
import org.tidemark.ssh.Ssh;
import org.tidemark.ssh.SshLogin;
import org.tidemark.ssh.sftp.Connections;
import org.tidemark.store.StoreOptions;

/**
 * The server and the directory of a store, the login, and the promises that the server must keep. Immutable.
 *
 * @param server the host, and the user who logs in there
 * @param root an absolute path on the server, without dot parts
 * @param fsync whether the store refuses a server that cannot sync files
 * @param create how an object gets its final name
 * @param connections the maximum number of connections, 1 to {@value #MAX_CONNECTIONS}
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

    /** Whether the server must offer {@code fsync@openssh.com}. */
    public enum Fsync {
        /** The store writes nothing without it. */
        REQUIRED,
        /** Without it, a power failure of the server can lose acknowledged objects. */
        IF_OFFERED
    }

    /** How an object gets its final name. */
    public enum Create {
        /** A hard link, which fails if the name exists. */
        LINK,
        /** A rename, which fails on some servers and overwrites on others: for a single writer. */
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
                SshLogin.of(options::path, name -> options.secret(name, variable(name))),
                options.timeLimits());
    }

    /** Reads secrets from the environment of this process. */
    static SftpConfig parse(URI address, Map<String, String> options) {
        return parse(address, new StoreOptions(options));
    }

    private static String variable(String secret) {
        return VARIABLES + secret.toUpperCase(Locale.ROOT).replace('-', '_');
    }

    static void requireAddress(URI address) {
        server(address);
        root(address);
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
            // The message does not show the address, because it contains a secret.
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

    Connections newConnections(SftpErrors errors) {
        return new Connections(new Ssh(server, login, limits), connections, errors::unreached);
    }

    String description() {
        return "sftp://".concat(server.toString()).concat(root);
    }

    /** The users who may read a store: the modes of its files and directories, independent of the server's umask. */
    public enum Access {
        /** Only the owner may read: 0600 and 0700. */
        PRIVATE(0600, 0700),
        /** The group may read: 0640 and 0750. */
        GROUP(0640, 0750);

        private final int file;
        private final int directory;

        Access(int file, int directory) {
            this.file = file;
            this.directory = directory;
        }

        int file() {
            return file;
        }

        int directory() {
            return directory;
        }
    }
}
