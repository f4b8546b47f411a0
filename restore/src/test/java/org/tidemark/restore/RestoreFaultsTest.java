// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.SyntheticBackup;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.wal.ArchivedWal;
import org.tidemark.catalog.wal.ArchivedWal.Stored;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.image.BackupSources;
import org.tidemark.recoverability.Archives;
import org.tidemark.recoverability.BackupCandidate;
import org.tidemark.recoverability.CatalogSnapshot;
import org.tidemark.recoverability.MinimalWal;
import org.tidemark.recoverability.WrittenTimes;
import org.tidemark.restore.RestoreExecutor.RestoreProgress;
import org.tidemark.restore.plan.RestorePlan.Chosen;
import org.tidemark.restore.plan.RestorePlanner;
import org.tidemark.restore.recovery.RecoverySettings;
import org.tidemark.restore.request.RestoreRequest;
import org.tidemark.restore.target.RestoreMarker;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.FaultLoop;

class RestoreFaultsTest {
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-11-20T07:00:00Z"), ZoneOffset.UTC);

    @TempDir
    private Path temporary;

    @Test
    void whereverTheStoreFailsNoDirectoryCanBeStartedThatIsNotComplete() {
        FaultLoop.Tried tried = FaultLoop.run(() -> new MemoryStore(CLOCK), new Restores(temporary));

        assertThat(tried.operations()).isGreaterThanOrEqualTo(5);
    }

    /** Restores a small backup into a directory of its own for each fault. */
    private static final class Restores implements FaultLoop.Scenario {
        private final SyntheticBackup files = new SyntheticBackup(Codec.parse("none"))
                .directory("base")
                .directory("global")
                .file("PG_VERSION", "15\n")
                .file("backup_label", "x")
                .file("base/1259", SyntheticBackup.noise(1, 50_000))
                .file("global/pg_control", SyntheticBackup.controlFile());
        private final Path temporary;
        private int number;
        private Optional<BaseBackup> backup = Optional.empty();

        Restores(Path temporary) {
            this.temporary = temporary;
        }

        @Override
        public void prepare(ObjectStore healthy) throws IOException {
            number++;
            backup = Optional.of(files.store(healthy, Files.createDirectory(temporary.resolve("work-" + number))));
            Files.createDirectory(target());
            Hosts.giveToOrdinaryUser(target());
        }

        private Path target() {
            return temporary.resolve("target-" + number);
        }

        @Override
        public void run(ObjectStore store) throws IOException, InterruptedException {
            if (Files.exists(target().resolve("global/pg_control"))) {
                return; // complete: a second restore would be refused
            }
            Chosen plan = plan(backup.orElseThrow());
            new RestoreExecutor(BackupSources.of(SyntheticBackup.catalog(store)), CLOCK, 2)
                    .restore(plan, backup.orElseThrow(), RecoverySettings.of(plan, "x"), RestoreProgress.NONE);
        }

        private Chosen plan(BaseBackup of) {
            CatalogSnapshot catalog = new CatalogSnapshot(
                    List.of("local"),
                    List.of(BackupCandidate.of(new CatalogEntry.Published(of), "local", Optional.empty())),
                    List.of(),
                    new ArchivedWal(
                            Archives.SIZE, List.of(new Stored(Archives.segment(1, 2), 1, CLOCK.instant())), List.of()),
                    Map.of(),
                    Map.of(),
                    Set.of(),
                    MinimalWal.NONE,
                    List.of(),
                    WrittenTimes.UNREAD);
            return (Chosen)
                    new RestorePlanner().plan(RestoreRequest.of(target(), new RecoveryTarget.Latest()), catalog);
        }

        @Override
        public void check(ObjectStore healthy, Optional<Exception> failure) throws IOException {
            boolean startable = Files.exists(target().resolve("global/pg_control"));
            assertThat(startable || failure.isPresent()).isTrue();
            if (startable) {
                for (Map.Entry<String, byte[]> each : files.files().entrySet()) {
                    assertThat(target().resolve(each.getKey())).hasBinaryContent(each.getValue());
                }
                assertThat(target().resolve("recovery.signal")).exists();
                assertThat(target().resolve("backup_manifest")).exists();
                assertThat(target().resolve(RestoreMarker.NAME)).doesNotExist();
            }
        }
    }
}
