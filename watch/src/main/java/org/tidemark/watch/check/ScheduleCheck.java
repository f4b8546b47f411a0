// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.ScheduledRuns;
import org.tidemark.catalog.ScheduledRuns.Attempt;
import org.tidemark.catalog.ScheduledRuns.Claimant;
import org.tidemark.catalog.ScheduledRuns.Outcome;
import org.tidemark.catalog.layout.RunKeys;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.config.CronSchedule;
import org.tidemark.config.ScheduleSettings;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.core.UtcTime;
import org.tidemark.session.reading.IncarnationReading;

/** Whether {@code cron} does what is scheduled: whatever did not happen an hour after it was due is a finding. */
final class ScheduleCheck implements Check<CheckedRepository> {
    private static final Duration GRACE = Duration.ofHours(1);

    @Override
    public Subject subject() {
        return Subject.SCHEDULE;
    }

    @Override
    public List<Finding> look(CheckedRepository at) throws IOException {
        if (at.held().isEmpty() || at.cluster().schedule().isEmpty()) {
            return List.of();
        }
        IncarnationReading held = at.held().get();
        ScheduledRuns runs = new ScheduledRuns(
                at.repository().store(), held.archive().identity().keys());
        ScheduleSettings schedule = at.cluster().schedule().get();
        schedule.requireValid();
        Instant now = at.clock().instant();
        List<Finding> findings = new ArrayList<>();
        for (ScheduledTask task : ScheduledTask.values()) {
            Optional<CronSchedule> times = schedule.of(task);
            Optional<Instant> due = times.flatMap(each -> each.last(now.minus(GRACE)));
            Optional<RunKeys> last = runs.last(task);
            // What has a default schedule is expected only where cron was called at all.
            boolean isExpected = due.isPresent()
                    && (last.isPresent() || (task == ScheduledTask.BACKUP && isRegisteredBefore(due.get(), at, held)));
            if (isExpected && !(task == ScheduledTask.BACKUP && isBackedUpSince(due.get(), now, held))) {
                problem(runs, task, due.get(), last, now)
                        .map(problem -> finding(at.name(), problem))
                        .ifPresent(findings::add);
            }
        }
        if (findings.isEmpty() && runs.last(ScheduledTask.BACKUP).isPresent()) {
            findings.add(Subject.SCHEDULE.ok("'" + at.name() + "': every task that was due more than "
                    + Amounts.duration(GRACE) + " ago was done"
                    + recentProblem(runs, now)
                            .map(problem -> "; since then, " + problem + ". It is tried again")
                            .orElse("")));
        }
        return findings.stream().map(each -> each.of(at.name())).toList();
    }

    /** Of the last run of each task: one that fails may still be done in time. */
    private static Optional<String> recentProblem(ScheduledRuns runs, Instant now) throws IOException {
        for (ScheduledTask task : ScheduledTask.values()) {
            Optional<RunKeys> last = runs.last(task);
            Optional<String> problem = last.isEmpty()
                    ? Optional.empty()
                    : problem(runs, task, last.get().due(), last, now);
            if (problem.isPresent()) {
                return problem;
            }
        }
        return Optional.empty();
    }

    /** What was due before the cluster was registered here could not be done. */
    private static boolean isRegisteredBefore(Instant due, CheckedRepository at, IncarnationReading held)
            throws IOException {
        return at.repository()
                .store()
                .stat(held.archive().identity().keys().identity())
                .filter(registered -> registered.stored().isAfter(due))
                .isEmpty();
    }

    private static boolean isBackedUpSince(Instant due, Instant now, IncarnationReading held) {
        return held.backups().stream().anyMatch(backup -> backup.run().isSince(due, now));
    }

    private static Finding finding(String name, String problem) {
        return Subject.SCHEDULE.warning(
                "'" + name + "': " + problem,
                "See what is due with: tidemark cron --dry-run. A crontab must call 'tidemark cron' each minute, or"
                        + " 'tidemark serve' must run:"
                        + " docs/backup/cron.md");
    }

    /** Empty if an attempt is done, or goes on. */
    private static Optional<String> problem(
            ScheduledRuns runs, ScheduledTask task, Instant due, Optional<RunKeys> last, Instant now)
            throws IOException {
        String what = "the " + task + " that was due at " + UtcTime.seconds(due);
        if (last.isEmpty() || last.get().due().isBefore(due)) {
            return Optional.of(what + " was not done: no attempt is recorded there");
        }
        List<Attempt> attempts = runs.attempts(last.get());
        if (attempts.isEmpty()
                || attempts.stream().flatMap(each -> each.outcome().stream()).anyMatch(Outcome::isDone)) {
            return Optional.empty();
        }
        Attempt attempt = attempts.getLast();
        if (attempt.outcome().isPresent()) {
            return Optional.of(what + " failed, attempt " + attempt.number() + ": "
                    + attempt.outcome().get().message());
        }
        String host = attempt.claimant().map(Claimant::host).orElse("a host");
        return !attempt.isSilent(now)
                ? Optional.empty()
                : Optional.of(what + " was begun by " + host + " at " + UtcTime.seconds(attempt.begun())
                        + ", and never ended");
    }
}
