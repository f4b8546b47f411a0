// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.core.TimeLimits;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StoreOptions;
import org.tidemark.testkit.OpenSshServer;
import org.tidemark.testkit.OpenSshServer.Serves;
import org.tidemark.testkit.SharedServer;

/** Stores on a server of OpenSSH that runs as long as the JVM does. */
final class ServedStore {
    private static final SharedServer<OpenSshServer> SERVER =
            new SharedServer<>(() -> OpenSshServer.start(Serves.SFTP));

    private ServedStore() {}

    static OpenSshServer server() {
        return SERVER.get();
    }

    /** In a directory of its own. */
    static ObjectStore fresh() {
        return open(server(), server().newDirectory(), Map.of());
    }

    static URI address(OpenSshServer server, int port, Path root) {
        return URI.create("sftp://" + server.user() + "@127.0.0.1:" + port + root);
    }

    /** What lets the client of the tests in, and what a test adds to it or puts in its place. */
    static Map<String, String> options(OpenSshServer server, Map<String, String> more) {
        Map<String, String> options = new HashMap<>(Map.of(
                "key-file", server.clientKey().toString(),
                "known-hosts", server.knownHosts().toString()));
        options.putAll(more);
        return options;
    }

    static ObjectStore open(OpenSshServer server, Path root, Map<String, String> more) {
        return new SftpStoreProvider().open(address(server, server.port(), root), options(server, more));
    }

    /** By another port, whose host key is taken for the server's. */
    static ObjectStore open(OpenSshServer server, int port, Path root, Path knownHosts, TimeLimits limits) {
        Map<String, String> options = options(server, Map.of("known-hosts", knownHosts.toString()));
        SftpConfig config =
                SftpConfig.parse(address(server, port, root), new StoreOptions(options, name -> Optional.empty()));
        return new SftpObjectStore(withLimits(config, limits));
    }

    static SftpConfig withLimits(SftpConfig config, TimeLimits limits) {
        return new SftpConfig(
                config.server(),
                config.root(),
                config.access(),
                config.fsync(),
                config.create(),
                config.connections(),
                config.login(),
                limits);
    }

    /** The names of the files below a directory, temporary ones included. */
    static List<String> files(Path root) {
        try (Stream<Path> tree = Files.walk(root)) {
            return tree.filter(Files::isRegularFile)
                    .map(file -> root.relativize(file).toString())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
