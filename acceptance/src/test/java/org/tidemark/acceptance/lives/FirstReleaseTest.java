// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.lives;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** What version 0.1 stored (see the README beside it) is restored, extended and expired. */
final class FirstReleaseTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final String PUBLIC_KEY = "age1";
    private static final String ROWS = "SELECT string_agg(n::text, ',' ORDER BY n) FROM rows";

    private final TidemarkHost host = new TidemarkHost();
    private final PostgresBinaries binaries = PostgresBinaries.embedded(15);

    @BeforeEach
    void unpack() throws IOException {
        try (InputStream file =
                        Objects.requireNonNull(FirstReleaseTest.class.getResourceAsStream("/releases/0.1.zip"));
                ZipInputStream zip = new ZipInputStream(file)) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                Path object = host.directory().resolve(entry.getName());
                Files.createDirectories(object.getParent());
                Files.write(object, zip.readAllBytes());
                Files.setPosixFilePermissions(object, PosixFilePermissions.fromString("rw-------"));
                // When each was stored says which timeline was left.
                Files.setLastModifiedTime(object, entry.getLastModifiedTime());
            }
        }
        for (String each : List.of("plain", "sealed", "key.txt")) {
            try (Stream<Path> files = Files.walk(host.directory().resolve(each))) {
                files.forEach(OperatingUser.current()::own);
            }
        }
        configure("");
    }

    @AfterEach
    void close() {
        host.close();
    }

    private void configure(String server) throws IOException {
        StringBuilder toml = new StringBuilder();
        for (String repository : List.of("plain", "sealed")) {
            toml.append("[repository.").append(repository).append("]\nretention = 'REDUNDANCY 1'\nurl = '");
            toml.append(host.directory().resolve(repository).toUri()).append("'\n");
        }
        toml.append("encrypt-to = ['").append(publicKey()).append("']\ndecrypt-with = ['");
        toml.append(host.directory().resolve("key.txt"))
                .append("']\n[cluster.main]\n")
                .append(server);
        host.configure(toml.toString());
    }

    private String publicKey() throws IOException {
        String text = Files.readString(host.directory().resolve("key.txt"));
        int begin = text.indexOf(PUBLIC_KEY);
        return text.substring(begin).lines().findFirst().orElseThrow().strip();
    }

    private PostgresServer restored(String name, String... options) {
        Path directory = host.directory().resolve(name);
        List<String> line = new ArrayList<>(List.of("recover", "--cluster", "main", "--to", directory.toString()));
        line.addAll(List.of(options));
        host.must(line.toArray(String[]::new));
        PostgresServer server = PostgresServer.of(binaries).from(directory).start();
        server.awaitRecoveryEnd(LIMIT);
        return server;
    }

    private void mustHold(String rows, String name, String... options) {
        try (PostgresServer server = restored(name, options)) {
            assertThat(server.query(ROWS)).isEqualTo(rows);
            assertThat(server.query("SELECT count(*) FROM big WHERE word = md5(id::text)"))
                    .isEqualTo("8000");
        }
    }

    @Test
    void everyMomentComesBack() {
        host.must("verify", "--all");
        for (String repository : List.of("plain", "sealed")) {
            mustHold("0,1,2,4,5,6", repository + "-latest", "--repository", repository);
            mustHold("0,1,2,3", repository + "-left", "--repository", repository, "--timeline", "1");
        }
        mustHold("0,1,2", "mark", "--target-name", "mark", "--timeline", "1", "--target-action", "promote");
        mustHold(
                "0,1",
                "full",
                "--repository",
                "sealed",
                "--backup",
                "full",
                "--target-immediate",
                "--target-action",
                "promote");
    }

    @Test
    void itGoesOn() throws IOException {
        try (PostgresServer server = restored("on")) {
            configure("conninfo = '" + server.conninfo() + "'\ndata-directory = '" + server.dataDirectory() + "'\n");
            host.must("setup", "primary", "--cluster", "main");
            server.restart();
            server.sql("INSERT INTO rows VALUES (7)");
            server.archiveCurrentSegment(LIMIT);
            host.must("backup", "--type", "incremental");
            server.sql("INSERT INTO rows VALUES (8)");
            server.archiveCurrentSegment(LIMIT);
        }
        assertThat(host.must("list-backup").data()).contains("incremental", "kept standalone until 2031-11-01");
        host.must("expire", "--confirm", "--all");
        host.must("verify", "--all");
        for (String repository : List.of("plain", "sealed")) {
            mustHold("0,1,2,4,5,6,7,8", repository + "-on", "--repository", repository);
        }
    }
}
