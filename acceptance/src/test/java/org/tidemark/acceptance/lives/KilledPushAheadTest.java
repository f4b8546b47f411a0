// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.lives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.WalProcesses;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.Rounds;

/**
 * PostgreSQL archives a backlog, many segments with one call of Java, while whatever pushes is killed at random
 * moments: every segment that PostgreSQL takes for archived is in the repository, with the bytes that it had.
 */
@Order(1) // among the longest
class KilledPushAheadTest {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final int SEGMENTS = 12;

    static Stream<PostgresBinaries> versions() {
        return PostgresBinaries.oldestAndNewest().stream().skip(Rounds.of(1, 0));
    }

    @ParameterizedTest
    @MethodSource("versions")
    void whatIsAcknowledgedIsInTheRepository(PostgresBinaries binaries) throws Exception {
        Random random = Rounds.random();
        try (TidemarkHost host = TidemarkHost.ofProcesses();
                PostgresServer server = PostgresServer.of(binaries)
                        .initdb("--wal-segsize=1")
                        .archiving("false")
                        .create()) {
            server.start();
            host.configure("[repository.local]\nurl = '"
                    + host.directory().resolve("repository").toUri() + "'\n[cluster.main]\nconninfo = '"
                    + server.socketConninfo() + "'\ndata-directory = '" + server.dataDirectory() + "'\n");
            host.must("init");
            // Nothing is recycled, so that each segment can be compared at the end.
            server.sql("ALTER SYSTEM SET wal_keep_size = '5GB'", "CREATE TABLE t (i int, t text)");

            for (int round = 0; round < Rounds.of(1, 100); round++) {
                server.sql("ALTER SYSTEM SET archive_command = 'false'", "SELECT pg_reload_conf()");
                for (int i = 0; i < SEGMENTS; i++) {
                    server.sql(
                            "INSERT INTO t SELECT " + round + ", repeat(md5(random()::text), 40) FROM"
                                    + " generate_series(1, " + random.nextInt(1, 500) + ")",
                            "SELECT pg_switch_wal()");
                }
                server.sql(
                        "ALTER SYSTEM SET archive_command = '" + host.archiveCommand() + "'",
                        "SELECT pg_reload_conf()");
                TimeUnit.MILLISECONDS.sleep(random.nextInt(4_000));
                kill(server, random);
                await().atMost(LIMIT).until(() -> marks(server, ".ready").isEmpty());
            }

            List<String> archived = new ArrayList<>(marks(server, ".done"));
            Collections.shuffle(archived, random);
            for (String segment : archived.subList(0, Math.min(archived.size(), Rounds.of(5, Integer.MAX_VALUE)))) {
                Path fetched = host.directory().resolve("fetched");
                host.must("wal-fetch", segment, fetched.toString(), "--cluster", "main");
                assertThat(fetched)
                        .as(segment)
                        .hasSameBinaryContentAs(
                                server.dataDirectory().resolve("pg_wal").resolve(segment));
                Files.delete(fetched);
            }
            host.must("wal-verify", "--cluster", "main");
        }
    }

    private static void kill(PostgresServer server, Random random) throws IOException {
        // Java alone, or its launcher as well: then PostgreSQL sees a signal, and its archiver starts again.
        WalProcesses.of(server, random.nextBoolean() ? WalProcesses.JAVA : WalProcesses.ALL)
                .forEach(ProcessHandle::destroyForcibly);
    }

    /** The segments with such a mark. */
    private static List<String> marks(PostgresServer server, String ending) throws IOException {
        try (Stream<Path> files = Files.list(server.dataDirectory().resolve("pg_wal/archive_status"))) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> name.length() == 24 + ending.length() && name.endsWith(ending))
                    .map(name -> name.substring(0, 24))
                    .sorted()
                    .toList();
        }
    }
}
