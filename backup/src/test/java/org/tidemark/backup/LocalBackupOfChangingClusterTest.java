// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.backup.source.SourceMethod;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.postgres.ManifestVerification;
import org.tidemark.postgres.PostgresManifest;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.TemporaryTree;

/** What was copied while everything changed becomes, with its WAL, the cluster as it was at the end, row by row. */
class LocalBackupOfChangingClusterTest {
    private static final String UNUSABLE_INDEXES = "SELECT count(bt_index_check(c.oid, true)) FROM pg_index i"
            + " JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam"
            + " WHERE a.amname = 'btree' AND i.indisvalid AND c.relpersistence = 'p'";

    @TempDir
    private Path directory;

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#ofThisRun")
    void eachBackupRestoresWithAllThatWasCommitted(PostgresBinaries binaries) throws Exception {
        Random random = Rounds.random();
        int rounds = Rounds.of(2, 50);
        Path work = Files.createDirectory(directory.resolve("work"));
        try (ArchivedServer source = new ArchivedServer(
                PostgresServer.of(binaries)
                        .withTemplates()
                        .setting("max_wal_size", "64MB")
                        .setting("shared_buffers", "2MB")
                        .setting("autovacuum_naptime", "1s"),
                work)) {
            ChangingCluster.prepare(source.server);
            int complete = 0;
            for (int round = 0; round < rounds || complete < Math.min(rounds, 2); round++) {
                Optional<BaseBackup> backup;
                try (ChangingCluster changes = ChangingCluster.begin(source.server, random)) {
                    int crash = random.nextInt(4) == 0 ? random.nextInt(1500) : -1;
                    backup = backup(source, new Course(source, changes, crash, new AtomicReference<>()));
                }
                source.server.sql("DROP TABLE IF EXISTS unlogged");
                if (backup.isPresent()) {
                    complete++;
                    assertRestores(source, backup.get(), "round " + round);
                }
            }
        }
    }

    /** Empty if PostgreSQL crashed in the middle; then it runs again. */
    private static Optional<BaseBackup> backup(ArchivedServer source, Course course) throws Exception {
        try {
            return Optional.of(new BackupTaker(
                            source.repository,
                            ArchivedServer.CLUSTER,
                            source.options(SourceMethod.LOCAL),
                            Clock.systemUTC(),
                            new Random(),
                            course)
                    .take(source.settings()));
        } catch (UserFacingException e) {
            assertThat(course.crashAfterMillis()).as(e.toString()).isNotNegative();
            assertThat(e.exitCode())
                    .as(e.toString())
                    .isIn(ExitCode.POSTGRES_UNAVAILABLE, ExitCode.POSTGRES_REFUSED, ExitCode.WAL_NOT_ARCHIVED);
            return Optional.empty();
        } finally {
            course.end();
        }
    }

    /**
     * Crashes the server while its files are copied, or shortly after, and has nothing changed after the copy.
     *
     * @param crashAfterMillis negative for no crash
     */
    private record Course(
            ArchivedServer source, ChangingCluster changes, int crashAfterMillis, AtomicReference<Thread> crash)
            implements BackupListener {
        @Override
        public void source(SourceMethod used, String reason) {
            assertThat(used).isEqualTo(SourceMethod.LOCAL);
        }

        @Override
        public void phase(BackupId id, Phase phase) {
            if (phase == Phase.COPYING && crashAfterMillis >= 0) {
                crash.set(Thread.ofPlatform().start(() -> {
                    pause(crashAfterMillis);
                    source.server.stopImmediately();
                    source.server.start();
                }));
            }
            if (phase == Phase.FINISHING) {
                changes.end();
            }
        }

        @Override
        public void progress(long bytesRead, long bytesExpected, long bytesStored) {}

        @Override
        public void awaitingWal(WalFile missing, Duration waited, String hint) {
            source.awaitingWal(missing, waited, hint);
        }

        @Override
        public void warning(String message) {
            assertThat(message).startsWith("SQL queries failed");
        }

        void end() throws InterruptedException {
            Thread running = crash.get();
            if (running != null) {
                running.join();
            }
        }
    }

    private void assertRestores(ArchivedServer source, BaseBackup backup, String round) throws Exception {
        String last = source.server.archiveCurrentSegment(Duration.ofSeconds(60));
        Map<String, String> rows = source.server.tableHashes();
        Path restored = directory.resolve("restored");
        Path place = source.server.newDirectory("restored-fast");
        PlainRestore.restore(source.catalog(), backup, restored, place);
        Files.write(restored.resolve(PostgresManifest.PATH), source.catalog().postgresManifest(backup));
        assertThat(ManifestVerification.verify(restored, 10).problems())
                .as(round)
                .isEmpty();
        OperatingUser.current().own(directory);
        verifyByProgram(source.server, restored);
        assertThat(backup.contents().damagedPages()).as(round).isEmpty();
        OperatingUser.current().own(place);
        // The link leads elsewhere than the map says.
        Files.delete(restored.resolve("tablespace_map"));
        try (PostgresServer copy = PostgresServer.of(source.server.binaries())
                .from(restored)
                .setting("archive_mode", "off")
                .recovery("cp " + source.archive + "/%f %p")
                .start()) {
            copy.awaitRecoveryEnd(Duration.ofMinutes(2));
            assertThat(copy.tableHashes()).as(round + ", to the end of " + last).isEqualTo(rows);
            assertThat(copy.query(UNUSABLE_INDEXES)).as(round).isNotEqualTo("0");
        } finally {
            TemporaryTree.delete(restored);
            TemporaryTree.delete(place);
        }
    }

    /** It reads the manifests of its own version and older ones. */
    private static void verifyByProgram(PostgresServer server, Path restored) {
        Optional<PostgresBinaries> machine = PostgresBinaries.ofMachine()
                .filter(each -> each.major() == server.binaries().major());
        machine.flatMap(each -> each.program("pg_verifybackup"))
                .ifPresent(program -> server.run(List.of(program.toString(), "-n", restored.toString())));
    }

    private static void pause(int millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
