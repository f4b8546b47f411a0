// SPDX-License-Identifier: Apache-2.0
package org.tidemark.wal.notices;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tidemark.testkit.MovableClock;
import org.tidemark.wal.notices.RepeatedNotices.Kind;

class RepeatedNoticesTest {
    private static final Duration TURN = Duration.ofSeconds(10);
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @TempDir
    private Path spool;

    private final MovableClock clock = new MovableClock(Instant.parse("2026-11-20T06:30:00Z"));

    enum Place {
        PROCESS,
        SPOOL
    }

    /** In the spool, each call is a process of its own. */
    private RepeatedNotices notices(Place place, RepeatedNotices kept) {
        return place == Place.PROCESS ? kept : RepeatedNotices.in(spool, clock);
    }

    private List<Kind> kinds(Place place, RepeatedNotices kept, Duration patience, Duration length) {
        List<Kind> kinds = new ArrayList<>();
        for (Duration passed = Duration.ZERO; passed.compareTo(length) < 0; passed = passed.plus(TURN)) {
            Kind kind = notices(place, kept).seen("offsite", patience).kind();
            if (kind != Kind.NOTHING) {
                kinds.add(kind);
            }
            clock.forward(TURN);
        }
        return kinds;
    }

    @ParameterizedTest
    @EnumSource
    void aDayOfTroubleIsALineAtTheBeginningOnceAnHourAndAtTheEnd(Place place) {
        RepeatedNotices kept = RepeatedNotices.ofProcess(clock);

        assertThat(kinds(place, kept, Duration.ZERO, Duration.ofDays(1)))
                .hasSize(24)
                .containsOnly(Kind.WARNING);

        assertThat(notices(place, kept).over("offsite", Duration.ZERO))
                .contains(Duration.ofDays(1).minus(TURN));
        assertThat(notices(place, kept).over("offsite", Duration.ZERO)).isEmpty();
        assertThat(notices(place, kept).over("another", Duration.ZERO)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aSlowStoreIsNoWarningBeforeItHasBeenSlowForAWhile(Place place) {
        RepeatedNotices kept = RepeatedNotices.ofProcess(clock);

        assertThat(kinds(place, kept, PATIENCE, PATIENCE)).containsExactly(Kind.NOTE);
        assertThat(kinds(place, kept, PATIENCE, TURN)).containsExactly(Kind.WARNING);
        assertThat(kinds(place, kept, PATIENCE, Duration.ofMinutes(50))).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aSlowStoreThatThenFailsIsAWarningAtOnce(Place place) {
        RepeatedNotices kept = RepeatedNotices.ofProcess(clock);
        notices(place, kept).seen("offsite", PATIENCE);

        assertThat(notices(place, kept).seen("offsite", Duration.ZERO).kind()).isEqualTo(Kind.WARNING);
    }

    @ParameterizedTest
    @EnumSource
    void whatComesAndGoesHasNotEnded(Place place) {
        RepeatedNotices kept = RepeatedNotices.ofProcess(clock);
        notices(place, kept).seen("offsite", PATIENCE);
        clock.forward(TURN);

        assertThat(notices(place, kept).over("offsite", PATIENCE)).isEmpty();

        clock.forward(PATIENCE);
        assertThat(notices(place, kept).over("offsite", PATIENCE)).contains(Duration.ZERO);
    }

    @ParameterizedTest
    @EnumSource
    void whatWasLastSeenLongAgoBeginsAnew(Place place) {
        RepeatedNotices kept = RepeatedNotices.ofProcess(clock);
        notices(place, kept).seen("offsite", PATIENCE);
        clock.forward(RepeatedNotices.FORGOTTEN.plus(TURN));

        assertThat(notices(place, kept).seen("offsite", PATIENCE)).hasToString("Notice[kind=NOTE, lasting=PT0S]");
    }

    @ParameterizedTest
    @EnumSource
    void aClockThatIsSetBackHidesNothing(Place place) {
        RepeatedNotices kept = RepeatedNotices.ofProcess(clock);
        notices(place, kept).seen("offsite", Duration.ZERO);
        clock.forward(Duration.ofDays(-1));

        assertThat(notices(place, kept).seen("offsite", Duration.ZERO).kind()).isEqualTo(Kind.WARNING);
    }

    @Test
    void aSpoolThatCannotBeWrittenHidesNothing() throws IOException {
        Files.createFile(spool.resolve("v1"));

        assertThat(RepeatedNotices.in(spool, clock)
                        .seen("offsite", Duration.ZERO)
                        .kind())
                .isEqualTo(Kind.WARNING);
        assertThat(RepeatedNotices.in(spool, clock)
                        .seen("offsite", Duration.ZERO)
                        .kind())
                .isEqualTo(Kind.WARNING);
    }

    @Test
    void whatIsKeptInAProcessHasALimit() {
        RepeatedNotices kept = RepeatedNotices.ofProcess(clock);
        kept.seen("first", Duration.ZERO);
        for (int i = 0; i < RepeatedNotices.MOST_SUBJECTS; i++) {
            kept.seen("subject " + i, Duration.ZERO);
        }

        assertThat(kept.seen("first", Duration.ZERO).kind()).isEqualTo(Kind.WARNING);
    }

    @Test
    void everythingOfOneKindEndsTogether() {
        RepeatedNotices kept = RepeatedNotices.ofProcess(clock);
        kept.seen("server is away", Duration.ZERO);
        clock.forward(TURN);
        kept.seen("server is away", Duration.ZERO);
        kept.seen("server is another one", Duration.ZERO);
        kept.seen("disk", Duration.ZERO);

        assertThat(kept.overAll("server ")).contains(TURN);
        assertThat(kept.overAll("server ")).isEmpty();
        assertThat(kept.over("disk", Duration.ZERO)).isPresent();
    }
}
