// SPDX-License-Identifier: Apache-2.0
package org.tidemark.wal.push;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.archiver.push.WalPusher.PushReport;
import org.tidemark.archiver.push.WalPusher.PushReport.Cause;
import org.tidemark.archiver.push.WalPusher.PushReport.Lagging;
import org.tidemark.core.ClusterName;
import org.tidemark.testkit.MovableClock;
import org.tidemark.wal.notices.RepeatedNotices;

class LagNoticesTest {
    @TempDir
    private Path spool;

    private final MovableClock clock = new MovableClock(Instant.parse("2026-11-20T06:30:00Z"));
    private final List<String> told = new ArrayList<>();

    /** As the next call of wal-push, ten seconds later. */
    private void push(Lagging... lagging) {
        new LagNotices(RepeatedNotices.in(spool, clock), new ClusterName("main"), new LagNotices.Telling() {
                    @Override
                    public void say(String message) {
                        told.add("INFO " + message);
                    }

                    @Override
                    public void warn(String message, String hint) {
                        told.add("WARNING " + message);
                    }
                })
                .tell(
                        "000000010000000000000037",
                        new PushReport(List.of(lagging), List.of(), List.of(), false),
                        List.of("local", "offsite"));
        clock.forward(Duration.ofSeconds(10));
    }

    private void pushFor(Duration length, Lagging... lagging) {
        for (long second = 0; second < length.toSeconds(); second += 10) {
            push(lagging);
        }
    }

    @Test
    void aDayOfSlownessIsAFewLines() {
        Lagging slow = new Lagging("offsite", "it did not take it within 1 s", 3, Cause.SLOW);

        pushFor(Duration.ofHours(24), slow);
        pushFor(Duration.ofMinutes(5));

        assertThat(told).hasSize(26);
        assertThat(told.getFirst())
                .isEqualTo("INFO '000000010000000000000037' is queued for 'offsite' (in its queue: 3):"
                        + " it did not take it within 1 s");
        assertThat(told.get(1)).startsWith("WARNING ").endsWith("it has lagged for 2m00s");
        assertThat(told.subList(2, 25)).allSatisfy(line -> assertThat(line).startsWith("WARNING "));
        assertThat(told.getLast()).startsWith("INFO 'offsite' takes WAL of cluster 'main' in time again, after ");
    }

    @Test
    void oneThatFailsIsAWarningAtOnce() {
        push(new Lagging("offsite", "it is down", 1, Cause.FAILS));

        assertThat(told).singleElement().asString().startsWith("WARNING ").endsWith(": it is down");
    }
}
