// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Running;
import org.tidemark.core.Sha256;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.SettingsFile;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.TemporaryTree;

/** A restore over a cluster that is killed at any moment can be completed, and loses no WAL. */
@InTurn
class KilledDeltaTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String MARKER = "tidemark.restore";

    @Test
    void wheneverItIsKilledTheSameCommandCompletesIt() throws Exception {
        Random random = Rounds.random();
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = PostgresServer.of(
                                PostgresBinaries.oldestAndNewest().getLast())
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            host.configure(server.socketConninfo(), server.dataDirectory());
            host.must("init");
            server.sql("CREATE TABLE t AS SELECT i, md5(i::text) FROM generate_series(1, 200000) i");
            host.must("backup");
            server.archiveCurrentSegment(LIMIT);
            SortedMap<String, String> rows = server.tableHashes();
            Path plain = host.directory().resolve("plain");
            host.must("recover", "--to", plain.toString());
            Path changed = host.directory().resolve("changed");
            goOn(plain, changed);
            Path there = host.directory().resolve("there");
            List<String> command = List.of("recover", "--delta", "--to", there.toString());

            long longest = 0;
            for (int round = 0; round <= Rounds.of(5, 100); round++) {
                TemporaryTree.copy(changed, there);
                SortedMap<String, String> before = tree(there);
                if (round == 0) {
                    long begin = System.nanoTime();
                    host.start(command.toArray(String[]::new)).await();
                    longest = Duration.ofNanos(System.nanoTime() - begin).toMillis();
                } else {
                    Running killed = host.start(command.toArray(String[]::new));
                    Thread.sleep(random.nextLong(longest));
                    killed.signal("KILL");
                    killed.await();
                    mustNotBeHalf(there, before);
                    host.must(command.toArray(String[]::new));
                }

                assertThat(differing(tree(there), tree(plain))).isEmpty();
                mustHaveSetAside(host.directory(), before);
                for (Path aside : aside(host.directory())) {
                    TemporaryTree.delete(aside);
                }
                if (round < Rounds.of(5, 100)) {
                    TemporaryTree.delete(there);
                }
            }
            try (PostgresServer copy =
                    PostgresServer.of(server.binaries()).from(there).start()) {
                copy.awaitRecoveryEnd(LIMIT);
                assertThat(copy.tableHashes()).isEqualTo(rows);
            }
        }
    }

    /** A server works on a timeline of its own in a copy, and stops. */
    private static void goOn(Path plain, Path changed) throws IOException {
        try (PostgresServer server = PostgresServer.of(
                        PostgresBinaries.oldestAndNewest().getLast())
                .from(plain)
                .start()) {
            server.awaitRecoveryEnd(LIMIT);
            server.sql("UPDATE t SET i = -i WHERE i % 1000 = 0", "CREATE TABLE u AS SELECT 1 AS i", "CHECKPOINT");
            server.stopFast();
            TemporaryTree.copy(server.dataDirectory(), changed);
        }
        OperatingUser.current().own(Files.writeString(changed.resolve("server.key"), "secret"));
        OperatingUser.current().own(Files.copy(changed.resolve("server.key"), plain.resolve("server.key")));
    }

    private static List<String> differing(SortedMap<String, String> one, SortedMap<String, String> other) {
        return Stream.concat(one.keySet().stream(), other.keySet().stream())
                .distinct()
                .filter(name -> !Objects.equals(one.get(name), other.get(name)))
                .toList();
    }

    /** Either nothing has happened yet, or no server can be started, or all is in place. */
    private static void mustNotBeHalf(Path there, SortedMap<String, String> before) throws IOException {
        if (Files.exists(there.resolve(ControlFile.PATH)) && Files.exists(there.resolve(MARKER))) {
            SortedMap<String, String> now = tree(there);
            now.keySet().removeIf(name -> name.startsWith(MARKER));
            boolean untouched = differing(now, before).isEmpty();
            boolean complete = !Files.exists(there.resolve("pg_wal/00000002.history"));
            assertThat(untouched || complete).isTrue();
        }
    }

    private static void mustHaveSetAside(Path directory, SortedMap<String, String> before) throws IOException {
        SortedMap<String, String> found = new TreeMap<>();
        for (Path each : aside(directory)) {
            found.putAll(tree(each));
        }
        before.forEach((name, digest) -> {
            if (name.matches("pg_wal/00000002.*") && found.containsKey(name.substring("pg_wal/".length()))) {
                assertThat(found).containsEntry(name.substring("pg_wal/".length()), digest);
            }
        });
        assertThat(found)
                .containsKey("00000002.history")
                .anySatisfy((name, digest) -> assertThat(name).matches("00000002[0-9A-F]{16}"));
    }

    private static List<Path> aside(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(each -> each.getFileName().toString().startsWith("there.aside"))
                    .toList();
        }
    }

    /** All but the settings, where restore_command has the name of the program that was called. */
    private static SortedMap<String, String> tree(Path root) throws IOException {
        SortedMap<String, String> found = new TreeMap<>();
        try (Stream<Path> files = Files.walk(root)) {
            files.filter(each -> Files.isRegularFile(each, LinkOption.NOFOLLOW_LINKS))
                    .filter(each -> !each.endsWith(SettingsFile.AUTO_CONF))
                    .forEach(each -> found.put(root.relativize(each).toString(), digest(each)));
        }
        return found;
    }

    private static String digest(Path file) {
        try {
            return Sha256.of(Files.readAllBytes(file)).hex();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
