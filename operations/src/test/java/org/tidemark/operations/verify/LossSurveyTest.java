// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.StoredArchive;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.wal.WalInventory.WalHole;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.session.StoredSession;

class LossSurveyTest {
    private final Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    private static final Segment THIRD = StoredArchive.segment(1, 3);

    @TempDir
    private Path directory;

    private StoredSession stored;

    @BeforeEach
    void open() throws IOException {
        stored = StoredSession.ofTwo(directory, now);
        stored.in("near").wal(1, 1, 2);
        stored.in("near").wal(1, 4, 6);
        stored.in("near").backup(1, 1, 1);
    }

    @AfterEach
    void close() {
        stored.close();
    }

    private List<Loss> lostInNear() {
        return new LossSurvey(stored.session(), Map.of("near", List.of()))
                .losses(Map.of("near", Map.of(StoredArchive.IDENTITY.keys(), List.of(new WalHole(THIRD, THIRD, 1)))))
                .getOrDefault("near", List.of());
    }

    private void everythingIsFar() throws IOException {
        stored.in("far").wal(1, 1, 6);
        stored.in("far").backup(1, 1, 1);
    }

    @Test
    void aHoleCostsEverythingAfterItUnlessAnotherRepositoryReachesIt() throws IOException {
        assertThat(lostInNear()).singleElement().satisfies(each -> {
            assertThat(each.interval().begin()).isEqualTo(StoredArchive.SIZE.start(3));
            assertThat(each.interval().end()).isEqualTo(StoredArchive.SIZE.start(7));
            assertThat(each.reachedBy()).isEmpty();
        });

        everythingIsFar();
        assertThat(lostInNear()).singleElement().satisfies(each -> {
            assertThat(each.reachedBy()).containsExactly("far");
            assertThat(each.advice()).isPresent();
        });
    }

    /** Only the repository that has the segment knows it. */
    @Test
    void whatNoRecoveryReachesWithoutTheHoleEitherIsNotLost() throws IOException {
        everythingIsFar();
        Lsn minimal = StoredArchive.SIZE.start(3).plus(0xA0);
        stored.in("far").archive().backups().markWal(new Mark.Minimal(now, Timeline.FIRST, minimal));

        assertThat(lostInNear()).allMatch(each -> !each.interval().end().isAfter(minimal));
    }
}
