// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service.cron;

import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ScheduledRuns.Attempt;
import org.tidemark.catalog.ScheduledRuns.Claimant;
import org.tidemark.catalog.ScheduledRuns.Outcome;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.layout.RunKeys;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.UtcTime;
import org.tidemark.service.cron.Claim.Taken;

/** The attempts of a host at a scheduled task, in the repositories that record them. */
final class TaskClaims {
    private final RunRecords records;
    private final Task task;
    private final Claimant claimant;

    TaskClaims(RunRecords records, Task task, Claimant claimant) {
        this.records = records;
        this.task = task;
        this.claimant = claimant;
    }

    /** Whether the run that was due then is to be done now. */
    TaskState state(Instant due, Instant now) throws IOException {
        List<Attempt> attempts = records.attemptsThatCanBeRead(records.run(task.name(), due));
        TaskState state = TaskState.of(task.leftToOthers(), due, attempts, claimant, now);
        if (!(state instanceof TaskState.Running) && attempts.stream().anyMatch(this::isLeftOpen)) {
            Instant there = storeTime(now);
            state = TaskState.of(task.leftToOthers(), due, attempts, claimant, there.isBefore(now) ? there : now);
        }
        if (state instanceof TaskState.Due) {
            for (ClusterArchive each : records.archives()) {
                Optional<TaskState> settled = task.settled(each, due, now);
                if (settled.isPresent()) {
                    return settled.get();
                }
            }
        }
        return state;
    }

    /**
     * Only the clock of a store tells how old a sign of life is. Where no store takes an object to tell it, nothing can
     * be claimed either.
     */
    private Instant storeTime(Instant now) {
        return new Refusals().ask(records::earliestTime).orElse(now);
    }

    /**
     * Refuses what is not due yet by the clock of the store. A host whose clock is a day ahead would do the work of the
     * next day, and nobody else would then do it when it is due.
     */
    private void requireDue(Instant due) throws IOException {
        RunRecords.StoreTime there = records.time();
        if (there.at().plus(BaseBackup.Run.CLOCK_DIFFERENCE).isBefore(due)) {
            throw new UserFacingException(
                    ExitCode.NO,
                    "the " + task.name() + " was due at " + UtcTime.seconds(due)
                            + " by the clock of this host, but that of " + there.store() + " says "
                            + UtcTime.seconds(there.at()),
                    "Correct the clock that is wrong. A difference of "
                            + Amounts.duration(BaseBackup.Run.CLOCK_DIFFERENCE) + " is allowed.");
        }
    }

    private boolean isOurs(Attempt attempt) {
        return attempt.claimant().equals(Optional.of(claimant));
    }

    /** Whether another host has not told how an attempt ended. */
    private boolean isLeftOpen(Attempt attempt) {
        return attempt.outcome().isEmpty() && !isOurs(attempt);
    }

    /**
     * Claims an attempt; empty if it is not ours. The caller closes what is returned.
     *
     * @throws UserFacingException if it is not due by the clock of the store, or another reason why it cannot be
     *     claimed
     */
    Optional<Pulse> begin(TaskState.Due due, Clock clock) throws IOException {
        requireDue(due.since());
        RunKeys run = records.run(task.name(), due.since());
        Claim claim = records.claim(run, due.number(), claimant);
        Pulse pulse = new Pulse(records, claim, clock);
        Taken taken = claim.begin(clock.instant());
        boolean isSure = taken == Taken.BY_US && due.number() == 1;
        if (taken == Taken.BY_ANOTHER || (!isSure && isOfAnother(run, due.number()))) {
            claim.giveUp(Pulse.gaveWay(clock.instant()));
            return Optional.empty();
        }
        return Optional.of(pulse.started());
    }

    /**
     * Whether another attempt counts: an earlier one that goes on after all, or was done, as it may have given a sign
     * since we looked; or one of the same number or a later one, in a repository that did not take our claim. Two hosts
     * that claim in different repositories look after they have claimed, so at least one of the two finds the other.
     * Where a repository that answered before our claim cannot be asked now, nobody knows.
     */
    private boolean isOfAnother(RunKeys run, int number) {
        Optional<List<Attempt>> attempts = new Refusals().ask(() -> records.attempts(run));
        if (attempts.isEmpty()) {
            return true;
        }
        List<Attempt> others =
                attempts.get().stream().filter(each -> !isOurs(each)).toList();
        if (others.stream()
                .anyMatch(each -> each.outcome().filter(Outcome::isDone).isPresent()
                        || (each.number() >= number && !Pulse.hasGivenWay(each)))) {
            return true;
        }
        List<Attempt> open = others.stream().filter(this::isLeftOpen).toList();
        if (open.isEmpty()) {
            return false;
        }
        Optional<Instant> there = new Refusals().ask(records::earliestTime);
        return there.isEmpty() || open.stream().anyMatch(each -> !each.isSilent(there.get()));
    }
}
