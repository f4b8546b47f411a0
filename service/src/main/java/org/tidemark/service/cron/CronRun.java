// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service.cron;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.catalog.ScheduledRuns.Attempt;
import org.tidemark.catalog.ScheduledRuns.Claimant;
import org.tidemark.catalog.ScheduledRuns.Outcome;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.CronSchedule;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.ScheduleSettings;
import org.tidemark.core.ExitCode;
import org.tidemark.core.HostName;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.ObjectProgress;
import org.tidemark.operations.backups.BackupRun;
import org.tidemark.operations.backups.MissedBackups;
import org.tidemark.operations.backups.WaitingBackups;
import org.tidemark.operations.drill.DrillRun;
import org.tidemark.operations.sync.QueueDelivery;
import org.tidemark.service.cron.CronMemory.Lock;
import org.tidemark.session.Session;
import org.tidemark.session.TaskPauses;
import org.tidemark.store.StorageException.StorageFull;

/**
 * Does what is due for one cluster. Several calls at the same time, also from several hosts, do each task once. A
 * failure of one task does not keep the others from being done.
 */
public final class CronRun {
    /** Of one call; the next one goes on. */
    private static final Duration LONGEST_DELIVERY = Duration.ofMinutes(10);

    /** Where no backup waits, a repository is asked for such backups again after so long. */
    private static final Duration LOOKED_AGAIN = Duration.ofMinutes(5);

    /** Backups that a repository missed are looked for again after so long. */
    private static final Duration COPIED_AGAIN = Duration.ofHours(1);

    private static final String DELIVER = "deliver";
    private static final String COMPLETE = "complete";
    private static final String GAPS = "gaps";
    private static final String SYNC = "sync";
    private static final String CUT_OFF = "cut off";

    private final Session session;
    private final Clock clock;
    private final Mode mode;
    private final Observer observer;
    private final CronMemory memory;
    private final TaskPauses pauses;
    private final Claimant claimant;
    private final List<TaskReport> reports = new ArrayList<>();
    private final LateBackups late;
    private final GapWatch gaps;
    private final List<Task> tasks;
    private final RecordElsewhere elsewhere;

    /** Whether anything is done. */
    public enum Mode {
        RUN,
        DRY_RUN
    }

    /** Follows a run. */
    public interface Observer {
        BackupRun.Observer backup();

        DrillRun.Observer drill();

        /** A task begins to work in a repository. The caller closes what is returned. */
        ObjectProgress progress(String repository);

        void did(Task.Report report);

        /**
         * A scheduled task was attempted, and has ended.
         *
         * @param repository empty if it concerns all of them
         * @param status of the command that does the same
         */
        void ended(String task, Optional<String> repository, Duration took, ExitCode status);

        /** An attempt at a task was killed, or its host was stopped. */
        void cutOff(String task, Optional<String> repository, Instant begun, Optional<String> host);

        /** A backup is taken out of turn. */
        void lacking(LackingBackup lacking);

        /** A task failed. */
        void failed(TaskReport report);
    }

    /**
     * What became of one task. Immutable.
     *
     * @param task {@code deliver}, {@code complete}, or that of a schedule
     * @param repository empty if it concerns all of them
     * @param schedule empty if it has none
     * @param next when it is due again
     * @param failure why it was not done
     * @param isTold whether the same failure was reported by an earlier call, a short time ago
     */
    public record TaskReport(
            String task,
            Optional<String> repository,
            Optional<CronSchedule> schedule,
            TaskState state,
            Optional<Instant> next,
            Optional<UserFacingException> failure,
            boolean isTold) {
        private Instant again(Instant now) {
            if (failure.isPresent() || schedule.isEmpty()) {
                return now.plus(Result.AGAIN);
            }
            return switch (state) {
                case TaskState.NotDue _, TaskState.Done _, TaskState.GivenUp _ -> next.orElse(Instant.MAX);
                case TaskState.Paused paused ->
                    next.filter(time -> time.isBefore(paused.until())).orElse(paused.until());
                case TaskState.Due _,
                        TaskState.Running _,
                        TaskState.AwaitingWal _,
                        TaskState.OnHold _,
                        TaskState.DayOff _ -> now.plus(Result.AGAIN);
            };
        }
    }

    /**
     * Work that does not wait for other work of the same cluster. Immutable.
     *
     * @param name {@code deliver}, which completes backups as well, or the task of a schedule
     * @param repository the only one that it concerns; empty if it concerns all of the cluster
     */
    public record Part(String name, Optional<RepositorySettings> repository) {
        static final Part DELIVER = new Part(CronRun.DELIVER, Optional.empty());
        static final Part GAPS = new Part(CronRun.GAPS, Optional.empty());
        static final Part SYNC = new Part(CronRun.SYNC, Optional.empty());

        private static Part of(Task task) {
            return new Part(
                    task.name().toString(),
                    task.repository().map(any -> task.repositories().getFirst()));
        }

        /** Whether it only reads, to find out whether a backup is to be taken out of turn. */
        public boolean isLook() {
            return equals(GAPS);
        }

        /** Whether it copies backups that a repository missed. */
        public boolean isCopy() {
            return equals(SYNC);
        }

        /** Whether it takes a base backup. */
        public boolean isBackup() {
            return name.equals(ScheduledTask.BACKUP.toString());
        }

        /** Whether it restores, and starts a server. */
        public boolean isDrill() {
            return name.equals(ScheduledTask.DRILL.toString());
        }
    }

    /**
     * Everything that became of a call. Immutable.
     *
     * @param rest how long parts that tell nothing are left alone
     */
    public record Result(List<TaskReport> tasks, ExitCode status, Duration rest) {
        /** How long a problem, or an attempt of somebody else, is left alone. */
        private static final Duration AGAIN = Duration.ofMinutes(1);
        /** A task may become due otherwise: its backup was deleted, or its repository replaced. */
        private static final Duration LONGEST_REST = Duration.ofHours(1);

        public Result {
            tasks = List.copyOf(tasks);
        }

        /** When the parts that were looked at are to be looked at again. */
        public Instant next(Instant now) {
            Instant next = now.plus(LONGEST_REST);
            for (TaskReport each : tasks) {
                Instant own = each.again(now);
                next = own.isBefore(next) ? own : next;
            }
            return tasks.isEmpty() ? now.plus(rest) : next;
        }
    }

    /**
     * A call for the cluster of the session.
     *
     * @param session of one cluster
     */
    public CronRun(Session session, Clock clock, CallingProgram program, Mode mode, Observer observer)
            throws IOException {
        this.session = session;
        ClusterSettings cluster = session.cluster().orElseThrow();
        ScheduleSettings schedule = cluster.schedule().orElseThrow();
        schedule.requireValid();
        this.clock = clock;
        this.mode = mode;
        this.observer = observer;
        this.late = new LateBackups(session, clock);
        this.memory = new CronMemory(session.spool(), cluster.name());
        this.pauses = new TaskPauses(session.spool(), cluster.name());
        this.claimant = new Claimant(HostName.ofThisMachine(), memory.spoolId());
        this.gaps = new GapWatch(
                session,
                memory,
                schedule.of(ScheduledTask.BACKUP).isPresent() ? schedule.onGap() : Optional.empty(),
                cluster.rto(),
                mode);
        this.tasks = tasks(schedule, program);
        this.elsewhere = new RecordElsewhere(session, memory, claimant, clock);
    }

    private List<Task> tasks(ScheduleSettings schedule, CallingProgram program) {
        List<Task> found = new ArrayList<>();
        found.add(new BackupTask(session, clock, program.version(), schedule.of(ScheduledTask.BACKUP), late, observer));
        for (RepositorySettings each : session.repositorySettings()) {
            // What it finds damaged takes no other backup's place in the expiry.
            found.add(new VerifyTask(
                    session,
                    clock,
                    schedule.of(ScheduledTask.VERIFY),
                    each,
                    schedule.verifyBudgetBytes(),
                    schedule.repairs(),
                    observer));
            if (each.retention().policy().isPresent()) {
                found.add(new ExpireTask(session, clock, schedule.of(ScheduledTask.EXPIRE), each, observer));
            }
        }
        if (schedule.of(ScheduledTask.DRILL).isPresent()) {
            found.add(new DrillTask(session, clock, program, schedule.of(ScheduledTask.DRILL), observer));
        }
        return List.copyOf(found);
    }

    /** What a run does, one after the other. */
    public List<Part> parts() {
        List<Part> parts = new ArrayList<>(List.of(Part.DELIVER));
        if (gaps.isOn()) {
            parts.add(Part.GAPS);
        }
        tasks.forEach(each -> parts.add(Part.of(each)));
        if (session.repositorySettings().size() > 1) {
            parts.add(Part.SYNC); // last: it may take long
        }
        return List.copyOf(parts);
    }

    /**
     * Does what is due.
     *
     * @param now the time that schedules are compared with
     * @throws UserFacingException on an interrupt
     */
    public Result run(Instant now) {
        return run(parts(), now);
    }

    /**
     * Does what is due of these parts.
     *
     * @param now the time that schedules are compared with
     * @throws UserFacingException on an interrupt
     */
    public Result run(List<Part> parts, Instant now) {
        List<ExitCode> statuses = new ArrayList<>();
        if (parts.contains(Part.DELIVER)) {
            statuses.add(deliver(now));
            statuses.add(complete(now));
        }
        if (parts.contains(Part.GAPS)) {
            statuses.add(lookForGaps(now));
        }
        for (Task task : tasks) {
            if (parts.contains(Part.of(task))) {
                statuses.add(scheduled(task, now));
            }
        }
        if (parts.contains(Part.SYNC)) {
            statuses.add(copyMissed(now));
        }
        return new Result(
                reports,
                statuses.stream()
                        .filter(each -> each != ExitCode.DONE)
                        .findFirst()
                        .orElse(ExitCode.DONE),
                parts.equals(List.of(Part.GAPS))
                        ? GapWatch.EACH
                        : parts.equals(List.of(Part.SYNC)) ? COPIED_AGAIN : Result.AGAIN);
    }

    /** About this repository: another one may come to the same name and address, and a copy of it has the same id. */
    private String remembered(String task, RepositorySettings settings) {
        String id = session.repositories()
                .rememberedId(settings)
                .map(RepositoryId::value)
                .orElse("new");
        return task + "-" + settings.name() + "-" + id;
    }

    private ExitCode deliver(Instant now) {
        if (mode == Mode.DRY_RUN) {
            return ExitCode.DONE;
        }
        ExitCode status = ExitCode.DONE;
        Optional<Lock> lock = memory.lock(DELIVER);
        if (lock.isEmpty()) {
            return status;
        }
        try (Lock _ = lock.get()) {
            for (QueueDelivery.Delivered each : new QueueDelivery(session, clock).deliverAll(LONGEST_DELIVERY)) {
                each.report()
                        .filter(report -> report.objects() > 0)
                        .ifPresent(report -> observer.did(new Task.Report.Delivered(each.repository(), report)));
                if (each.failure().isPresent()) {
                    status = failed(unscheduled(
                            DELIVER, each.repository(), each.failure().get(), now));
                } else {
                    memory.fine(DELIVER + "-" + each.repository());
                }
            }
        }
        return status;
    }

    /** Publishes the backups whose WAL has arrived meanwhile. */
    private ExitCode complete(Instant now) {
        ExitCode status = ExitCode.DONE;
        if (mode == Mode.DRY_RUN || !memory.isTimeToLook(lookedIn(), LOOKED_AGAIN, now)) {
            return status;
        }
        Optional<Lock> lock = memory.lock(lookedIn());
        if (lock.isEmpty()) {
            return status;
        }
        try (Lock _ = lock.get()) {
            boolean waits = false;
            for (WaitingBackups.Outcome each : late.complete()) {
                observer.did(new Task.Report.Completed(each));
                waits |= each instanceof WaitingBackups.Outcome.StillWaiting;
                if (each instanceof WaitingBackups.Outcome.Failed failed) {
                    status = failed(unscheduled(COMPLETE, each.repository(), named(failed), now));
                }
            }
            if (!waits) {
                memory.looked(lookedIn(), now);
            }
        }
        return status;
    }

    /** Copies to each repository the backups that it missed; after a failure, none of the others to the same one. */
    private ExitCode copyMissed(Instant now) {
        RepositorySettings first = session.repositorySettings().getFirst();
        String remembered = remembered(SYNC, first);
        if (mode == Mode.DRY_RUN || !memory.isTimeToLook(remembered, COPIED_AGAIN, now)) {
            return ExitCode.DONE;
        }
        Optional<Lock> lock = memory.lock(remembered);
        if (lock.isEmpty()) {
            return ExitCode.DONE;
        }
        Map<RepositorySettings, ExitCode> ended = new LinkedHashMap<>();
        long begun = System.nanoTime();
        try (Lock _ = lock.get()) {
            memory.looked(remembered, now);
            for (MissedBackups.Missed each : MissedBackups.of(session, now).all()) {
                if (ended.getOrDefault(each.to(), ExitCode.DONE) == ExitCode.DONE) {
                    ended.put(
                            each.to(),
                            MissedBackups.copy(each, session, observer.backup()).orElse(ExitCode.DONE));
                }
            }
        } catch (IOException | UserFacingException e) {
            return failed(unscheduled(SYNC, first.name(), StorageErrors.explainUnlessInterrupted(e), now));
        }
        Duration took = Duration.ofNanos(System.nanoTime() - begun);
        ended.forEach((target, status) -> observer.ended(SYNC, Optional.of(target.name()), took, status));
        return ended.values().stream()
                .filter(each -> each != ExitCode.DONE)
                .findFirst()
                .orElse(ExitCode.DONE);
    }

    private static UserFacingException named(WaitingBackups.Outcome.Failed failed) {
        UserFacingException why = failed.why();
        return new UserFacingException(
                why.exitCode(), "backup '" + failed.id() + "': " + why.getMessage(), why.hint(), why);
    }

    private String lookedIn() {
        return remembered(COMPLETE, session.repositorySettings().getFirst());
    }

    private TaskReport unscheduled(String task, String repository, UserFacingException failure, Instant now) {
        return new TaskReport(
                task,
                Optional.of(repository),
                Optional.empty(),
                new TaskState.NotDue(),
                Optional.empty(),
                Optional.of(failure),
                memory.isTold(task + "-" + repository, failure.getMessage(), now));
    }

    private ExitCode failed(TaskReport report) {
        reports.add(report);
        observer.failed(report);
        return report.failure().orElseThrow().exitCode();
    }

    private ExitCode scheduled(Task task, Instant now) {
        Optional<CronSchedule> times = task.schedule();
        Optional<Instant> held = times.isEmpty() ? Optional.empty() : pauses.until(task.name(), now);
        if (held.isPresent()) {
            return without(task, new TaskState.OnHold(held.get()), held.get());
        }
        String remembered =
                remembered(task.name().toString(), task.repositories().getFirst());
        tellLeft(task, remembered, now);
        Optional<Instant> done =
                memory.done(remembered).filter(since -> times.isPresent() && !isDueAfter(since, times.get(), now));
        Optional<Instant> due = done.isPresent() ? done : times.flatMap(each -> each.last(now));
        TaskState state = new TaskState.NotDue();
        Attempted attempted = Attempted.NOTHING;
        Optional<UserFacingException> failure = Optional.empty();
        long begun = System.nanoTime();
        String lookedFor = remembered(GAPS, task.repositories().getFirst());
        Optional<Instant> off = times.flatMap(each -> each.offUntil(now));
        // What is due, but does not begin today, closes no gap today.
        Optional<LackingBackup> outOfTurn = task.name() == ScheduledTask.BACKUP
                ? gaps.lacking(lookedFor, off.isPresent() ? Optional.empty() : due, memory.done(remembered), now)
                : Optional.empty();
        if (off.isPresent() && outOfTurn.isEmpty()) {
            return without(task, new TaskState.DayOff(off.get()), off.get());
        }
        if (outOfTurn.isPresent()) {
            done = Optional.empty();
            due = outOfTurn.map(LackingBackup::due);
        }
        if (done.isPresent()) {
            state = new TaskState.Done(done.get());
        } else if (due.isPresent()) {
            state = new TaskState.Due(due.get(), 1);
            Optional<Lock> lock = memory.lock(remembered);
            if (lock.isEmpty()) {
                state = new TaskState.Running(Optional.empty());
            } else {
                try (Lock _ = lock.get()) {
                    TaskClaims claims = new TaskClaims(RunRecords.of(session, task), task, claimant);
                    state = claims.state(due.get(), now);
                    state.cutOff().ifPresent(attempt -> tellCutOff(task, remembered, attempt, now));
                    if (state instanceof TaskState.Due ready && mode == Mode.RUN) {
                        if (outOfTurn.isEmpty() || gaps.isConfirmed(lookedFor, outOfTurn.get(), now)) {
                            attempted = attempt(task, remembered, claims, ready, outOfTurn);
                            state = attempted.state();
                            failure = attempted.failure();
                        } else {
                            state = new TaskState.NotDue();
                        }
                    }
                    if (state instanceof TaskState.Done) {
                        memory.done(remembered, due.get());
                    }
                } catch (IOException | UserFacingException e) {
                    failure = Optional.of(StorageErrors.explainUnlessInterrupted(e));
                    if (mode == Mode.RUN) {
                        elsewhere.record(task, remembered, due.get(), failure.get());
                    }
                }
            }
        }
        if (mode == Mode.RUN && (attempted.hasEnded() || failure.isPresent())) {
            // Also one that could not be claimed: log and metrics are told in no other way.
            observer.ended(
                    task.name().toString(),
                    task.repository(),
                    Duration.ofNanos(System.nanoTime() - begun),
                    failure.map(UserFacingException::exitCode).orElse(attempted.status()));
        }
        TaskReport report = new TaskReport(
                task.name().toString(),
                task.repository(),
                times,
                state,
                times.flatMap(each -> each.next(now)),
                failure,
                failure.isPresent() && memory.isTold(remembered, failure.get().getMessage(), now));
        if (failure.isPresent()) {
            return failed(report);
        }
        reports.add(report);
        return attempted.status();
    }

    private ExitCode without(Task task, TaskState state, Instant until) {
        reports.add(new TaskReport(
                task.name().toString(),
                task.repository(),
                task.schedule(),
                state,
                task.schedule().flatMap(each -> each.next(until.minusSeconds(1))),
                Optional.empty(),
                false));
        return ExitCode.DONE;
    }

    private ExitCode lookForGaps(Instant now) {
        RepositorySettings first = session.repositorySettings().getFirst();
        try {
            gaps.look(remembered(GAPS, first), now);
            memory.fine(GAPS + "-" + first.name());
            return ExitCode.DONE;
        } catch (IOException | UserFacingException e) {
            return failed(unscheduled(GAPS, first.name(), StorageErrors.explainUnlessInterrupted(e), now));
        }
    }

    private void tellCutOff(Task task, String remembered, Attempt attempt, Instant now) {
        // What became of this host's own attempts, it remembers itself.
        boolean isOurs = attempt.claimant().equals(Optional.of(claimant));
        if (mode == Mode.RUN && !isOurs && !memory.isTold(remembered, CUT_OFF, now)) {
            observer.cutOff(
                    task.name().toString(),
                    task.repository(),
                    attempt.begun(),
                    attempt.claimant().map(Claimant::host));
        }
    }

    /** An attempt of this host that was cut off, also if the task was due again since, or somebody else has done it. */
    private void tellLeft(Task task, String remembered, Instant now) {
        Optional<Instant> begun = mode == Mode.RUN ? memory.begun(remembered) : Optional.empty();
        if (begun.isPresent()) {
            Optional<Lock> lock = memory.lock(remembered);
            if (lock.isPresent()) { // otherwise it goes on
                try (Lock _ = lock.get()) {
                    boolean isLeft = memory.begun(remembered).equals(begun);
                    memory.ended(remembered);
                    if (isLeft && !memory.isTold(remembered, CUT_OFF, now)) {
                        observer.cutOff(
                                task.name().toString(), task.repository(), begun.get(), Optional.of(claimant.host()));
                    }
                }
            }
        }
    }

    /** Most calls find out this way that nothing is due: the last time of a schedule takes longer to find. */
    private static boolean isDueAfter(Instant done, CronSchedule times, Instant now) {
        return done.isAfter(now)
                || times.next(done).filter(next -> !next.isAfter(now)).isPresent();
    }

    /**
     * What came of an attempt.
     *
     * @param ended the status of the command that does the same; empty if another host makes the attempt
     */
    private record Attempted(TaskState state, Optional<ExitCode> ended, Optional<UserFacingException> failure) {
        static final Attempted NOTHING = new Attempted(new TaskState.NotDue(), Optional.empty(), Optional.empty());
        static final Attempted BY_ANOTHER =
                new Attempted(new TaskState.Running(Optional.empty()), Optional.empty(), Optional.empty());

        boolean hasEnded() {
            return ended.isPresent();
        }

        ExitCode status() {
            return ended.orElse(ExitCode.DONE);
        }
    }

    /** Otherwise it would count as cut off, which is a failure. The process has some seconds before it is ended. */
    private void endStopped(Pulse pulse) {
        boolean isInterrupted = Thread.interrupted(); // with it, no store does anything
        try {
            pulse.end(new Outcome(clock.instant(), false, ExitCode.INTERRUPTED.status(), "it was stopped"));
        } catch (IOException | UserFacingException e) {
            // It counts as cut off then.
        } finally {
            if (isInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private Optional<Pulse> claim(Task task, TaskClaims claims, TaskState.Due due) throws IOException {
        try {
            return claims.begin(due, clock);
        } catch (StorageFull e) {
            if (!task.makeRoom()) {
                throw e;
            }
            return claims.begin(due, clock);
        }
    }

    private Attempted attempt(
            Task task, String remembered, TaskClaims claims, TaskState.Due due, Optional<LackingBackup> outOfTurn)
            throws IOException {
        Optional<Pulse> claimed = claim(task, claims, due);
        if (claimed.isEmpty()) {
            return Attempted.BY_ANOTHER;
        }
        memory.begun(remembered, clock.instant());
        outOfTurn.ifPresent(observer::lacking);
        ExitCode status = ExitCode.DONE;
        Optional<UserFacingException> failure;
        try (Pulse pulse = claimed.get()) {
            try {
                Task.Done done = task.work(pulse);
                observer.did(done.report());
                status = done.status();
                failure = done.failure();
            } catch (IOException | UserFacingException e) {
                memory.mustLook(lookedIn());
                UserFacingException explained = StorageErrors.explain(e);
                if (explained.exitCode() == ExitCode.INTERRUPTED
                        || Thread.currentThread().isInterrupted()) {
                    endStopped(pulse);
                    throw explained;
                }
                failure = Optional.of(explained);
            }
            ExitCode ended = failure.map(UserFacingException::exitCode).orElse(status);
            if (!isRecorded(pulse, ended, failure)) {
                elsewhere.record(task, remembered, due.since(), failure.orElseThrow());
            }
            return new Attempted(
                    failure.isPresent() ? due : new TaskState.Done(due.since()), Optional.of(ended), failure);
        } finally {
            memory.ended(remembered);
        }
    }

    /** Why the work failed is told also if its claim's store does not take it, which may be full for that reason. */
    private boolean isRecorded(Pulse pulse, ExitCode ended, Optional<UserFacingException> failure) throws IOException {
        try {
            pulse.end(new Outcome(
                    clock.instant(),
                    failure.isEmpty(),
                    ended.status(),
                    failure.map(UserFacingException::getMessage).orElse("")));
            return true;
        } catch (IOException | UserFacingException e) {
            if (failure.isEmpty()) {
                throw e;
            }
            return false;
        }
    }
}
