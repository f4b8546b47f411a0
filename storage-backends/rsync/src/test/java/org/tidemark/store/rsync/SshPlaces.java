// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tidemark.core.TimeLimits;
import org.tidemark.store.StoreOptions;
import org.tidemark.store.rsync.RsyncAddress.Transport;
import org.tidemark.testkit.OpenSshServer;
import org.tidemark.testkit.OpenSshServer.Serves;
import org.tidemark.testkit.RequiredServer;

/** Empty directories of a machine with sshd and rsync, and stores that reach them. Not thread-safe. */
final class SshPlaces implements AutoCloseable {
    private final OpenSshServer server;
    private final Path home;

    private SshPlaces(OpenSshServer server, Path home) {
        this.server = server;
        this.home = home;
    }

    static SshPlaces start(Path home) throws IOException {
        RequiredServer.program("rsync", "apt-get install rsync");
        // With it bash does not take itself for a login, and leaves the user's own start-up files alone.
        OpenSshServer server = OpenSshServer.start(Serves.SHELL, List.of("SetEnv SHLVL=2"));
        Files.createDirectories(home.resolve("work"));
        String line = server.knownHostsLine(server.hostKey());
        // For any port: a proxy in front of the server has another one.
        Files.writeString(home.resolve("known_hosts"), line.replace("]:" + server.port() + " ", "]:* "));
        return new SshPlaces(server, home);
    }

    OpenSshServer server() {
        return server;
    }

    Path next() {
        return server.newDirectory();
    }

    RsyncObjectStore store(Path place) {
        return new RsyncObjectStore(config(server.port(), place, Map.of()));
    }

    /** With a connection of its own: one that an earlier store has left may have that one's fault. */
    RsyncObjectStore store(int port, Path place, TimeLimits limits) {
        RsyncConfig config = config(
                port,
                place,
                Map.of(
                        TimeLimits.CONNECT_OPTION, limits.connect().toSeconds() + "s",
                        TimeLimits.READ_OPTION, limits.read().toSeconds() + "s",
                        TimeLimits.REQUEST_OPTION, limits.request().toSeconds() + "s"));
        config.ssh().leaveShared();
        return new RsyncObjectStore(config);
    }

    RsyncConfig config(int port, Path place, Map<String, String> options) {
        Map<String, String> all = new HashMap<>(Map.of(
                "work-directory", home.resolve("work").toString(),
                "known-hosts", home.resolve("known_hosts").toString(),
                "key-file", server.clientKey().toString()));
        all.putAll(options);
        return RsyncConfig.parse(
                Transport.SSH,
                URI.create("rsync+ssh://" + server.user() + "@127.0.0.1:" + port + place),
                new StoreOptions(all));
    }

    @Override
    public void close() {
        server.close();
    }
}
