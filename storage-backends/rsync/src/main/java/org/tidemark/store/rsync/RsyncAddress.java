// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.net.URI;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.tidemark.core.SshDestination;

/**
 * The address of a store. Its parts contain no character that is special to rsync, ssh or a shell, so they need no
 * quotes. Immutable.
 *
 * @param path the module and a path in it, or an absolute path; without a slash at its end
 */
record RsyncAddress(Transport transport, Optional<String> user, String host, OptionalInt port, String path) {
    /** The connection to the server. */
    enum Transport {
        DAEMON("rsync", "rsync://user@host:port/module/path"),
        SSH("rsync+ssh", "rsync+ssh://user@host:port/absolute/path");

        private final String scheme;
        private final String form;

        Transport(String scheme, String form) {
            this.scheme = scheme;
            this.form = form;
        }

        String scheme() {
            return scheme;
        }
    }

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]*");
    private static final Pattern HOST =
            Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|\\[[0-9A-Fa-f:.]+\\]");
    private static final Pattern PART = Pattern.compile("[A-Za-z0-9_+@=,][A-Za-z0-9._+@=,-]*");

    /** @throws IllegalArgumentException if the address is not valid; the message contains no password */
    static RsyncAddress parse(Transport transport, URI address) {
        String user = address.getRawUserInfo();
        if (user != null && user.contains(":")) {
            // The message does not show the address, because it contains a password.
            throw new IllegalArgumentException("there is a password in the address of a store on '" + address.getHost()
                    + "' (expected " + transport.form + ", and the password in a file or a variable)");
        }
        boolean plain = transport.scheme.equals(address.getScheme())
                && address.getHost() != null
                && HOST.matcher(address.getHost()).matches()
                && (user == null || NAME.matcher(user).matches())
                && address.getPort() != 0
                && address.getPort() <= 65_535
                && address.getRawQuery() == null
                && address.getRawFragment() == null;
        if (!plain || !isPath(address.getRawPath())) {
            throw new IllegalArgumentException("not the address of an rsync store: '" + address + "' (expected "
                    + transport.form + ", with parts of letters, digits and . _ - + @ = ,)");
        }
        return new RsyncAddress(
                transport,
                Optional.ofNullable(user),
                address.getHost(),
                address.getPort() < 0 ? OptionalInt.empty() : OptionalInt.of(address.getPort()),
                withoutSlash(address.getRawPath()));
    }

    private static boolean isPath(String path) {
        String whole = withoutSlash(path);
        if (whole.length() < 2 || !whole.startsWith("/")) {
            return false;
        }
        for (String part : whole.substring(1).split("/", -1)) {
            if (!PART.matcher(part).matches()) {
                return false;
            }
        }
        return true;
    }

    private static String withoutSlash(String path) {
        return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }

    /** The first part of the path: a daemon's module. */
    String module() {
        return path.substring(1).split("/", 2)[0];
    }

    /** The path below the module; empty for the module itself. */
    String belowModule() {
        int slash = path.indexOf('/', 1);
        return slash < 0 ? "" : path.substring(slash + 1);
    }

    /** An absolute path on the server as an argument of rsync. */
    String remote(String absolutePath) {
        return switch (transport) {
            case DAEMON -> "rsync://" + login() + host + (port.isPresent() ? ":" + port.getAsInt() : "") + absolutePath;
            case SSH -> login() + host + ":" + absolutePath;
        };
    }

    /** The destination of ssh. */
    SshDestination destination() {
        return new SshDestination(user, host.startsWith("[") ? host.substring(1, host.length() - 1) : host, port);
    }

    /** The user with an at sign; empty if the address has no user. */
    String login() {
        return user.isPresent() ? user.get() + "@" : "";
    }

    @Override
    public String toString() {
        return transport.scheme + "://" + login() + host + (port.isPresent() ? ":" + port.getAsInt() : "") + path;
    }
}
