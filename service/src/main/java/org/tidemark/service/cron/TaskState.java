// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service.cron;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.ScheduledRuns.Attempt;
import org.tidemark.catalog.ScheduledRuns.Claimant;
import org.tidemark.catalog.ScheduledRuns.Outcome;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.ExitCode;

/** Whether a scheduled task is to be done now, decided from what is recorded of its last run. Immutable. */
public sealed interface TaskState {
    /** Of one run; then it waits for the next one. */
    int MAX_ATTEMPTS = 10;

    /** Of one run, with those of hosts that may not do it. */
    int MAX_RECORDED = 100;

    /** After the first failure; it doubles with each further one. */
    Duration FIRST_PAUSE = Duration.ofMinutes(5);

    Duration LONGEST_PAUSE = Duration.ofHours(2);

    /** No schedule, or none of its times was until now. */
    record NotDue() implements TaskState {}

    /**
     * It is to be done now.
     *
     * @param number of the attempt
     * @param cutOff the attempt before, if nobody ended it
     */
    record Due(Instant since, int number, Optional<Attempt> cutOff) implements TaskState {
        Due(Instant since, int number) {
            this(since, number, Optional.empty());
        }
    }

    /** The last run is done. */
    record Done(Instant due) implements TaskState {}

    /** Another host is doing it; or another process of this host, then there is no attempt. */
    record Running(Optional<Attempt> attempt) implements TaskState {}

    /** A backup was taken since, and waits for its WAL. */
    record AwaitingWal(BackupId id) implements TaskState {}

    /** The last attempt failed; the next one comes at {@code until}. */
    record Paused(Attempt failed, Instant until) implements TaskState {}

    /** An operator has paused it on this host. */
    record OnHold(Instant until) implements TaskState {}

    /** The schedule leaves this day out, and perhaps the next ones. */
    record DayOff(Instant until) implements TaskState {}

    /** Every attempt failed, or this host may not do it. */
    record GivenUp(Attempt failed) implements TaskState {}

    /** The last attempt, if it was killed, or its host was stopped: nobody has told how it ended. */
    default Optional<Attempt> cutOff() {
        return switch (this) {
            case Due due -> due.cutOff();
            case Paused paused ->
                Optional.of(paused.failed()).filter(each -> each.outcome().isEmpty());
            case NotDue _, Done _, Running _, AwaitingWal _, OnHold _, DayOff _, GivenUp _ -> Optional.empty();
        };
    }

    /**
     * Decides about a run that was due.
     *
     * @param leftToOthers the status with which a host leaves the task to others
     * @param attempts in the order of their numbers
     * @param now by the clock of the store, where another host's attempt seems to have been cut off
     * @param us this host: an attempt of its own that has no end was cut off, as only one process of a host attempts a
     *     task
     */
    static TaskState of(
            Optional<ExitCode> leftToOthers, Instant due, List<Attempt> attempts, Claimant us, Instant now) {
        if (attempts.stream()
                .anyMatch(each -> each.outcome().filter(Outcome::isDone).isPresent())) {
            return new Done(due);
        }
        if (attempts.isEmpty()) {
            return new Due(due, 1);
        }
        Attempt last = attempts.getLast();
        Optional<Attempt> other = attempts.stream()
                .filter(each -> each.outcome().isEmpty() && !isBy(us, each) && !each.isSilent(now))
                .findFirst();
        if (other.isPresent()) {
            return new Running(other);
        }
        Optional<Attempt> deniedHere = attempts.stream()
                .filter(each -> isBy(us, each) && isDenied(leftToOthers, each))
                .findFirst();
        if (deniedHere.isPresent()) {
            return new GivenUp(deniedHere.get());
        }
        List<Attempt> failed = attempts.stream()
                .filter(each -> !isDenied(leftToOthers, each) && !isInterrupted(each))
                .toList();
        if (failed.size() >= MAX_ATTEMPTS || last.number() >= MAX_RECORDED) {
            return new GivenUp(last);
        }
        Due again = new Due(
                due,
                last.number() + 1,
                Optional.of(last).filter(each -> each.outcome().isEmpty()));
        if (failed.isEmpty() || isInterrupted(last)) {
            return again;
        }
        Attempt failure = failed.getLast();
        Duration pause = pauseAfter(failed.size());
        // The others go first: a host that always fails must not be the one that tries each time.
        Instant until = failure.outcome()
                .map(Outcome::at)
                .orElse(failure.begun())
                .plus(isBy(us, failure) ? pause : pause.dividedBy(2));
        return until.isAfter(now) ? new Paused(failure, until) : again;
    }

    private static boolean isBy(Claimant host, Attempt attempt) {
        return attempt.claimant().equals(Optional.of(host));
    }

    /** A host that may not delete leaves it to the others, once; no failure of theirs. */
    private static boolean isDenied(Optional<ExitCode> leftToOthers, Attempt attempt) {
        return leftToOthers
                .filter(status -> attempt.outcome()
                        .filter(outcome -> outcome.status() == status.status())
                        .isPresent())
                .isPresent();
    }

    /** The process was stopped, or the host shut down: no failure, and the next process goes on. */
    private static boolean isInterrupted(Attempt attempt) {
        return attempt.outcome()
                .filter(outcome -> outcome.status() == ExitCode.INTERRUPTED.status())
                .isPresent();
    }

    private static Duration pauseAfter(int failures) {
        Duration pause = FIRST_PAUSE.multipliedBy(1L << (failures - 1));
        return pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
    }
}
