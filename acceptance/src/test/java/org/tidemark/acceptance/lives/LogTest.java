// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.lives;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** The log of a host whose server archives, and whose tasks cron runs. */
@InTurn
final class LogTest {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final String LINE = "[-0-9]{10}T[0-9:.]{15}Z (ERROR|WARNING|INFO) \\[[0-9]+\\] (main|-) [a-z-]+: .*";

    private static String toml(TidemarkHost host, PostgresServer server) {
        return """
                log = '%s'
                [repository.local]
                url = '%s'
                [cluster.main]
                conninfo = '%s'
                data-directory = '%s'
                [cluster.main.schedule]
                backup = '0 %d * * *'
                verify = 'never'
                """.formatted(
                        host.directory().resolve("log/tidemark.log"),
                        host.directory().resolve("repository").toUri(),
                        server.conninfo(),
                        server.dataDirectory(),
                        OffsetDateTime.now(ZoneOffset.UTC).minusHours(12).getHour());
    }

    @Test
    void everyCommandLeavesLinesWhateverBecomesOfTheFile() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = PostgresServer.of(
                                PostgresBinaries.oldestAndNewest().getLast())
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            Path log = host.directory().resolve("log/tidemark.log");
            Files.createDirectory(log.getParent());
            host.configure(toml(host, server));
            host.must("init");
            host.must("cron");
            host.must("cron");
            server.archiveCurrentSegment(LIMIT);

            List<String> lines = Files.readAllLines(log);
            assertThat(lines).allSatisfy(line -> assertThat(line).matches(LINE));
            assertThat(lines)
                    .anyMatch(line -> line.matches(".* init: done status=0 duration=[0-9.]+s"))
                    .anyMatch(
                            line -> line.matches(".* main cron: backup: done status=0 duration=[0-9.]+s bytes=[0-9]+"))
                    .anyMatch(line ->
                            line.matches(".* main wal-push: archived '[0-9A-F]{24}' bytes=1048576 duration=[0-9.]+s"));
            assertThat(lines.stream().filter(line -> line.contains(" cron: done")))
                    .as("a cron that had nothing to do writes nothing")
                    .hasSize(1);

            Files.move(log, log.resolveSibling("tidemark.log.1"));
            server.archiveCurrentSegment(LIMIT);
            assertThat(Files.readString(log)).contains("wal-push: archived");
            try (FileChannel channel = FileChannel.open(log, StandardOpenOption.WRITE)) {
                channel.truncate(0);
            }
            server.archiveCurrentSegment(LIMIT);
            assertThat(Files.readAllLines(log))
                    .isNotEmpty()
                    .allSatisfy(line -> assertThat(line).matches(LINE));

            Path repository = host.directory().resolve("repository");
            Files.move(repository, host.directory().resolve("away"));
            Outcome failed = host.run("list-backup");
            assertThat(failed.status()).isNotZero();
            assertThat(Files.readString(log))
                    .containsPattern("(ERROR|WARNING) .* list-backup: .* hint=\"")
                    .contains("list-backup: ended status=" + failed.status());
            Files.move(host.directory().resolve("away"), repository);

            Files.move(log.getParent(), host.directory().resolve("elsewhere"));
            server.archiveCurrentSegment(LIMIT);
            Outcome checked = host.run("check");
            assertThat(checked.data()).containsPattern("WARNING +log +.*there is no directory");
            assertThat(checked.talk()).containsOnlyOnce("cannot write the log");
            assertThat(host.must("list-backup").talk()).containsOnlyOnce("cannot write the log");
        }
    }

    @Test
    void theErrorOfAWrongConfigurationIsInTheLogOfAWalCommandToo() throws Exception {
        try (TidemarkHost host = TidemarkHost.ofProcesses()) {
            Path log = host.directory().resolve("tidemark.log");
            host.configure("log = '" + log + "'\njobs = 'many'\n");

            assertThat(host.run("wal-push", "pg_wal/000000010000000000000001").status())
                    .isNotZero();
            assertThat(host.run("status").status()).isNotZero();

            assertThat(Files.readAllLines(log))
                    .anyMatch(line -> line.contains("ERROR") && line.contains("wal-push: ") && line.contains("'many'"))
                    .anyMatch(line -> line.contains("ERROR") && line.contains("status: ") && line.contains("'many'"));
        }
    }
}
