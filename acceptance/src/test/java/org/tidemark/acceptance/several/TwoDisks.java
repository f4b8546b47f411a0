// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.several;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresServerBuilder;

/**
 * A server that archives through the launcher to two directories; at first one is enough to be acknowledged. Not
 * thread-safe.
 */
final class TwoDisks implements AutoCloseable {
    static final Duration LIMIT = Duration.ofMinutes(3);

    private final TidemarkHost host = new TidemarkHost();
    private final PostgresBinaries binaries = PostgresBinaries.oldestAndNewest().getLast();
    private final PostgresServer server = archiving().start();
    private final Map<String, String> repositories = new LinkedHashMap<>();
    private String acknowledge = "acknowledge = 1\n";

    /** @param names of the repositories, the nearest first */
    TwoDisks(String... names) {
        try {
            for (String name : names) {
                repositories.put(name, "");
                Files.createDirectories(directory(name));
            }
            configure(server);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A server with a system identifier of its own, which archives to the cluster that is configured. */
    PostgresServer newServer() {
        return archiving().ownIdentity().start();
    }

    private PostgresServerBuilder archiving() {
        return PostgresServer.of(binaries).initdb("--wal-segsize=1").archiving(host.archiveCommand());
    }

    /** Adds lines to the section of a repository. */
    TwoDisks with(String repository, String lines) throws IOException {
        repositories.merge(repository, lines, String::concat);
        configure(server);
        return this;
    }

    /** From now on both have to hold what is archived. */
    void acknowledgeAll() throws IOException {
        acknowledge = "";
        configure(server);
    }

    /** Writes the configuration with this server as the cluster. */
    void configure(PostgresServer of) throws IOException {
        StringBuilder toml = new StringBuilder("push-timeout = '20s'\n");
        repositories.forEach((name, lines) -> toml.append("[repository." + name + "]\nurl = '")
                .append(directory(name).toUri())
                .append("'\n")
                .append(lines));
        host.configure(toml + "[cluster.main]\nconninfo = '" + of.conninfo() + "'\ndata-directory = '"
                + of.dataDirectory() + "'\n" + acknowledge + "repositories = ['"
                + String.join("', '", repositories.keySet()) + "']\n");
    }

    TidemarkHost host() {
        return host;
    }

    PostgresBinaries binaries() {
        return binaries;
    }

    PostgresServer server() {
        return server;
    }

    Path directory(String repository) {
        return host.directory().resolve("disk-" + repository);
    }

    /** What is left of a mounted disk: an empty directory. */
    void unmount(String repository) throws IOException {
        Files.move(directory(repository), host.directory().resolve("unmounted-" + repository));
        Files.createDirectory(directory(repository));
        OperatingUser.current().own(directory(repository));
    }

    /** As where the directory is below the mount point: it is gone. */
    void removeDirectory(String repository) throws IOException {
        Files.move(directory(repository), host.directory().resolve("unmounted-" + repository));
    }

    void mount(String repository) throws IOException {
        Files.deleteIfExists(directory(repository));
        Files.move(host.directory().resolve("unmounted-" + repository), directory(repository));
    }

    /** Regular files, sorted; none where there is no such directory. */
    static List<Path> filesBelow(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    /** The files of a repository whose path has this in it. */
    List<Path> files(String repository, String part) throws IOException {
        return filesBelow(directory(repository)).stream()
                .filter(file -> file.toString().contains(part))
                .toList();
    }

    @Override
    public void close() {
        server.close();
        host.close();
    }
}
