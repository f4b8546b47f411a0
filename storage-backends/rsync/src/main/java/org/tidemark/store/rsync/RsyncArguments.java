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

/** What the rsync program is started with: its arguments, none of which is a secret, and its environment. Immutable. */
final class RsyncArguments {
    /** A server may read or sync an object on its disk without a word: a disk as slow as this is waited for. */
    private static final long SLOW_DISK_BYTES_PER_SECOND = 5_000_000;

    /** What rsync needs of our own environment; anything else there could change what it does. */
    private static final List<String> PASSED_ON = List.of("PATH", "RSYNC_PROXY");

    private final RsyncConfig config;

    RsyncArguments(RsyncConfig config) {
        this.config = config;
    }

    /**
     * The program, and the options of every run.
     *
     * @param sizeBytes of an object that the server may be busy with in silence
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

    /** The root of the store. The dot at its end keeps rsync from making the root where it is missing. */
    String root() {
        return config.address().remote(config.address().path() + "/./");
    }

    /** Adds what is in the process's environment, instead of all that is in ours. */
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
        // Texts are read by us, and so are the times of listings.
        environment.put("LC_ALL", "C");
        environment.put("TZ", "UTC");
        if (config.address().transport() == Transport.DAEMON) {
            // Even where there is none: without the variable rsync would ask at the terminal.
            environment.put(
                    "RSYNC_PASSWORD", config.password().map(Secret::value).orElse(""));
        }
        return environment;
    }
}
