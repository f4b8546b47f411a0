// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A host, and the user who logs in there. Immutable; printed as in an address.
 *
 * @param user empty for the user of ssh's configuration, or of this process
 * @param host a name, an address without brackets, or an alias of ssh's configuration
 * @param port 1 to 65535; empty for the port of ssh's configuration, or 22
 */
public record SshDestination(Optional<String> user, String host, OptionalInt port) {
    /** What {@link #parse} takes, for messages. */
    public static final String EXPECTED = "ssh://user@host:port; user and port may be left out";

    /** Not a URI: an alias of ssh's configuration may have characters that no host name has. */
    private static final Pattern ADDRESS =
            Pattern.compile("ssh://(?:(?<user>[^@/]+)@)?(?<host>\\[[^\\]]+\\]|[^:/@]+)(?::(?<port>[0-9]{1,5}))?/?");

    private static final Pattern USER = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._@+-]*");
    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|[0-9A-Fa-f:.]+");

    /** @throws IllegalArgumentException if ssh, or a shell of its configuration, could split or expand a part */
    public SshDestination {
        if (!HOST.matcher(host).matches()
                || (user.isPresent() && !USER.matcher(user.get()).matches())
                || (port.isPresent() && (port.getAsInt() < 1 || port.getAsInt() > 65_535))) {
            throw new IllegalArgumentException("not a user, host and port for ssh");
        }
    }

    /**
     * Takes an address apart.
     *
     * @throws IllegalArgumentException if it is not as {@link #EXPECTED} says
     */
    public static SshDestination parse(String address) {
        Matcher parts = ADDRESS.matcher(address);
        if (!parts.matches()) {
            throw new IllegalArgumentException("not an address of a host: '" + address + "'");
        }
        return new SshDestination(
                Optional.ofNullable(parts.group("user")),
                parts.group("host").replaceAll("[\\[\\]]", ""),
                parts.group("port") == null
                        ? OptionalInt.empty()
                        : OptionalInt.of(Integer.parseInt(parts.group("port"))));
    }

    /** The user for messages, as far as this process knows. */
    public String userName() {
        return user.orElseGet(SystemUser::current);
    }

    /** The name of this host in known_hosts files. */
    public String knownHostsName() {
        return port.isEmpty() || port.getAsInt() == 22 ? host : "[" + host + "]:" + port.getAsInt();
    }

    @Override
    public String toString() {
        return user.map(name -> name + "@").orElse("")
                + (host.contains(":") ? "[" + host + "]" : host)
                + (port.isPresent() ? ":" + port.getAsInt() : "");
    }
}
