// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service.cron;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.config.SpoolDirectory;
import org.tidemark.core.ClusterName;
import org.tidemark.session.StoredSession;

class GapWatchTest {
    private static final Duration PATIENCE = Duration.ofHours(1);
    private static final String PART = "backup";

    private final Instant stored = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    /** By when WAL that was stored by now has been impossible to restore for too long. */
    private final Instant late = stored.plus(PATIENCE).plusSeconds(60);

    @TempDir
    private Path directory;

    private StoredSession session;
    private Path spool = Path.of("/");

    @BeforeEach
    void open() throws IOException {
        session = StoredSession.ofTwo(directory, stored);
        spool = directory.resolve("cron-spool");
        SpoolDirectory.make(spool);
    }

    @AfterEach
    void close() {
        session.close();
    }

    /** As a call of cron makes it: what an earlier one knew is in the spool alone. */
    private GapWatch watch(CronRun.Mode mode) {
        return new GapWatch(
                session.session(),
                new CronMemory(spool, new ClusterName("main")),
                Optional.of(PATIENCE),
                Optional.empty(),
                mode);
    }

    private GapWatch looked(Instant at) throws IOException {
        GapWatch watch = watch(CronRun.Mode.RUN);
        watch.look(PART, at);
        return watch;
    }

    private static Optional<LackingBackup> lacking(GapWatch watch, Instant at) {
        return watch.lacking(PART, Optional.empty(), Optional.empty(), at);
    }

    @Test
    void whatIsLackingIsDueOnceItHasLackedForTooLong() throws IOException {
        session.in("near").wal(1, 1, 3);

        assertThat(lacking(looked(stored), stored)).isEmpty();
        assertThat(lacking(watch(CronRun.Mode.RUN), late)).isPresent();
    }

    @Test
    void itIsNotAskedAgainForTenMinutes() throws IOException {
        looked(stored);
        session.in("near").wal(1, 1, 3);

        assertThat(lacking(looked(stored.plus(GapWatch.EACH).minusSeconds(1)), late))
                .isEmpty();
        assertThat(lacking(looked(stored.plus(GapWatch.EACH)), late)).isPresent();
    }

    @Test
    void aRunThatWasDueOrDoneLaterIsThatBackup() throws IOException {
        session.in("near").wal(1, 1, 3);
        GapWatch watch = looked(late);
        Instant due = lacking(watch, late).orElseThrow().due();

        assertThat(watch.lacking(PART, Optional.of(due), Optional.empty(), late))
                .isEmpty();
        assertThat(watch.lacking(PART, Optional.empty(), Optional.of(due), late))
                .isEmpty();
        assertThat(watch.lacking(PART, Optional.of(due.minusSeconds(1)), Optional.of(due.minusSeconds(1)), late))
                .isPresent();
    }

    @Test
    void whatAnEarlierCallFoundIsLookedAtAgainBeforeABackupIsTaken() throws IOException {
        session.in("near").wal(1, 1, 3);
        looked(late);
        LackingBackup remembered = lacking(watch(CronRun.Mode.RUN), late).orElseThrow();
        assertThat(watch(CronRun.Mode.RUN).isConfirmed(PART, remembered, late)).isTrue();

        session.in("near").backup(1, 1, 3);
        session.in("far").wal(1, 1, 3);
        session.in("far").backup(1, 1, 3);

        assertThat(watch(CronRun.Mode.RUN).isConfirmed(PART, remembered, late)).isFalse();
        assertThat(lacking(watch(CronRun.Mode.RUN), late)).as("and forgotten").isEmpty();
    }

    @Test
    void aDryRunRemembersNothing() throws IOException {
        session.in("near").wal(1, 1, 3);
        GapWatch dry = watch(CronRun.Mode.DRY_RUN);
        dry.look(PART, late);

        assertThat(lacking(dry, late)).isPresent();
        assertThat(lacking(watch(CronRun.Mode.RUN), late)).isEmpty();
        assertThat(lacking(looked(late), late)).as("nor that it has looked").isPresent();
    }

    @Test
    void nothingIsReadWhereNoBackupIsTakenOutOfTurn() throws IOException {
        session.in("near").wal(1, 1, 3);
        GapWatch off = new GapWatch(
                session.session(),
                new CronMemory(spool, new ClusterName("main")),
                Optional.empty(),
                Optional.empty(),
                CronRun.Mode.RUN);
        off.look(PART, late);

        assertThat(off.isOn()).isFalse();
        assertThat(lacking(off, late)).isEmpty();
        assertThat(spool).isEmptyDirectory();
    }
}
