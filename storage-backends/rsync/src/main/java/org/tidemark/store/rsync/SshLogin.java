// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.tidemark.store.StoreOptions;
import org.tidemark.store.TimeLimits;

/**
 * How ssh proves who is at both ends. It never asks anybody, and never takes a host key that it does not know.
 * Immutable.
 *
 * @param knownHosts the only file of host keys; without it, ssh's own ones
 * @param key the only private key; without it, the agent's and ssh's usual ones
 */
record SshLogin(Optional<Path> knownHosts, Optional<Path> key) {
    static final String KNOWN_HOSTS_OPTION = "known-hosts";
    static final String KEY_OPTION = "key-file";
    static final List<String> OPTIONS = List.of(KNOWN_HOSTS_OPTION, KEY_OPTION);

    /** A connection that several runs share is given up after so many idle seconds. */
    private static final int IDLE_SECONDS = 15;

    /** What rsync would split, and ssh expand, is refused in paths: a space, a quote, a percent sign. */
    private static final Pattern PLAIN_PATH = Pattern.compile("/[A-Za-z0-9._+@=,/-]*");

    /** Of a socket's path the system takes 107 bytes, and ssh adds some 17 while it makes the socket. */
    private static final int MAX_SOCKET_PATH = 88;

    static SshLogin parse(StoreOptions options) {
        return new SshLogin(plainPath(options, KNOWN_HOSTS_OPTION), plainPath(options, KEY_OPTION));
    }

    private static Optional<Path> plainPath(StoreOptions options, String name) {
        Optional<Path> path = options.path(name);
        if (path.isPresent() && !isPlain(path.get())) {
            throw StoreOptions.wrong(
                    name, path.get().toString(), "an absolute path of letters, digits and . _ - + @ = ,");
        }
        return path;
    }

    private static boolean isPlain(Path path) {
        return PLAIN_PATH.matcher(path.toString()).matches();
    }

    /**
     * What rsync runs, with its arguments; none of them holds a space.
     *
     * @param socket by which runs share one connection; left out where its path does not suit ssh
     */
    List<String> command(RsyncAddress address, TimeLimits limits, Path socket) {
        List<String> command = new ArrayList<>(List.of("ssh", "-T"));
        address.port().ifPresent(port -> command.addAll(List.of("-p", Integer.toString(port))));
        key.ifPresent(path -> command.addAll(List.of("-i", path.toString(), "-oIdentitiesOnly=yes")));
        command.addAll(List.of("-oBatchMode=yes", "-oStrictHostKeyChecking=yes", "-oUpdateHostKeys=no"));
        // By which ssh's own configuration could let a host pass whose key no file names.
        command.addAll(List.of("-oNoHostAuthenticationForLocalhost=no", "-oVerifyHostKeyDNS=no"));
        knownHosts.ifPresent(
                path -> command.addAll(List.of("-oUserKnownHostsFile=" + path, "-oGlobalKnownHostsFile=/dev/null")));
        command.addAll(List.of("-oClearAllForwardings=yes", "-oForwardAgent=no", "-oPermitLocalCommand=no"));
        command.addAll(List.of(
                "-oConnectionAttempts=1",
                "-oConnectTimeout=" + RsyncArguments.seconds(limits.connect()),
                "-oServerAliveInterval=" + RsyncArguments.seconds(limits.read().dividedBy(2)),
                "-oServerAliveCountMax=2"));
        if (isPlain(socket) && socket.toString().length() <= MAX_SOCKET_PATH) {
            command.addAll(
                    List.of("-oControlMaster=auto", "-oControlPersist=" + IDLE_SECONDS, "-oControlPath=" + socket));
        }
        return command;
    }
}
