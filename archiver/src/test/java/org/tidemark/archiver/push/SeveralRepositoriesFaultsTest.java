// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.push;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tidemark.archiver.ArchiveFixture.segment;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.archiver.ArchiveFixture;
import org.tidemark.archiver.TwoRepositories;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.PrefixStore;
import org.tidemark.testkit.FaultLoop;
import org.tidemark.testkit.Rounds;

@Timeout(300)
class SeveralRepositoriesFaultsTest {
    private static final List<Segment> SEGMENTS = List.of(segment(1, 2), segment(1, 3), segment(1, 4));

    @TempDir
    private Path directory;

    /** Both repositories are on one store, so that each operation of either fails once. */
    @Test
    void noFaultLeavesAnAcknowledgedSegmentInFewerPlacesThanPromised() {
        int step = Rounds.of(6, 1);
        for (int acknowledge = 1; acknowledge <= 2; acknowledge++) {
            FaultLoop.Tried tried =
                    FaultLoop.run(() -> new MemoryStore(Clock.systemUTC()), new Pushes(directory, acknowledge), step);

            assertThat(tried.operations()).isGreaterThan(2 * 3 * 3 - step);
        }
    }

    private static final class Pushes implements FaultLoop.Scenario {
        private final Path directory;
        private final int acknowledge;
        private final List<Segment> acknowledged = new ArrayList<>();
        private Optional<TwoRepositories> both = Optional.empty();
        private int round;

        Pushes(Path directory, int acknowledge) {
            this.directory = directory;
            this.acknowledge = acknowledge;
        }

        private TwoRepositories on(ObjectStore store) {
            TwoRepositories repositories = both.orElseThrow();
            repositories.stores[0] = new PrefixStore(store, "local/");
            repositories.stores[1] = new PrefixStore(store, "offsite/");
            return repositories;
        }

        @Override
        public void prepare(ObjectStore healthy) throws IOException {
            acknowledged.clear();
            round++;
            both = Optional.of(new TwoRepositories(
                    Files.createDirectory(directory.resolve(acknowledge + "-" + round)),
                    new PrefixStore(healthy, "local/"),
                    new PrefixStore(healthy, "offsite/")));
        }

        @Override
        public void run(ObjectStore store) throws Exception {
            TwoRepositories repositories = on(store);
            Optional<Exception> failure = Optional.empty();
            for (Segment segment : SEGMENTS) {
                try {
                    repositories.push(acknowledge, segment);
                    acknowledged.add(segment);
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
            TwoRepositories repositories = on(healthy);
            for (Segment segment : SEGMENTS) {
                int places = 0;
                for (int repository = 0; repository < 2; repository++) {
                    boolean holds = repositories.holds(repository, segment);
                    places += holds ? 1 : 0;
                    if (acknowledged.contains(segment)) {
                        assertThat(holds || repositories.kept(repository).contains(segment.name()))
                                .as("%s is in repository %d or kept for it", segment, repository)
                                .isTrue();
                    }
                    if (holds) {
                        assertThat(repositories.content(repository, segment))
                                .isEqualTo(org.tidemark.testkit.WalFixtures.segment(
                                        segment, ArchiveFixture.SYSTEM, ArchiveFixture.SIZE, 7));
                    }
                }
                if (acknowledged.contains(segment)) {
                    assertThat(places).as(segment.name()).isGreaterThanOrEqualTo(acknowledge);
                }
            }
            if (failure.isEmpty()) {
                assertThat(acknowledged).containsAll(SEGMENTS);
                for (int repository = 0; repository < 2; repository++) {
                    // Delivered to another one of the same state, so that what is kept stays for the next check.
                    for (var object : repositories.queue(repository).pending()) {
                        assertThat(object.held()).isPresent();
                        assertThat(repositories.holds(1 - repository, (Segment) WalFile.parse(object.keyName())))
                                .isTrue();
                    }
                }
            }
        }
    }
}
