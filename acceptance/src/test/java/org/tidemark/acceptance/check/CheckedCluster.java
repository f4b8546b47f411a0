// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.check;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A server that archives to a directory, or to several, and the host that checks it. Not thread-safe. */
final class CheckedCluster implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final TidemarkHost host = new TidemarkHost();
    private final List<String> repositories;
    private final PostgresServer server;

    CheckedCluster(PostgresBinaries binaries, String... repositories) {
        this.repositories = List.of(repositories);
        this.server = PostgresServer.of(binaries)
                .initdb("--wal-segsize=1")
                .archiving(ownCommand())
                .setting("archive_timeout", "60")
                .setting("fsync", "on")
                .start();
        try {
            for (String name : repositories) {
                Files.createDirectory(directory(name));
            }
            configure(server, server.dataDirectory().toString(), "");
        } catch (IOException | RuntimeException e) {
            close();
            throw new IllegalStateException(e);
        }
        host.must("init");
    }

    /** An archive_command with a variable before it and a program after it, which is ours anyway. */
    String ownCommand() {
        return "LC_ALL=C " + host.archiveCommand() + " && true";
    }

    /** Writes the configuration; nothing is checked against limits of age and room that a test machine may break. */
    void configure(PostgresServer of, String dataDirectory, String limits) throws IOException {
        StringBuilder toml = new StringBuilder("push-timeout = '20s'\n");
        for (String name : repositories) {
            toml.append("[repository." + name + "]\nurl = '" + directory(name).toUri() + "'\n");
        }
        host.configure(toml + "[cluster.main]\nconninfo = '" + of.conninfo() + "'\ndata-directory = '" + dataDirectory
                + "'\nacknowledge = 1\nrepositories = ["
                + String.join(
                        ", ",
                        repositories.stream().map(name -> "'" + name + "'").toList())
                + "]\n[cluster.main.check]\n" + (limits.isEmpty() ? "free-space = '0%'\n" : limits));
    }

    TidemarkHost host() {
        return host;
    }

    PostgresServer server() {
        return server;
    }

    /** The directory of a repository. */
    Path directory(String name) {
        return host.directory().resolve("disk-" + name);
    }

    /** The only file of this name in a repository. */
    Path stored(String repository, String name) throws IOException {
        try (Stream<Path> files = Files.walk(directory(repository))) {
            return files.filter(file -> file.endsWith(name)).findFirst().orElseThrow();
        }
    }

    String archive() {
        return server.archiveCurrentSegment(LIMIT);
    }

    void archiveBy(String command) {
        server.sql(
                "ALTER SYSTEM SET archive_command = '" + command.replace("'", "''") + "'", "SELECT pg_reload_conf()");
    }

    /** What a command prints as JSON, whatever its status. */
    JsonNode json(String... arguments) {
        List<String> all = new java.util.ArrayList<>(List.of(arguments));
        all.addAll(List.of("--output", "json"));
        return JsonMapper.shared().readTree(host.run(all.toArray(String[]::new)).data());
    }

    /** Severity and message of each finding of {@code check} about a subject. */
    List<String> findings(String subject) {
        return found(subject)
                .map(finding -> finding.get("severity").asString() + " "
                        + finding.get("message").asString())
                .toList();
    }

    /** What {@code check} says to do about a subject, for each finding. */
    List<String> hints(String subject) {
        return found(subject).map(finding -> finding.get("hint").asString()).toList();
    }

    private Stream<JsonNode> found(String subject) {
        return json("check")
                .get("findings")
                .valueStream()
                .filter(finding -> finding.get("subject").asString().equals(subject));
    }

    /** Removes everything and gives files back to the user of the tests. */
    @Override
    public void close() {
        server.close();
        host.close();
    }

    /** Lets the operating user own what a test put there. */
    void own(Path path) {
        OperatingUser.current().own(path);
    }
}
