// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service.cron;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.ScheduledRuns;
import org.tidemark.catalog.ScheduledRuns.Attempt;
import org.tidemark.catalog.ScheduledRuns.Claimant;
import org.tidemark.catalog.ScheduledRuns.Outcome;
import org.tidemark.core.ExitCode;

class TaskStateTest {
    private static final Instant DUE = Instant.parse("2026-11-21T02:30:00Z");
    private static final Claimant US = new Claimant("db1", "our spool");
    private static final Claimant OTHER = new Claimant("db1", "another spool");

    private final List<Attempt> attempts = new ArrayList<>();

    private void attempt(Claimant by, Instant begun, Optional<Outcome> outcome) {
        attempts.add(new Attempt(
                attempts.size() + 1, begun, begun, ScheduledRuns.LONGEST_ATTEMPT, Optional.of(by), outcome));
    }

    private static Optional<Outcome> failed(Instant at, ExitCode status) {
        return Optional.of(new Outcome(at, false, status.status(), "it failed"));
    }

    private TaskState after(Duration passed) {
        return after(passed, US);
    }

    private TaskState after(Duration passed, Claimant host) {
        return TaskState.of(Optional.of(ExitCode.STORE_DENIED), DUE, attempts, host, DUE.plus(passed));
    }

    @Test
    void aRunWithoutAnAttemptIsDue() {
        assertThat(after(Duration.ZERO)).isEqualTo(new TaskState.Due(DUE, 1));
    }

    @Test
    void aRunIsDoneOnceAnyAttemptWas() {
        attempt(OTHER, DUE, Optional.of(new Outcome(DUE, true, 0, "")));
        attempt(US, DUE, failed(DUE, ExitCode.BACKUP_FAILED));

        assertThat(after(Duration.ofDays(3))).isEqualTo(new TaskState.Done(DUE));
    }

    @Test
    void theAttemptOfAnotherHostGoesOnForADay() {
        attempt(OTHER, DUE, Optional.empty());

        assertThat(after(Duration.ofHours(23))).isEqualTo(new TaskState.Running(Optional.of(attempts.getFirst())));
        assertThat(after(Duration.ofHours(24))).isEqualTo(new TaskState.Due(DUE, 2, Optional.of(attempts.getFirst())));
    }

    @Test
    void theAttemptOfAnotherHostThatGivesSignsGoesOnForAQuarterOfAnHourAfterTheLast() {
        Instant sign = DUE.plus(Duration.ofHours(30));
        attempts.add(new Attempt(1, DUE, sign, ScheduledRuns.LONGEST_SILENCE, Optional.of(OTHER), Optional.empty()));

        assertThat(after(Duration.ofHours(30).plusMinutes(14)))
                .isEqualTo(new TaskState.Running(Optional.of(attempts.getFirst())));
        assertThat(after(Duration.ofHours(30).plusMinutes(15)))
                .isEqualTo(new TaskState.Due(DUE, 2, Optional.of(attempts.getFirst())));
    }

    @Test
    void ourOwnAttemptWithoutAnEndWasCutOff() {
        attempt(US, DUE, Optional.empty());

        TaskState paused = after(Duration.ofMinutes(4));
        assertThat(paused).isInstanceOf(TaskState.Paused.class);
        assertThat(paused.cutOff()).contains(attempts.getFirst());
        assertThat(after(Duration.ofMinutes(5))).isEqualTo(new TaskState.Due(DUE, 2, Optional.of(attempts.getFirst())));
    }

    @Test
    void thePauseAfterAFailureDoublesUpToTwoHoursAndTenAttemptsAreEnough() {
        Instant at = DUE;
        for (int minutes : new int[] {5, 10, 20, 40, 80, 120, 120, 120, 120}) {
            attempt(US, at, failed(at, ExitCode.BACKUP_FAILED));
            Duration passed = Duration.between(DUE, at).plusMinutes(minutes);

            assertThat(after(passed.minusSeconds(1)))
                    .isEqualTo(new TaskState.Paused(attempts.getLast(), DUE.plus(passed)));
            assertThat(after(passed)).isEqualTo(new TaskState.Due(DUE, attempts.size() + 1));
            at = DUE.plus(passed);
        }
        attempt(US, at, failed(at, ExitCode.BACKUP_FAILED));

        assertThat(after(Duration.ofDays(300))).isEqualTo(new TaskState.GivenUp(attempts.getLast()));
    }

    /** A service that is restarted, or a host: the task is not at fault. */
    @Test
    void whatWasStoppedGoesOnAtOnceAndIsNoFailure() {
        attempt(US, DUE, failed(DUE, ExitCode.INTERRUPTED));
        assertThat(after(Duration.ZERO)).isEqualTo(new TaskState.Due(DUE, 2));
        assertThat(after(Duration.ZERO, OTHER)).isEqualTo(new TaskState.Due(DUE, 2));

        for (int stops = 2; stops <= 30; stops++) {
            attempt(US, DUE, failed(DUE, ExitCode.INTERRUPTED));
        }
        attempt(US, DUE, failed(DUE, ExitCode.BACKUP_FAILED));
        assertThat(after(Duration.ofMinutes(4))).isInstanceOf(TaskState.Paused.class);
        assertThat(after(Duration.ofMinutes(5))).isEqualTo(new TaskState.Due(DUE, 32));
    }

    /** Expiry runs where the right to delete is. */
    @Test
    void whatOneHostMayNotDoAnotherDoesAtOnce() {
        attempt(US, DUE, failed(DUE, ExitCode.STORE_DENIED));
        assertThat(after(Duration.ofDays(1))).isEqualTo(new TaskState.GivenUp(attempts.getLast()));

        attempts.clear();
        attempt(OTHER, DUE, failed(DUE, ExitCode.STORE_DENIED));
        assertThat(after(Duration.ZERO)).isEqualTo(new TaskState.Due(DUE, 2));
    }

    /** Otherwise they would use up all attempts within ten minutes, before the host that may. */
    @Test
    void hostsThatMayNotDoItTryItOnceEachHoweverManyTheyAre() {
        attempt(US, DUE, failed(DUE, ExitCode.STORE_DENIED));
        for (int host = 2; host <= 12; host++) {
            attempt(new Claimant("db" + host, "its spool"), DUE, failed(DUE, ExitCode.STORE_DENIED));
        }

        assertThat(after(Duration.ofMinutes(1))).isEqualTo(new TaskState.GivenUp(attempts.getFirst()));
        assertThat(after(Duration.ZERO, new Claimant("may", "delete"))).isEqualTo(new TaskState.Due(DUE, 13));
        attempt(OTHER, DUE, failed(DUE, ExitCode.STORE_UNAVAILABLE));
        assertThat(after(Duration.ofMinutes(5), OTHER)).isEqualTo(new TaskState.Due(DUE, 14));
    }

    /** A host whose spool cannot be written has another id in each call. */
    @Test
    void attemptsThatWereDeniedHaveALimitToo() {
        for (int call = 1; call <= 100; call++) {
            attempt(new Claimant("db1", "spool " + call), DUE, failed(DUE, ExitCode.STORE_DENIED));
        }

        assertThat(after(Duration.ofHours(2))).isEqualTo(new TaskState.GivenUp(attempts.getLast()));
    }

    /** It could write its claim: what was denied may be allowed in the next attempt. */
    @Test
    void aDeniedBackupIsTriedAgainAsAnyOther() {
        attempt(US, DUE, failed(DUE, ExitCode.STORE_DENIED));

        TaskState later = TaskState.of(Optional.empty(), DUE, attempts, US, DUE.plus(Duration.ofMinutes(5)));

        assertThat(later).isEqualTo(new TaskState.Due(DUE, 2));
    }

    /** A host that always fails, and whose clock is a second ahead, would otherwise be the one that tries each time. */
    @Test
    void anotherHostTriesFirstWhatOneFailedToDo() {
        attempt(OTHER, DUE, failed(DUE, ExitCode.POSTGRES_UNAVAILABLE));

        assertThat(after(Duration.ofSeconds(150), OTHER)).isInstanceOf(TaskState.Paused.class);
        assertThat(after(Duration.ofSeconds(150))).isEqualTo(new TaskState.Due(DUE, 2));
    }

    /** A copy of a virtual machine has the spool of the first one. */
    @Test
    void aHostWithACopyOfTheSpoolLeavesTheAttemptToTheOther() {
        attempt(new Claimant("db2", US.spool()), DUE, Optional.empty());

        assertThat(after(Duration.ofHours(1))).isInstanceOf(TaskState.Running.class);
    }
}
