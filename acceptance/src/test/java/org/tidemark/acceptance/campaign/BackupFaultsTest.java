// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.tidemark.backup.source.SourceMethod;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.Mark.Scope;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.verify.ObjectFinding;
import org.tidemark.catalog.verify.ObjectFinding.Severity;
import org.tidemark.catalog.verify.Verifier;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.FaultLoop;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.Rounds;

@InTurn
class BackupFaultsTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @EnumSource(
            value = SourceMethod.class,
            mode = Mode.EXCLUDE,
            names = {"AUTO", "SSH"})
    void whereverTheStoreFailsEveryBackupThatIsListedCanBeRestored(SourceMethod method) throws IOException {
        try (ArchivingServer server =
                new ArchivingServer(PostgresBinaries.embedded(18), Files.createDirectory(directory.resolve("work")))) {
            Backups backups = new Backups(server.source(), method, new RecoveredDirectory(directory.resolve("target")));

            FaultLoop.Tried tried = FaultLoop.run(() -> new MemoryStore(Clock.systemUTC()), backups, Rounds.of(16, 1));

            // The id, a bundle, three descriptions, the WAL, backup.json, and what is asked before and between.
            assertThat(tried.operations()).isGreaterThanOrEqualTo(9);
        }
    }

    /** Takes a backup of a real server; its WAL is pushed into the healthy store. */
    private static final class Backups implements FaultLoop.Scenario {
        private final ClusterSource source;
        private final SourceMethod method;
        private final RecoveredDirectory target;
        private final SystemIdentifier system;
        private final Set<BackupId> acknowledged = new HashSet<>();
        private final Set<BackupId> restored = new HashSet<>();
        private Optional<ObjectStore> walInto = Optional.empty();

        Backups(ClusterSource source, SourceMethod method, RecoveredDirectory target) throws IOException {
            this.source = source;
            this.method = method;
            this.target = target;
            this.system = source.system();
        }

        @Override
        public void prepare(ObjectStore healthy) throws IOException {
            source.register(healthy);
            walInto = Optional.of(healthy);
            acknowledged.clear();
            restored.clear();
        }

        @Override
        public void run(ObjectStore store) throws IOException {
            acknowledged.add(source.backup(method, store, source.pushing(walInto.orElseThrow()))
                    .id());
        }

        @Override
        public void check(ObjectStore healthy, Optional<Exception> failure) throws Exception {
            Set<BackupId> listed = new HashSet<>();
            for (CatalogEntry entry :
                    new BackupCatalog(healthy, PrivateKeys.NONE, ClusterSource.CLUSTER, system).list()) {
                switch (entry) {
                    case CatalogEntry.Published published -> listed.add(published.id());
                    case CatalogEntry.Unpublished remains -> {}
                    case CatalogEntry.Unreadable damaged -> throw new AssertionError("unreadable: " + damaged);
                }
            }
            assertThat(listed).containsAll(acknowledged);
            assertThat(failure.isPresent() || !acknowledged.isEmpty()).isTrue();
            Verifier.Options everything = new Verifier.Options(Extent.EVERYTHING, Scope.ALL, 2);
            assertThat(new Verifier(healthy, PrivateKeys.NONE, everything, Clock.systemUTC(), (objects, bytes) -> {})
                            .verifyRepository()
                            .findings())
                    .extracting(ObjectFinding::severity)
                    .doesNotContain(Severity.PROBLEM);
            for (BackupId id : listed) {
                if (restored.add(id)) {
                    target.empty();
                    target.recover(healthy, system, Optional.of(id));
                    target.checkComplete();
                }
            }
        }
    }
}
