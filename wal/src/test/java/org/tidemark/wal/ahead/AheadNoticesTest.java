// SPDX-License-Identifier: Apache-2.0
package org.tidemark.wal.ahead;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.archiver.ahead.UnusedNotes;
import org.tidemark.archiver.push.WalPusher.PushRequest;
import org.tidemark.core.ClusterName;
import org.tidemark.testkit.MovableClock;
import org.tidemark.wal.notices.RepeatedNotices;
import org.tidemark.wal.push.PushObserver;

class AheadNoticesTest {
    @TempDir
    private Path spool;

    private final MovableClock clock = new MovableClock(Instant.parse("2026-11-20T06:30:00Z"));
    private final List<String> told = new ArrayList<>();

    private final PushObserver observer = new PushObserver() {
        @Override
        public void archived(PushRequest file, Duration took) {}

        @Override
        public void say(String message) {
            told.add("INFO " + message);
        }

        @Override
        public void warn(String message, String hint) {
            told.add("WARNING " + message);
        }
    };

    /** As calls of wal-push, one each ten seconds. */
    private void pushFor(Duration length, Optional<UnusedNotes> unused) {
        for (long second = 0; second < length.toSeconds(); second += 10) {
            new AheadNotices(RepeatedNotices.in(spool, clock), new ClusterName("main"), observer).tell(unused);
            clock.forward(Duration.ofSeconds(10));
        }
    }

    private Optional<UnusedNotes> differing() {
        return Optional.of(new UnusedNotes(clock.instant(), Set.of("AWS_SESSION_TOKEN"), "boot 1 2", Map.of()));
    }

    @Test
    void aDayOfDifferingEnvironmentsIsAFewLines() {
        pushFor(Duration.ofHours(24), differing());
        pushFor(Duration.ofMinutes(15), Optional.empty());

        assertThat(told).hasSize(25);
        assertThat(told.subList(0, 24))
                .allSatisfy(line ->
                        assertThat(line).startsWith("WARNING the value of AWS_SESSION_TOKEN changes with every call"));
        assertThat(told.getLast()).startsWith("INFO segments of cluster 'main' are archived ahead again, after 23h59m");
    }

    @Test
    void whatIsAlikeForAMomentIsNotOver() {
        for (int i = 0; i < 60; i++) {
            pushFor(Duration.ofSeconds(50), differing());
            pushFor(Duration.ofSeconds(10), Optional.empty());
        }

        assertThat(told).hasSize(1);
    }

    @Test
    void aVariableThatChangesOnceIsNotTold() {
        pushFor(Duration.ofSeconds(10), differing());
        pushFor(Duration.ofMinutes(5), Optional.empty());

        assertThat(told).isEmpty();
    }
}
