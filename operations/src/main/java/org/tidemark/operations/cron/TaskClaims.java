// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.cron;

import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.ScheduledRuns;
import org.tidemark.catalog.ScheduledRuns.Attempt;
import org.tidemark.catalog.ScheduledRuns.Claimant;
import org.tidemark.catalog.ScheduledRuns.Outcome;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.layout.RunKeys;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.UtcTime;
import org.tidemark.operations.Session;

/** The attempts at a scheduled task, in the repository that holds them. */
final class TaskClaims {

    private final ClusterArchive archive;
    private final Task task;
    private final Claimant claimant;
    private final ScheduledRuns runs;

    TaskClaims(ClusterArchive archive, Task task, Claimant claimant) {
        this.archive = archive;
        this.task = task;
        this.claimant = claimant;
        this.runs = new ScheduledRuns(
                archive.repository().store(), archive.identity().keys());
    }

    /**
     * Those of a task.
     *
     * @throws UserFacingException why the first does not answer, if none does
     */
    static TaskClaims of(Session session, Task task, Claimant claimant) {
        Optional<UserFacingException> first = Optional.empty();
        for (RepositorySettings settings : task.repositories()) {
            try {
                Repository repository = session.repository(settings);
                // A system identifier begins with the time of initdb: all hosts take the newest cluster.
                ClusterArchive newest = session.incarnations(repository).stream()
                        .max(Comparator.comparing(each -> each.identity().system()))
                        .orElseThrow();
                return new TaskClaims(newest, task, claimant);
            } catch (IOException | UserFacingException e) {
                UserFacingException failure = StorageErrors.explainUnlessInterrupted(e);
                first = first.isPresent() ? first : Optional.of(failure);
            }
        }
        throw first.orElseThrow();
    }

    /** Whether the run that was due then is to be done now. */
    TaskState state(Instant due, Instant now) throws IOException {
        List<Attempt> attempts = runs.attempts(runs.run(task.name(), due));
        TaskState state = TaskState.of(task.leftToOthers(), due, attempts, claimant, now);
        if (!(state instanceof TaskState.Running) && attempts.stream().anyMatch(this::isLeftOpen)) {
            // Only the store's clock tells how old a sign of life is.
            Instant there = archive.repository().storeTime(mayNotDelete -> {});
            state = TaskState.of(task.leftToOthers(), due, attempts, claimant, there.isBefore(now) ? there : now);
        }
        return state instanceof TaskState.Due ? task.settled(archive, due, now).orElse(state) : state;
    }

    /**
     * Refuses what is not due yet by the clock of the store. A host whose clock is a day ahead would do the work of the
     * next day, and nobody else would then do it when it is due.
     */
    void requireDue(Instant due) throws IOException {
        Instant there = archive.repository().storeTime(mayNotDelete -> {});
        if (there.plus(BaseBackup.Run.CLOCK_DIFFERENCE).isBefore(due)) {
            throw new UserFacingException(
                    ExitCode.NO,
                    "the " + task.name() + " was due at " + UtcTime.seconds(due)
                            + " by the clock of this host, but that of "
                            + archive.repository().store().description() + " says " + UtcTime.seconds(there),
                    "Correct the clock that is wrong. A difference of "
                            + Amounts.duration(BaseBackup.Run.CLOCK_DIFFERENCE) + " is allowed.");
        }
    }

    /** Whether another host has not told how an attempt ended. */
    private boolean isLeftOpen(Attempt attempt) {
        return attempt.outcome().isEmpty() && !attempt.claimant().equals(Optional.of(claimant));
    }

    /** Claims an attempt; empty if it is not ours. The caller closes what is returned. */
    Optional<Pulse> begin(TaskState.Due due, Clock clock) throws IOException {
        RunKeys run = runs.run(task.name(), due.since());
        Pulse pulse = new Pulse(runs, run, due.number(), clock);
        if (!runs.begin(run, due.number(), claimant, clock.instant())) {
            return Optional.empty();
        }
        if (due.number() > 1 && goesOn(run, due.number())) {
            end(due, Pulse.gaveWay(clock.instant()));
            return Optional.empty();
        }
        return Optional.of(pulse.started());
    }

    /** Whether an attempt before this one goes on after all, or was done: it may have given a sign since we looked. */
    private boolean goesOn(RunKeys run, int number) throws IOException {
        List<Attempt> before = runs.attempts(run).stream()
                .filter(each -> each.number() < number)
                .toList();
        if (before.stream().flatMap(each -> each.outcome().stream()).anyMatch(Outcome::isDone)) {
            return true;
        }
        List<Attempt> open = before.stream().filter(this::isLeftOpen).toList();
        if (open.isEmpty()) {
            return false;
        }
        Instant there = archive.repository().storeTime(mayNotDelete -> {});
        return open.stream().anyMatch(each -> !each.isSilent(there));
    }

    /** Records how an attempt ended. */
    void end(TaskState.Due due, Outcome outcome) throws IOException {
        runs.end(runs.run(task.name(), due.since()), due.number(), outcome);
    }
}
