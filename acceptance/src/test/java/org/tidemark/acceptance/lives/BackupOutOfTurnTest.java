// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.lives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.recovery.OwnersShell;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.Mark.Restored;
import org.tidemark.catalog.backup.Mark.Restored.Pace;
import org.tidemark.core.ClusterName;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.filesystem.FileSystemStoreProvider;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** What {@code cron} does where the newest WAL cannot be restored. */
@InTurn
final class BackupOutOfTurnTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final String AT_ONCE = "backup-on-gap = '1s'";

    private static String toml(Path directory, PostgresServer server, String more) {
        // The next time of the schedule is half a day away.
        int hour = OffsetDateTime.now(ZoneOffset.UTC).minusHours(12).getHour();
        return """
                [repository.near]
                url = '%s'
                [repository.far]
                url = '%s'
                [cluster.main]
                conninfo = '%s'
                data-directory = '%s'
                [cluster.main.schedule]
                backup = '0 %d * * *'
                verify = 'never'
                %s
                """.formatted(
                        directory.resolve("near").toUri(),
                        directory.resolve("far").toUri(),
                        server.conninfo(),
                        server.dataDirectory(),
                        hour,
                        more);
    }

    @Test
    void aBackupIsTakenOnceForEachLossThatNobodyRepairsInTime() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = PostgresServer.of(
                                PostgresBinaries.oldestAndNewest().getLast())
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            host.configure(toml(host.directory(), server, AT_ONCE));
            host.must("init");
            host.must("cron");
            assertThat(backups(host)).hasSize(1);
            archive(server, 4);
            List<Path> near = segments(host, "near");
            Path lost = near.get(near.size() - 3);
            Path later = near.get(near.size() - 2);
            TimeUnit.SECONDS.sleep(2); // longer than the patience that is configured
            Path away = Files.createDirectory(host.directory().resolve("away"));
            Files.move(lost, away.resolve("near"));
            assertThat(quietAfterALook(host))
                    .as("it can be restored from the other repository")
                    .isTrue();
            Path other = segments(host, "far").stream()
                    .filter(each -> name(each).equals(name(lost)))
                    .findFirst()
                    .orElseThrow();
            Files.move(other, away.resolve("far"));
            host.configure(toml(host.directory(), server, "backup-on-gap = 'never'"));
            assertThat(quietAfterALook(host)).as("it is switched off").isTrue();
            host.configure(toml(host.directory(), server, ""));
            assertThat(quietAfterALook(host)).as("it may still come").isTrue();
            host.configure(toml(host.directory(), server, AT_ONCE));
            Path far = host.directory().resolve("far");
            Files.move(far, host.directory().resolve("gone"));
            look(host);
            assertThat(host.run("cron").talk()).doesNotContain("out of turn");
            Files.move(host.directory().resolve("gone"), far);
            look(host);
            assertThat(host.must("cron", "--dry-run").data()).containsPattern("main +backup .* due since");
            assertThat(backups(host)).hasSize(1);

            assertThat(host.must("cron").talk())
                    .contains("cannot be restored, because WAL before '" + name(later)
                            + "' is missing: a backup is taken out of turn")
                    .contains("is complete in 'near'");

            assertThat(backups(host)).hasSize(2);
            assertThat(quietAfterALook(host)).as("once is enough").isTrue();
            archive(server, 1);
            assertThat(quietAfterALook(host)).isTrue();
            assertThat(backups(host)).hasSize(2);
            Path restored = host.directory().resolve("restored");
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

    @Test
    void aRepositoryThatWasAddedGetsABackup() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = PostgresServer.of(
                                PostgresBinaries.oldestAndNewest().getFirst())
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            addARepository(host, toml(host.directory(), server, AT_ONCE));
            archive(server, 2);
            TimeUnit.SECONDS.sleep(2); // longer than the patience that is configured
            look(host);

            assertThat(host.must("cron").talk())
                    .contains("because there is no backup in 'far': a backup is taken out of turn");

            assertThat(backups(host)).hasSize(2);
            assertThat(quietAfterALook(host)).isTrue();
        }
    }

    /** The first one has a backup, and the second one does not. */
    private static void addARepository(TidemarkHost host, String both) throws Exception {
        host.configure(both.replace("[cluster.main]", "[cluster.main]\nrepositories = ['near']"));
        host.must("init");
        host.must("cron");
        host.configure(both);
        host.must("init");
    }

    /** It remembers what it found before another host took the backup, and asks no repository about it again. */
    @Test
    void aHostLearnsOnceThatAnotherHasTakenTheBackup() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                TidemarkHost other = new TidemarkHost();
                PostgresServer server = PostgresServer.of(
                                PostgresBinaries.oldestAndNewest().getFirst())
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            String both = toml(host.directory(), server, AT_ONCE);
            addARepository(host, both);
            other.configure(both);
            archive(server, 2);
            TimeUnit.SECONDS.sleep(2); // longer than the patience that is configured
            other.must("pause", "backup", "--for", "1h");
            other.must("cron");
            look(host);
            host.must("cron");
            assertThat(backups(host)).hasSize(2);
            other.must("resume", "backup");

            assertThat(other.must("cron").talk()).isEmpty();

            assertThat(backups(host)).hasSize(2);
            for (String repository : List.of("near", "far")) {
                Path directory = host.directory().resolve(repository);
                Files.move(directory, host.directory().resolve(repository + "-away"));
            }
            assertThat(other.must("cron").talk()).as("it asks nobody").isEmpty();
        }
    }

    /** Each backup is there, and none can be restored. */
    @Test
    void whereTheOnlyBackupIsDamagedInEveryCopyAnotherIsTakenOnce() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = PostgresServer.of(
                                PostgresBinaries.oldestAndNewest().getLast())
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            host.configure(toml(host.directory(), server, AT_ONCE));
            host.must("init");
            host.must("cron");
            LocalDate today = LocalDate.now(ZoneOffset.UTC);
            String off = "\ndays-off = ['" + today + ".." + today.plusDays(1) + "']";
            host.configure(toml(host.directory(), server, AT_ONCE + off)); // they are for what is scheduled
            archive(server, 2);
            for (String repository : List.of("near", "far")) {
                for (Path each : files(host, repository, "/bundle/")) {
                    byte[] bytes = Files.readAllBytes(each);
                    bytes[bytes.length / 2] ^= 1;
                    Files.write(each, bytes);
                }
            }
            assertThat(host.run("verify").status()).isNotZero();
            TimeUnit.SECONDS.sleep(2); // longer than the patience that is configured
            look(host);

            assertThat(host.must("cron").talk()).contains("is damaged: a backup is taken out of turn");

            assertThat(backups(host)).hasSize(2);
            assertThat(quietAfterALook(host)).isTrue();
            assertThat(host.run("verify").status()).isNotZero();
            assertThat(quietAfterALook(host)).as("the new backup is whole").isTrue();
        }
    }

    /** It does not know that another server was promoted, and archives what nobody needs. */
    @Test
    void whatAnOldPrimaryArchivesNeedsNoBackup() throws Exception {
        PostgresBinaries binaries = PostgresBinaries.oldestAndNewest().getLast();
        try (TidemarkHost host = new TidemarkHost();
                TidemarkHost other = new TidemarkHost();
                PostgresServer old = PostgresServer.of(binaries)
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            host.configure(toml(host.directory(), old, AT_ONCE));
            host.must("init");
            host.must("cron");
            archive(old, 2);
            Path restored = host.directory().resolve("restored");
            host.must("recover", "--to", restored.toString(), "--target-action", "promote");
            try (PostgresServer promoted = PostgresServer.of(binaries)
                    .from(restored)
                    .archiving(other.archiveCommand())
                    .start()) {
                other.configure(toml(host.directory(), promoted, AT_ONCE));
                promoted.awaitRecoveryEnd(LIMIT);
                promoted.sql("ALTER SYSTEM RESET archive_mode", "ALTER SYSTEM RESET archive_command");
                promoted.restart();
                archive(promoted, 2);
                archive(old, 2);
                assertThat(quietAfterALook(other))
                        .as("its backup leads to both")
                        .isTrue();
                other.must("backup");
                Path first = backups(host).getFirst();
                for (Path each : List.of(first, Path.of(first.toString().replace("/near/", "/far/")))) {
                    Files.delete(each);
                }
                for (int i = 0; i < 3; i++) {
                    archive(old, 1);
                    TimeUnit.SECONDS.sleep(2); // longer than the patience that is configured
                    assertThat(quietAfterALook(other)).isTrue();
                }
                assertThat(backups(host)).hasSize(1);
            }
        }
    }

    /** Measured by a real restore; a slow host is noted beside it, as that host would. */
    @Test
    void aBackupIsTakenWhereARestoreWouldTakeLongerThanItMay() throws Exception {
        Optional<PostgresBinaries> machine = PostgresBinaries.ofMachine();
        assumeTrue(machine.isPresent(), "no PostgreSQL of Debian: apt-get install postgresql-15");
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = PostgresServer.of(machine.get())
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            String within = toml(host.directory(), server, "").replace("[cluster.main]", "[cluster.main]\nrto = '20s'");
            host.configure(within);
            host.must("init");
            server.sql("ALTER SYSTEM SET port = " + server.port());
            host.must("cron");
            archive(server, 2);
            String end = server.query("SELECT pg_current_wal_insert_lsn()");
            archive(server, 1);
            assertThat(host.must("status").data()).doesNotContain("Forecast");
            Path restored = host.directory().resolve("restored");
            host.must("recover", "--to", restored.toString(), "--target-lsn", end, "--start");
            OwnersShell.shell(machine.get().programs() + "/pg_ctl -D " + restored + " -m immediate stop");
            assertThat(host.must("status").data())
                    .as("so short a replay tells nothing")
                    .contains("Forecast: ", "which was not measured");
            assertThat(host.must("audit").data()).containsOnlyOnce("backup restored");
            assertThat(quietAfterALook(host)).as("it is fast enough").isTrue();
            noteASlowReplay(host);
            archive(server, 60);
            TimeUnit.SECONDS.sleep(20); // as long as rto, after the backup
            host.configure(within.replace("'20s'", "'10d'"));
            assertThat(quietAfterALook(host)).as("it may take so long").isTrue();
            host.configure(within);
            look(host);

            assertThat(host.must("cron").talk())
                    .contains(
                            "a restore to the newest WAL takes about ",
                            "and rto is 20s: a backup is taken out of turn");

            assertThat(backups(host)).hasSize(2);
            archive(server, 2);
            TimeUnit.SECONDS.sleep(20);
            assertThat(quietAfterALook(host)).as("it is fast enough again").isTrue();
            assertThat(backups(host)).hasSize(2);
        }
    }

    private static void noteASlowReplay(TidemarkHost host) throws IOException {
        URI near = host.directory().resolve("near").toUri();
        try (ObjectStore store = new FileSystemStoreProvider().open(near, Map.of())) {
            BackupCatalog backups = Repository.open(store, Optional.empty())
                    .incarnations(new ClusterName("main"))
                    .getFirst()
                    .backups();
            backups.markWal(new Restored(
                    Instant.now(),
                    backups.list().getFirst().id(),
                    "slow",
                    Optional.empty(),
                    Optional.of(new Pace(1 << 20, Duration.ofSeconds(1))),
                    Optional.empty()));
        }
    }

    private static List<Path> files(TidemarkHost host, String repository, String folder) throws IOException {
        try (Stream<Path> files = Files.walk(host.directory().resolve(repository))) {
            return files.filter(Files::isRegularFile)
                    .filter(each -> each.toString().contains(folder))
                    .toList();
        }
    }

    private static void archive(PostgresServer server, int segments) throws Exception {
        for (int i = 0; i < segments; i++) {
            server.sql("CREATE TABLE IF NOT EXISTS filled (i int)");
            server.sql("INSERT INTO filled VALUES (" + i + ")");
            server.archiveCurrentSegment(LIMIT);
        }
    }

    private static boolean quietAfterALook(TidemarkHost host) throws IOException {
        look(host);
        return host.must("cron").talk().isEmpty();
    }

    /** The next call looks, although an earlier one did a short time ago. */
    private static void look(TidemarkHost host) throws IOException {
        try (Stream<Path> files = Files.walk(host.directory().resolve("spool"))) {
            for (Path each : files.filter(file -> file.getFileName().toString().matches("gaps-.*[.]looked"))
                    .toList()) {
                Files.delete(each);
            }
        }
    }

    private static String name(Path segment) {
        return segment.getFileName().toString();
    }

    private static List<Path> segments(TidemarkHost host, String repository) throws IOException {
        try (Stream<Path> files = Files.walk(host.directory().resolve(repository))) {
            return files.filter(each -> name(each).matches("[0-9A-F]{24}"))
                    .sorted()
                    .toList();
        }
    }

    private static List<Path> backups(TidemarkHost host) throws IOException {
        try (Stream<Path> files = Files.walk(host.directory().resolve("near"))) {
            return files.filter(each -> each.endsWith("backup.json")).sorted().toList();
        }
    }
}
