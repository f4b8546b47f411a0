// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.lives;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.acceptance.TidemarkHost.Running;
import org.tidemark.core.ExitCode;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresWait;
import org.tidemark.testkit.Rounds;

/** {@code cron} on a cluster that archives into two directories, called as cron calls it. */
@Order(1) // among the longest
@InTurn
final class CronTest {
    private static final Duration LIMIT = Duration.ofMinutes(3);

    /** Half a day ago, so that no other time comes while a test runs. */
    private static String daily() {
        return "0 " + OffsetDateTime.now(ZoneOffset.UTC).minusHours(12).getHour() + " * * *";
    }

    private static String toml(Path repositories, PostgresServer server, String backup, String expire) {
        return """
                [repository.near]
                url = '%s'
                retention = 'REDUNDANCY 2'
                [repository.far]
                url = '%s'
                [cluster.main]
                conninfo = '%s'
                data-directory = '%s'
                acknowledge = 1
                [cluster.main.schedule]
                backup = '%s'
                verify = '%s'
                expire = '%s'
                """.formatted(
                        repositories.resolve("near").toUri(),
                        repositories.resolve("far").toUri(),
                        server.conninfo(),
                        server.dataDirectory(),
                        backup,
                        expire,
                        expire);
    }

    @Test
    void twoHostsTakeOneBackupAndDeliverWhatIsQueued() throws Exception {
        try (TidemarkHost one = new TidemarkHost();
                TidemarkHost other = new TidemarkHost();
                PostgresServer server = PostgresServer.of(
                                PostgresBinaries.oldestAndNewest().getLast())
                        .initdb("--wal-segsize=1")
                        .archiving(one.archiveCommand())
                        .start()) {
            one.configure(toml(one.directory(), server, daily(), "never"));
            other.configure(toml(one.directory(), server, daily(), "never"));
            one.must("init");

            Running first = one.start("cron");
            Running second = other.start("cron");
            Outcome[] both = {first.await(), second.await()};

            assertThat(both)
                    .allSatisfy(each -> assertThat(each.status())
                            .as(each.data() + each.talk())
                            .isZero());
            assertThat(backups(one, "near")).hasSize(1);
            assertThat(backups(one, "far")).hasSize(1);
            assertThat(Stream.of(both).filter(each -> each.talk().contains("is complete in 'near'")))
                    .hasSize(1);
            assertThat(one.must("cron").talk()).isEmpty();
            assertThat(one.must("cron", "--dry-run").data()).containsPattern("main +backup +all .* done for ");

            assertThat(one.run("check", "-v").data())
                    .containsPattern("schedule +'near': every task that was due more than .* ago was done");

            Path far = one.directory().resolve("far");
            Files.move(far, one.directory().resolve("away"));
            server.sql("CREATE TABLE queued (i int)");
            server.archiveCurrentSegment(LIMIT);
            Outcome gone = one.run("cron");
            assertThat(gone.status()).isNotZero();
            assertThat(gone.talk()).contains("ERROR: cluster 'main': deliver in 'far'");
            assertThat(one.run("cron").talk()).isEmpty();
            Files.move(one.directory().resolve("away"), far);
            assertThat(one.must("cron").talk()).containsPattern("[0-9]+ queued files? (was|were) delivered to 'far'");
            assertThat(one.must("cron").talk()).isEmpty();
        }
    }

    /** The backup is not taken again: its files are stored, and only its WAL came late. */
    @Test
    void aBackupWhoseWalComesLateIsCompleted() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = PostgresServer.of(
                                PostgresBinaries.oldestAndNewest().getLast())
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            host.configure("wal-wait = '15s'\n" + toml(host.directory(), server, daily(), "never"));
            host.must("init");
            server.archiveCurrentSegment(LIMIT);
            Path open = holdLaterSegments(host, server);

            Outcome late = host.run("cron");

            assertThat(late.status()).as(late.talk()).isEqualTo(ExitCode.WAL_NOT_ARCHIVED.status());
            assertThat(backups(host, "near")).isEmpty();
            assertThat(host.run("cron").talk()).isEmpty();
            assertThat(host.run("cron", "--dry-run").data()).contains("failed, next attempt at");
            Files.createFile(open);
            server.archiveCurrentSegment(LIMIT);
            assertThat(host.must("cron").talk()).contains("has arrived: it is complete in 'near'");
            assertThat(backups(host, "near")).hasSize(1);
            assertThat(host.must("cron").talk()).isEmpty();
        }
    }

    /** Otherwise there would be none until the next time of the schedule. */
    @Test
    void aBackupThatCanNeverBeCompletedIsTakenAgain() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = PostgresServer.of(
                                PostgresBinaries.oldestAndNewest().getLast())
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            host.configure("wal-wait = '15s'\n" + toml(host.directory(), server, daily(), "never"));
            host.must("init");
            server.archiveCurrentSegment(LIMIT);
            Path open = holdLaterSegments(host, server);
            assertThat(host.run("cron").status()).isEqualTo(ExitCode.WAL_NOT_ARCHIVED.status());
            Path near = host.directory().resolve("near");
            // As if the pause after the failed attempt had passed.
            for (String repository : List.of("near", "far")) {
                for (String name : List.of("00000001.json", "00000001-ended.json")) {
                    Files.delete(find(host.directory().resolve(repository), name).stream()
                            .filter(each -> each.toString().contains("/run/"))
                            .findFirst()
                            .orElseThrow());
                }
            }
            assertThat(host.must("cron", "--dry-run").data()).contains("waits for its WAL");
            Files.createFile(open);
            server.archiveCurrentSegment(LIMIT);
            for (Path repository : List.of(near, host.directory().resolve("far"))) {
                Files.delete(find(repository, "00000001").stream()
                        .filter(each -> each.toString().contains("/bundle/"))
                        .findFirst()
                        .orElseThrow());
            }

            Outcome again = host.run("cron");

            assertThat(again.status()).as(again.talk()).isEqualTo(ExitCode.BACKUP_FAILED.status());
            assertThat(again.talk()).contains("complete in 'near'", "which this backup needs, is missing");
            assertThat(backups(host, "near")).as(again.talk()).hasSize(1);
        }
    }

    /**
     * The present segment is archived, as a backup tests that first; no later one is until the returned file exists.
     */
    private static Path holdLaterSegments(TidemarkHost host, PostgresServer server) throws Exception {
        Path open = host.directory().resolve("open");
        String current = server.query("SELECT pg_walfile_name(pg_current_wal_insert_lsn())");
        server.sql(
                "ALTER SYSTEM SET archive_command = '{ test -e " + open + " || test ! %f \\> " + current + "; } && "
                        + host.archiveCommand() + "'",
                "SELECT pg_reload_conf()");
        // Only then the postmaster tells the archiver, which looks before each file.
        PostgresWait.until(
                "archive_command is the new one",
                LIMIT,
                server,
                () -> server.log().contains("parameter \"archive_command\" changed to"));
        return open;
    }

    private static List<Path> find(Path directory, String name) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(each -> each.endsWith(name)).toList();
        }
    }

    /** Each second is due again; whatever a killed call left, the next one goes on. */
    @Test
    void aCallThatIsKilledAtAnyMomentDoesNotStopTheNextOne() throws Exception {
        Random random = Rounds.random();
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = PostgresServer.of(
                                PostgresBinaries.oldestAndNewest().getLast())
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            host.configure(toml(host.directory(), server, "* * * * * ?", "* * * * * ?"));
            host.must("init");
            host.must("cron");
            int rounds = Rounds.of(1, 100);
            for (int round = 0; round < rounds; round++) {
                server.sql("CREATE TABLE t" + round + " AS SELECT generate_series(1, 1000) i");
                Running killed = host.start("cron");
                Thread.sleep(random.nextInt(4_000));
                killed.signal("KILL");
                killed.await();
                // What it had begun is attempted again after a pause; what is due in the next second, at once.
                Thread.sleep(1_000 - System.currentTimeMillis() % 1_000);

                List<String> before = backups(host, "near");
                Outcome next = host.must("cron");

                List<String> after = backups(host, "near");
                List<String> taken =
                        after.stream().filter(each -> !before.contains(each)).toList();
                assertThat(taken).as(next.talk()).isNotEmpty();
                assertThat(after)
                        .as(() -> next.talk() + host.run("retention").data())
                        .isEqualTo(afterExpiry(before, taken, backups(host, "far")));
                host.must("verify", "--all", "--repository", "near");
            }
            Path restored = host.directory().resolve("restored");
            server.archiveCurrentSegment(LIMIT);
            host.must("recover", "--to", restored.toString());
            try (PostgresServer copy = PostgresServer.of(
                            PostgresBinaries.oldestAndNewest().getLast())
                    .from(restored)
                    .start()) {
                copy.awaitRecoveryEnd(LIMIT);
                assertThat(copy.tableHashes()).isEqualTo(server.tableHashes());
            }
        }
    }

    /** A call that was killed may have taken a backup, and neither copied it nor deleted another one. */
    private static List<String> afterExpiry(List<String> before, List<String> taken, List<String> elsewhere) {
        // One that was killed while it waited for its WAL may be published much later.
        List<String> all =
                Stream.of(before, taken).flatMap(List::stream).sorted().toList();
        int newest = Math.max(0, all.size() - 2);
        return Stream.concat(
                        all.subList(0, newest).stream().filter(each -> !elsewhere.contains(each)),
                        all.subList(newest, all.size()).stream())
                .toList();
    }

    private static List<String> backups(TidemarkHost host, String repository) throws IOException {
        try (Stream<Path> files = Files.walk(host.directory().resolve(repository))) {
            return files.filter(each -> each.endsWith("backup.json"))
                    .map(each -> each.getName(each.getNameCount() - 2).toString())
                    .sorted()
                    .toList();
        }
    }
}
