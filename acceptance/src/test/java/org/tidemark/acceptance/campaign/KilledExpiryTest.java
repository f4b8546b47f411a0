// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.campaign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.Mark.Scope;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.verify.Verifier;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.catalog.verify.VerifyReport;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.retention.CatalogReading;
import org.tidemark.retention.Expirer;
import org.tidemark.retention.RetentionPlan;
import org.tidemark.retention.RetentionPlanner;
import org.tidemark.retention.RetentionPolicy.Redundancy;
import org.tidemark.retention.RetentionSettings;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.filesystem.FileSystemStoreProvider;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.Rounds;

/** An expiry that is killed at any moment, while the cluster archives and backs up, costs nothing that stays. */
@InTurn
class KilledExpiryTest {
    private static final int REDUNDANCY = 2;

    @TempDir
    private Path directory;

    /** A run of expiry in a process of its own. */
    static final class ExpiringProcess {
        private ExpiringProcess() {}

        /** Usage: {@code told repository system}. */
        public static void main(String[] args) throws IOException {
            ObjectStore store = new FileSystemStoreProvider().open(URI.create(args[1]), Map.of());
            SystemIdentifier system = SystemIdentifier.parse(args[2]);
            plan(store, system);
            Files.createFile(Path.of(args[0]));
            expire(store, system);
        }
    }

    private static RetentionPlan plan(ObjectStore store, SystemIdentifier system) throws IOException {
        ClusterArchive archive = ClusterSource.archive(store, system);
        Instant now = Instant.now();
        return RetentionPlanner.plan(
                RetentionSettings.NONE.with(new Redundancy(REDUNDANCY)),
                CatalogReading.of(archive, archive.backups(), now),
                now);
    }

    private static void expire(ObjectStore store, SystemIdentifier system) throws IOException {
        new Expirer(
                        ClusterSource.archive(store, system),
                        Clock.systemUTC(),
                        "localhost",
                        "test",
                        (objects, bytes) -> {})
                .run(plan(store, system));
    }

    @Test
    void everyBackupRestoresWheneverAnExpiryIsKilled() throws Exception {
        Random random = Rounds.random();
        URI root = directory.resolve("repository").toUri();
        FileSystemStoreProvider provider = new FileSystemStoreProvider();
        provider.createRoot(root, Map.of());
        ObjectStore store = provider.open(root, Map.of());
        RecoveredDirectory target = new RecoveredDirectory(directory.resolve("target"));
        int cutOff = 0;
        try (ArchivingServer server = new ArchivingServer(
                PostgresBinaries.embedded().getLast(), Files.createDirectory(directory.resolve("work")))) {
            ClusterSource source = server.source();
            source.register(store);
            server.server().sql("CREATE TABLE t (i int)");
            int rounds = Rounds.of(3, 200);
            for (int round = 0; round < rounds || cutOff == 0; round++) {
                assertThat(round).as("rounds until one is cut off").isLessThan(rounds + 50);
                int backups = 1 + random.nextInt(3);
                for (int i = 0; i < backups; i++) {
                    archive(server, source, store);
                    source.backup(store, store);
                }
                Process process = begin(root, source.system(), directory.resolve("told-" + round));
                long stopAfter = System.nanoTime() + TimeUnit.MICROSECONDS.toNanos(random.nextInt(150_000));
                if (random.nextInt(3) == 0) {
                    archive(server, source, store);
                    source.backup(store, store);
                }
                while (process.isAlive() && System.nanoTime() < stopAfter) {
                    Thread.onSpinWait();
                }
                process.destroyForcibly();
                assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
                cutOff += process.exitValue() == 0 ? 0 : 1;

                // A backup waits for its own WAL alone: a segment that ended just before it would be a hole.
                archive(server, source, store);
                mustRestore(store, source.system(), target, "round " + round);
            }
            expire(store, source.system());

            assertThat(published(store, source.system())).hasSize(REDUNDANCY);
            assertThat(catalog(store, source.system()).list())
                    .as("nothing of the others is left")
                    .hasSize(REDUNDANCY);
            assertThat(plan(store, source.system()).removesNothing()).isTrue();
            mustRestore(store, source.system(), target, "at the end");
        }
    }

    /** What PostgreSQL archived is pushed once: a later push would bring back what has expired. */
    private static void archive(ArchivingServer server, ClusterSource source, ObjectStore store) throws IOException {
        server.server().sql("INSERT INTO t SELECT generate_series(1, 100)");
        server.server().archiveCurrentSegment(Duration.ofMinutes(3));
        source.push(store);
        try (DirectoryStream<Path> files = Files.newDirectoryStream(source.archive(), "0*")) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
    }

    private static Process begin(URI root, SystemIdentifier system, Path told) throws IOException {
        Process process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ExpiringProcess.class.getName(),
                        told.toString(),
                        root.toString(),
                        system.toString()))
                .inheritIO()
                .start();
        await("the expiry begins")
                .atMost(Duration.ofMinutes(3))
                .pollInterval(Duration.ofMillis(2))
                .until(() -> Files.exists(told) || !process.isAlive());
        return process;
    }

    private static void mustRestore(ObjectStore store, SystemIdentifier system, RecoveredDirectory target, String what)
            throws Exception {
        Verifier.Options everything = new Verifier.Options(Extent.EVERYTHING, Scope.ALL, 2);
        VerifyReport report = new Verifier(
                        store, PrivateKeys.NONE, everything, Clock.systemUTC(), (objects, bytes) -> {})
                .verifyRepository();
        // A note names what a killed run left.
        assertThat(report.problems()).as("%s: %s", what, report.findings()).isZero();
        assertThat(ClusterSource.archive(store, system).wal().inventory().holes())
                .as(what)
                .isEmpty();
        List<BackupId> published = published(store, system);
        assertThat(published).as(what).hasSizeGreaterThanOrEqualTo(1);
        for (BackupId id : published) {
            target.empty();
            target.recover(store, system, Optional.of(id));
            target.checkComplete();
        }
    }

    private static List<BackupId> published(ObjectStore store, SystemIdentifier system) throws IOException {
        List<BackupId> published = new ArrayList<>();
        for (CatalogEntry entry : catalog(store, system).list()) {
            switch (entry) {
                case CatalogEntry.Published each -> published.add(each.id());
                case CatalogEntry.Unreadable each -> throw new AssertionError(each);
                case CatalogEntry.Unpublished _ -> {}
            }
        }
        return published;
    }

    private static BackupCatalog catalog(ObjectStore store, SystemIdentifier system) {
        return new BackupCatalog(store, PrivateKeys.NONE, ClusterSource.CLUSTER, system);
    }
}
