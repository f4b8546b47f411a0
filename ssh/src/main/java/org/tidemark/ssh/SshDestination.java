// SPDX-License-Identifier: Apache-2.0
package org.tidemark.ssh;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * A host, and the user who logs in there. Immutable; printed as in an address.
 *
 * @param user empty for the user of ssh's configuration, or of this process
 * @param host a name, an address without brackets, or an alias of ssh's configuration
 * @param port 1 to 65535; empty for the port of ssh's configuration, or 22
 */
public record SshDestination(Optional<String> user, String host, OptionalInt port) {
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

    /** The user for messages, as far as this process knows. */
    public String userName() {
        return user.orElseGet(() -> System.getProperty("user.name"));
    }

    /** The name of this host in known_hosts files. */
    String knownHostsName() {
        return port.isEmpty() || port.getAsInt() == 22 ? host : "[" + host + "]:" + port.getAsInt();
    }

    @Override
    public String toString() {
        return user.map(name -> name + "@").orElse("")
                + (host.contains(":") ? "[" + host + "]" : host)
                + (port.isPresent() ? ":" + port.getAsInt() : "");
    }
}
