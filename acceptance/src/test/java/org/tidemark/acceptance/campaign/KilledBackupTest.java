// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.campaign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.tidemark.acceptance.campaign.StoppedBackup.Stop;
import org.tidemark.backup.source.SourceMethod;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.Mark.Scope;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.catalog.verify.Verifier;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.catalog.verify.VerifyReport;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.UnfinishedUploads;
import org.tidemark.store.filesystem.FileSystemStoreProvider;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresWait;
import org.tidemark.testkit.Rounds;

/** A backup that is killed leaves PostgreSQL as it was, and nothing that is not recognised as abandoned. */
@InTurn
class KilledBackupTest {
    private static final String SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            + " AND backend_type IN ('walsender', 'client backend')";

    @TempDir
    private Path directory;

    @ParameterizedTest
    @EnumSource(
            value = SourceMethod.class,
            mode = Mode.EXCLUDE,
            names = {"AUTO", "SSH"})
    void aKilledBackupLeavesNoBackupModeAndOnlyWhatCanBeDeleted(SourceMethod method) throws Exception {
        URI root = directory.resolve("repository").toUri();
        FileSystemStoreProvider provider = new FileSystemStoreProvider();
        provider.createRoot(root, Map.of());
        ObjectStore store = provider.open(root, Map.of());
        List<Stop> stops = new ArrayList<>(Arrays.asList(Stop.values()));
        Collections.shuffle(stops, Rounds.random());
        PostgresBinaries binaries = PostgresBinaries.oldestAndNewest().get(method == SourceMethod.LOCAL ? 0 : 1);
        try (ArchivingServer server = new ArchivingServer(binaries, Files.createDirectory(directory.resolve("work")))) {
            server.source().register(store);
            for (Stop stop : stops.subList(0, Rounds.of(3, stops.size()))) {
                kill(method, stop, root, server);

                assertNoBackupMode(stop, server.server());
                assertRecognisable(stop, store, server.source());
            }
            BaseBackup next =
                    server.source().backup(method, store, server.source().pushing(store));

            assertThat(directory.resolve("work")).as("temporary files").isEmptyDirectory();
            expire(store, server.source());
            assertThat(verify(store).findings()).isEmpty();
            RecoveredDirectory target = new RecoveredDirectory(directory.resolve("target"));
            target.empty();
            target.recover(store, server.source().system(), Optional.of(next.id()));
            target.checkComplete();
        }
    }

    private void kill(SourceMethod method, Stop stop, URI root, ArchivingServer server) throws Exception {
        Path told = directory.resolve("told-" + stop);
        Process process = new ProcessBuilder(StoppedBackup.command(method, stop, told, root, server.source()))
                .inheritIO()
                .start();
        try {
            await("the backup stops at " + stop)
                    .atMost(Duration.ofMinutes(3))
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> Files.exists(told) || !process.isAlive());
            assertThat(process.isAlive()).as("it waits at " + stop).isTrue();
            if (stop == Stop.IN_BACKUP_MODE || stop == Stop.COPYING) {
                assertThat(server.server().query(SESSIONS)).isNotEqualTo("0");
            }
        } finally {
            process.destroyForcibly();
        }
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    }

    private static void assertNoBackupMode(Stop stop, PostgresServer server) throws IOException {
        PostgresWait.until(
                "no session of the backup is left after " + stop,
                PostgresWait.DEFAULT_LIMIT,
                server,
                () -> server.query(SESSIONS).equals("0"));
        assertThat(server.query("SELECT count(*) FROM pg_stat_progress_basebackup"))
                .isEqualTo("0");
        assertThat(server.dataDirectory().resolve("backup_label")).doesNotExist();
    }

    /** Every object belongs to the archive or to an id in the catalog; only a published one is a backup. */
    private static void assertRecognisable(Stop stop, ObjectStore store, ClusterSource source) throws IOException {
        List<CatalogEntry> entries = catalog(store, source).list();
        assertThat(entries).noneMatch(CatalogEntry.Unreadable.class::isInstance);
        if (stop == Stop.AFTER_PUBLICATION) {
            assertThat(entries).last().isInstanceOf(CatalogEntry.Published.class);
        } else {
            assertThat(entries.stream().filter(CatalogEntry.Published.class::isInstance))
                    .hasSizeLessThanOrEqualTo(1);
        }
        Set<BackupId> ids = entries.stream().map(CatalogEntry::id).collect(Collectors.toSet());
        for (ObjectKey object : objects(store, "")) {
            switch (ObjectName.parse(object)) {
                case ObjectName.OfBackup backup ->
                    assertThat(ids).contains(backup.keys().id());
                case ObjectName.Unknown unknown -> throw new AssertionError(unknown);
                case ObjectName.Foreign foreign -> throw new AssertionError(foreign);
                default -> {}
            }
        }
        assertThat(verify(store).problems()).isZero();
    }

    /** What an expiry would do with ids that were never published: what a backup refers to stays, and its documents. */
    private static void expire(ObjectStore store, ClusterSource source) throws IOException {
        BackupCatalog catalog = catalog(store, source);
        List<CatalogEntry> entries = catalog.list();
        Set<ObjectKey> referred = catalog.dataOfOthers(entries.stream()
                .filter(CatalogEntry.Published.class::isInstance)
                .map(entry -> ((CatalogEntry.Published) entry).backup())
                .toList());
        for (CatalogEntry entry : entries) {
            if (entry instanceof CatalogEntry.Unpublished) {
                assertThat(store.stat(catalog.keys(entry.id()).intent()))
                        .as("its age tells that it is abandoned")
                        .isPresent();
                List<ObjectKey> data = objects(store, catalog.keys(entry.id()).data());
                boolean isUsed = data.removeAll(referred);
                store.delete(data);
                if (!isUsed) {
                    store.delete(objects(store, catalog.keys(entry.id()).documents()));
                }
            }
        }
        UnfinishedUploads uploads = store.unfinishedUploads().orElseThrow();
        for (UnfinishedUploads.Upload upload : uploads.begunBefore("", Instant.now(), ObjectStore.MAX_PAGE)) {
            uploads.abort(upload);
        }
        assertThat(uploads.begunBefore("", Instant.now(), ObjectStore.MAX_PAGE)).isEmpty();
    }

    private static BackupCatalog catalog(ObjectStore store, ClusterSource source) throws IOException {
        return new BackupCatalog(store, PrivateKeys.NONE, ClusterSource.CLUSTER, source.system());
    }

    private static List<ObjectKey> objects(ObjectStore store, String prefix) throws IOException {
        List<ObjectKey> objects = new ArrayList<>();
        Listing.visit(store, prefix, object -> objects.add(object.key()));
        return objects;
    }

    private static VerifyReport verify(ObjectStore store) throws IOException {
        Verifier.Options everything = new Verifier.Options(Extent.EVERYTHING, Scope.ALL, 2);
        return new Verifier(store, PrivateKeys.NONE, everything, Clock.systemUTC(), (objects, bytes) -> {})
                .verifyRepository();
    }
}
