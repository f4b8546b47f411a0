// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.format.DecodedObject;
import org.tidemark.catalog.layout.StoredPartial;
import org.tidemark.catalog.wal.WalArchive;
import org.tidemark.core.WalFile;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.FaultLoop;
import org.tidemark.testkit.Rounds;

class PushFaultsTest {
    @TempDir
    private Path directory;

    @Test
    void whereverTheStoreFailsWhatWasAcknowledgedIsThereAndNothingIsWrong() {
        FaultLoop.Tried tried =
                FaultLoop.run(() -> new MemoryStore(Clock.systemUTC()), new Pushes(directory), Rounds.of(3, 1));

        // At least two reads open the repository and the incarnation, and each file is put.
        assertThat(tried.operations()).isGreaterThanOrEqualTo(3 * 6 - 2);
    }

    /** Pushes a file of each kind; a push that failed does not keep PostgreSQL from going on with the next file. */
    private static final class Pushes implements FaultLoop.Scenario {
        private final PushedWal wal;
        private final Set<WalFile> acknowledged = new HashSet<>();

        Pushes(Path directory) {
            this.wal = new PushedWal(directory);
        }

        @Override
        public void prepare(ObjectStore healthy) throws IOException {
            acknowledged.clear();
            PushedWal.prepare(healthy);
        }

        @Override
        public void run(ObjectStore store) throws Exception {
            Optional<Exception> failure = Optional.empty();
            for (WalFile file : wal.content().keySet()) {
                try {
                    wal.push(file, store);
                    acknowledged.add(file);
                } catch (Exception e) {
                    failure = Optional.of(e);
                }
            }
            if (failure.isPresent()) {
                throw failure.get();
            }
        }

        @Override
        public void check(ObjectStore healthy, Optional<Exception> failure) throws IOException {
            WalArchive archive = PushedWal.archive(healthy).wal();
            assertThat(archive.inventory().timelines().size()).isLessThanOrEqualTo(2);
            for (WalFile file : wal.content().keySet()) {
                List<byte[]> stored = stored(archive, file);
                assertThat(stored.size()).as(file.name()).isBetween(acknowledged.contains(file) ? 1 : 0, 1);
                for (byte[] each : stored) {
                    assertThat(each).as(file.name()).isEqualTo(wal.of(file));
                }
            }
            assertThat(failure.isPresent() || acknowledged.equals(wal.content().keySet()))
                    .isTrue();
        }

        private static List<byte[]> stored(WalArchive archive, WalFile file) throws IOException {
            if (!(file instanceof WalFile.PartialSegment partial)) {
                return read(archive.open(file));
            }
            List<byte[]> all = new ArrayList<>();
            for (StoredPartial each : archive.listing().partials(partial.segment())) {
                all.addAll(read(archive.open(each)));
            }
            return all;
        }

        private static List<byte[]> read(Optional<DecodedObject> object) throws IOException {
            if (object.isEmpty()) {
                return List.of();
            }
            try (InputStream content = object.get()) {
                return List.of(content.readAllBytes());
            }
        }
    }
}
