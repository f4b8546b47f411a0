// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.tidemark.core.Secret;
import org.tidemark.ssh.Ssh;
import org.tidemark.ssh.SshException;
import org.tidemark.store.rsync.RsyncAddress.Transport;

/** The arguments of the rsync program, which contain no secret, and its environment. Immutable. */
final class RsyncArguments {
    /** A server sends nothing while it reads or syncs an object; the time limit allows for a disk of this speed. */
    private static final long SLOW_DISK_BYTES_PER_SECOND = 5_000_000;

    /** The variables that rsync needs; other variables could change its behaviour. */
    private static final List<String> PASSED_ON = List.of("PATH", "RSYNC_PROXY");

    private final RsyncConfig config;

    RsyncArguments(RsyncConfig config) {
        this.config = config;
    }

    /**
     * The program and the common options of all runs.
     *
     * @param sizeBytes of an object that the server may read or sync without sending a byte
     * @throws SshException if ssh cannot be used
     */
    List<String> start(long sizeBytes) throws SshException {
        Duration silence = config.limits().read().plusSeconds(sizeBytes / SLOW_DISK_BYTES_PER_SECOND);
        List<String> command = new ArrayList<>(List.of(config.program(), "--timeout=" + Ssh.seconds(silence)));
        switch (config.address().transport()) {
            case DAEMON ->
                command.addAll(List.of(
                        "--contimeout=" + Ssh.seconds(config.limits().connect()),
                        // Without it every small answer waits for a delayed acknowledgement.
                        "--sockopts=TCP_NODELAY",
                        "--no-motd"));
            case SSH -> command.add("--rsh=" + String.join(" ", config.ssh().command(Ssh.Connection.SHARED)));
        }
        return command;
    }

    /** The root of the store. The dot at its end prevents rsync from creating a missing root. */
    String root() {
        return config.address().remote(config.address().path() + "/./");
    }

    /** The environment of rsync, which has only selected variables of this process. */
    Map<String, String> environment(Map<String, String> ours) {
        Map<String, String> environment = new TreeMap<>();
        if (config.address().transport() == Transport.SSH) {
            environment.putAll(Ssh.environment(ours));
        }
        for (String name : PASSED_ON) {
            if (ours.containsKey(name)) {
                environment.put(name, ours.get(name));
            }
        }
        // This store parses the messages and the times of listings.
        environment.put("LC_ALL", "C");
        environment.put("TZ", "UTC");
        if (config.address().transport() == Transport.DAEMON) {
            // Set even without a password: otherwise rsync would prompt on the terminal.
            environment.put(
                    "RSYNC_PASSWORD", config.password().map(Secret::value).orElse(""));
        }
        return environment;
    }
}
