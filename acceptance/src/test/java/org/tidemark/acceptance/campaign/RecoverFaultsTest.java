// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.FaultLoop;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.Rounds;

@InTurn
class RecoverFaultsTest {
    @TempDir
    private Path directory;

    @Test
    void whereverTheStoreFailsNoDirectoryCanBeStartedThatIsNotComplete() throws Exception {
        ObjectStore repository = new MemoryStore(Clock.systemUTC());
        try (ArchivingServer server =
                new ArchivingServer(PostgresBinaries.embedded(16), Files.createDirectory(directory.resolve("work")))) {
            ClusterSource source = server.source();
            source.register(repository);
            source.backup(repository, repository);
            RecoveredDirectory target = new RecoveredDirectory(directory.resolve("target"));
            Recoveries recoveries = new Recoveries(repository, source.system(), target);

            FaultLoop.Tried tried =
                    FaultLoop.run(() -> new MemoryStore(Clock.systemUTC()), recoveries, Rounds.of(8, 1));

            assertThat(tried.operations()).isGreaterThanOrEqualTo(17);
        }
    }

    /** Recovers one backup of a real server into one directory; a further run completes what was cut off. */
    private static final class Recoveries implements FaultLoop.Scenario {
        private final ObjectStore repository;
        private final SystemIdentifier system;
        private final RecoveredDirectory target;
        private final SortedMap<String, String> intact;

        Recoveries(ObjectStore repository, SystemIdentifier system, RecoveredDirectory target) throws Exception {
            this.repository = repository;
            this.system = system;
            this.target = target;
            target.empty();
            target.recover(repository, system, Optional.empty());
            target.checkComplete();
            this.intact = target.content();
        }

        @Override
        public void prepare(ObjectStore healthy) throws IOException {
            StoreCopy.copy(repository, healthy);
            target.empty();
        }

        @Override
        public void run(ObjectStore store) throws IOException, InterruptedException {
            if (!target.isStartable()) {
                target.recover(store, system, Optional.empty());
            }
        }

        @Override
        public void check(ObjectStore healthy, Optional<Exception> failure) throws IOException {
            assertThat(target.isStartable() || failure.isPresent()).isTrue();
            if (target.isStartable()) {
                assertThat(target.content()).isEqualTo(intact);
            }
        }
    }
}
