// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.backup.server.ServerQueries;
import org.tidemark.backup.server.StandbyReplay;
import org.tidemark.core.Lsn;
import org.tidemark.postgres.ReplicationConnection;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresWait;

class StandbyReplayTest {
    private static final Instant NOW = Instant.parse("2026-11-20T06:30:00Z");
    private static final Lsn BEFORE = Lsn.parse("0/5000000");
    private static final Lsn END = Lsn.parse("0/5000100");

    @TempDir
    private Path directory;

    private static StandbyReplay replay(Duration age, Lsn replayed, boolean isStreaming) {
        return new StandbyReplay(
                NOW.minus(age), NOW, replayed, Optional.of(END), isStreaming, false, Duration.ZERO, false);
    }

    private static StandbyReplay held(boolean isPaused, Duration delay, boolean isPreferred) {
        return new StandbyReplay(
                NOW.minus(Duration.ofMinutes(33)), NOW, BEFORE, Optional.of(END), true, isPaused, delay, isPreferred);
    }

    @Test
    void aStandbyThatHasReplayedWhatItReceivesIsNotOldHoweverIdleItsPrimaryIs() {
        StandbyReplay idle = replay(Duration.ofHours(9), END, true);

        assertThat(idle.contentTime()).isEmpty();
        assertThat(idle.warnings()).isEmpty();
        assertThat(replay(Duration.ofHours(9), BEFORE, true).caughtUp().contentTime())
                .isEmpty();
    }

    @Test
    void aLagOfSecondsIsNotTold() {
        assertThat(replay(Duration.ofSeconds(59), BEFORE, true).warnings()).isEmpty();
    }

    @Test
    void whatWasReceivedAndNotReplayedMakesTheContentOld() {
        StandbyReplay late = replay(Duration.ofMinutes(33), BEFORE, true);

        assertThat(late.contentTime()).contains(NOW.minus(Duration.ofMinutes(33)));
        assertThat(late.warnings())
                .singleElement()
                .asString()
                .contains("2026-11-20 05:57:00", "at most 33m", "has received WAL that it has not replayed");
        assertThat(held(true, Duration.ZERO, false).warnings())
                .singleElement()
                .asString()
                .contains("is paused");
        assertThat(held(false, Duration.ofHours(1), false).warnings())
                .singleElement()
                .asString()
                .contains("recovery_min_apply_delay is 1h");
    }

    @Test
    void aStandbyThatReceivesNothingCannotTell() {
        assertThat(replay(Duration.ofMinutes(2), END, false).warnings())
                .singleElement()
                .asString()
                .contains("at most 2m", "cannot tell whether its primary has committed anything since");
    }

    @Test
    void aDelayedStandbyIsNoneToPrefer() {
        assertThat(held(false, Duration.ofHours(1), true).warnings())
                .hasSize(2)
                .last()
                .asString()
                .contains("prefer-standby", "recovery_min_apply_delay is 1h");
    }

    @Test
    void aServerIsAsked() throws IOException {
        try (ArchivedServer source =
                new ArchivedServer(PostgresServer.of(PostgresBinaries.embedded(16)), directory.resolve("work"))) {
            source.server.sql("CREATE TABLE t (i int)");
            assertThat(asked(source.server)).isEmpty();
            Path copy =
                    source.server.takeBaseBackup(directory.resolve("standby")).dataDirectory();
            try (PostgresServer standby = PostgresServer.of(PostgresBinaries.embedded(16))
                    .from(copy)
                    .standbyOf(source.server)
                    .start()) {
                PostgresWait.until(
                        "the standby has caught up",
                        PostgresWait.DEFAULT_LIMIT,
                        standby,
                        () -> standby.walPosition().equals(source.server.walPosition()));
                StandbyReplay all = asked(standby).orElseThrow();
                assertThat(all.isStreaming()).isTrue();
                assertThat(all.isPaused()).isFalse();
                assertThat(all.received())
                        .hasValueSatisfying(
                                end -> assertThat(all.replayed().isBefore(end)).isFalse());

                standby.query("SELECT pg_wal_replay_pause()");
                source.server.sql("INSERT INTO t VALUES (1)");
                PostgresWait.until(
                        "WAL was received",
                        PostgresWait.DEFAULT_LIMIT,
                        standby,
                        () -> standby.query("SELECT pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn()")
                                .equals("t"));
                StandbyReplay paused = asked(standby).orElseThrow();
                assertThat(paused.isPaused()).isTrue();
                assertThat(paused.newest()).isBetween(paused.now().minus(Duration.ofMinutes(10)), paused.now());
                assertThat(paused.received())
                        .hasValueSatisfying(end ->
                                assertThat(paused.replayed().isBefore(end)).isTrue());
            }
        }
    }

    private static Optional<StandbyReplay> asked(PostgresServer server) throws IOException {
        try (ReplicationConnection connection = ReplicationConnection.open(ArchivedServer.settings(server))) {
            return ServerQueries.of(ArchivedServer.settings(server), connection.walSender(), warning -> {
                        throw new AssertionError(warning);
                    })
                    .replay();
        }
    }
}
