// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.session.StoredSession;

class IdleRepositoryTest {
    private static final Instant BEGIN = Instant.parse("2026-10-01T02:00:00Z");

    @TempDir
    private Path directory;

    private StoredSession stored;

    @BeforeEach
    void open() throws IOException {
        stored = StoredSession.ofTwo(directory, BEGIN);
    }

    @AfterEach
    void close() {
        stored.close();
    }

    private void walAt(Instant time, long place) throws IOException {
        stored.at(time);
        stored.in("near").wal(1, place, place);
    }

    /** Nothing more is stored until then. */
    private void refuseAt(Instant now) throws IOException {
        refuseAt(now, Optional.empty());
    }

    private void refuseAt(Instant now, Optional<Instant> previous) throws IOException {
        stored.at(now);
        IdleRepository.refuse("near", stored.in("near").archive(), previous, now);
    }

    private void assertRefusedAt(Instant now, String why) {
        assertThatThrownBy(() -> refuseAt(now)).isInstanceOfSatisfying(UserFacingException.class, e -> {
            assertThat(e.exitCode()).isEqualTo(ExitCode.NO);
            assertThat(e).hasMessageContaining(why);
            assertThat(e.hint()).contains("expire --confirm --repository near");
        });
    }

    /** The server archives at once with the wrong clock; an operator has half a day to see it. */
    @Test
    void aClockThatJumpsAheadDeletesNothingForHalfADay() throws IOException {
        for (int day = 0; day < 20; day++) {
            walAt(BEGIN.plus(Duration.ofDays(day)), 1 + day);
        }
        assertThatNoException().isThrownBy(() -> refuseAt(BEGIN.plus(Duration.ofDays(20))));
        Instant jumped = BEGIN.plus(Duration.ofDays(80));
        assertRefusedAt(jumped, "for 7 days by the clock of this host");

        walAt(jumped, 30);

        assertRefusedAt(jumped.plus(Duration.ofHours(11)), "did the clock jump ahead?");
        walAt(jumped.plus(Duration.ofHours(12)), 31);
        assertThatNoException().isThrownBy(() -> refuseAt(jumped.plus(Duration.ofHours(13))));
    }

    @Test
    void aRepositoryOfTodayIsNoSuchCase() throws IOException {
        walAt(BEGIN, 1);
        assertThatNoException().isThrownBy(() -> refuseAt(BEGIN.plus(Duration.ofHours(1))));
    }

    @Test
    void aTaskOfEachMonthHasItsOwnTimes() throws IOException {
        Instant next = BEGIN.plus(Duration.ofDays(31));
        walAt(BEGIN.plus(Duration.ofHours(1)), 1);
        walAt(next, 2);
        Instant now = next.plus(Duration.ofHours(1));
        assertRefusedAt(now, "did the clock jump ahead?");
        assertThatNoException().isThrownBy(() -> refuseAt(now, Optional.of(BEGIN)));
    }

    @Test
    void aTaskOfEachWeekIsEnough() throws IOException {
        for (int week = 0; week < 4; week++) {
            walAt(BEGIN.plus(Duration.ofDays(7L * week)), 1 + week);
        }
        assertThatNoException()
                .isThrownBy(() -> refuseAt(BEGIN.plus(Duration.ofDays(21)).plusSeconds(60)));
    }
}
