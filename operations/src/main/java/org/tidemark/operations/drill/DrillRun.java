// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.drill;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.backup.DrillEvidence.Transaction;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.config.DrillSettings.Question;
import org.tidemark.core.Amounts;
import org.tidemark.core.DiskSpace;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Action;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.UtcTime;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.operations.drill.Judgement.Fault;
import org.tidemark.operations.recovery.RestoreCommand;
import org.tidemark.operations.recovery.RestoreNote;
import org.tidemark.operations.recovery.RestoreRun;
import org.tidemark.operations.recovery.StartedServer;
import org.tidemark.operations.recovery.StartedServer.End;
import org.tidemark.postgres.server.ProgramRun;
import org.tidemark.postgres.server.ServerUser;
import org.tidemark.postgres.wal.change.ReplayStop;
import org.tidemark.restore.PreparedRestore;
import org.tidemark.restore.plan.RestorePlan;
import org.tidemark.restore.request.Role;
import org.tidemark.restore.wal.Holding;
import org.tidemark.session.Session;

/** One drill: restores, starts, judges, and removes everything. Used by one thread. */
public final class DrillRun {
    /** A drill ends before others have no room. */
    private static final long LEAST_FREE_BYTES = 1L << 30;

    private static final int LEAST_FREE_PART = 20;

    /** Damaged objects that the evidence names. */
    private static final int MOST_REPLACED = 3;

    private static final Duration LEAST_TIME_TO_LOOK = Duration.ofMinutes(1);
    private static final Duration MOST_TIME_TO_LOOK = Duration.ofHours(1);

    private final Session session;
    private final Clock clock;
    private final DrillPlan plan;
    private final Observer observer;
    private final List<Judgement> judgements = new ArrayList<>();
    private Instant begun = Instant.EPOCH;
    private long bytes;
    private Optional<Integer> postgresVersion = Optional.empty();
    private Optional<Lsn> reached = Optional.empty();
    private String step = "files";
    private Duration files = Duration.ZERO;
    private Duration replay = Duration.ZERO;
    private Duration judging = Duration.ZERO;

    /** Is told how far a drill is. */
    public interface Observer extends RestoreRun.Observer {
        /** WAL is replayed until this is closed. */
        interface Replaying extends StartedServer.Observer, AutoCloseable {
            @Override
            void close();
        }

        /** The caller closes what is returned. */
        Replaying replaying(RestorePlan.Chosen plan, WalSegmentSize size);

        /** Something else begins. */
        void begins(String what);
    }

    public DrillRun(Session session, Clock clock, DrillPlan plan, Observer observer) {
        this.session = session;
        this.clock = clock;
        this.plan = plan;
        this.observer = observer;
    }

    /**
     * Carries the plan out. What fails is judged, unless it says nothing of the backup.
     *
     * @param restoreCommand of a plan
     * @param keep whether the copy stays
     * @throws UserFacingException what stood in the way before anything could be judged
     */
    public DrillReport run(
            Function<RestorePlan.Chosen, RestoreCommand> restoreCommand, List<Question> questions, boolean keep)
            throws IOException, InterruptedException {
        begun = clock.instant();
        Optional<Judgement> refusal = plan.refusal();
        PreparedRestore prepared = plan.prepared();
        if (refusal.isPresent()) {
            judgements.add(refusal.get());
            return report(prepared, Optional.empty());
        }
        RestorePlan.Chosen chosen = prepared.plan().orThrow();
        plan.requirePrograms();
        Optional<String> keptStart = Optional.empty();
        try (ScratchDirectory scratch = ScratchDirectory.make(plan.scratch())) {
            HarmlessSettings harmless =
                    HarmlessSettings.in(scratch.path(), chosen.backup().postgresMajor());
            String start = prepared.start().command(chosen.request().directory(), harmless.assignments());
            try {
                judge(prepared, restoreCommand.apply(chosen), start, questions);
            } catch (IOException | UserFacingException e) {
                UserFacingException why = StorageErrors.explainUnlessInterrupted(e);
                judgements.add(Judgement.of(step, why).orElseThrow(() -> why));
                requireThere(chosen);
            }
            if (keep) {
                scratch.keep(harmless);
                keptStart = Optional.of(start);
            }
        }
        return report(prepared, keptStart);
    }

    /**
     * An expiry may remove a backup that is being restored, and then its WAL.
     *
     * @throws UserFacingException if it was removed, or no repository tells whether it is there
     */
    private void requireThere(RestorePlan.Chosen chosen) throws IOException {
        BackupId id = new BackupId(chosen.backup().id());
        for (Holding each : plan.source().preparation().holdings()) {
            if (each.archive()
                    .repository()
                    .store()
                    .stat(each.archive().identity().keys().backup(id).backup())
                    .isPresent()) {
                return;
            }
        }
        throw new UserFacingException(
                ExitCode.NO_BACKUP,
                "backup '" + id + "' was removed while the drill restored it",
                "Hold the drill again: it takes another backup.");
    }

    private DrillReport report(PreparedRestore prepared, Optional<String> keptStart) {
        return new DrillReport(
                plan,
                prepared.backup().map(backup -> backup.id().value()),
                judgements,
                plan.kept().map(Transaction::time).filter(_ -> Judgement.isProven(judgements)),
                new DrillReport.Clock(files, replay, judging),
                new DrillReport.Observed(begun, clock.instant(), bytes, postgresVersion, reached),
                keptStart);
    }

    private void judge(PreparedRestore prepared, RestoreCommand command, String start, List<Question> questions)
            throws IOException, InterruptedException {
        RestorePlan.Chosen chosen = prepared.plan().orThrow();
        Path data = chosen.request().directory();
        RestoreRun.Result result =
                new RestoreRun(session, clock, observer).run(plan.source(), chosen, command, prepared.textAfterwards());
        files = result.took();
        bytes = result.restored().bytesWritten();
        judgements.add(Judgement.passed("files", files(result)));
        step = "replay";
        RestoreNote note = new RestoreNote(plan.source(), result);
        note.started();
        long startNanos = System.nanoTime();
        StartedServer server = StartedServer.start(
                data,
                start,
                session.connection().user(),
                DrilledServer.bare(session),
                result.variablesNeeded(),
                clock.instant(),
                "To look at the copy, add --keep.");
        End end;
        try (Observer.Replaying replaying =
                observer.replaying(chosen, prepared.cluster().walSegmentSize())) {
            end = server.follow(chosen.request().role(), (upTo, commit) -> {
                note.replayed(upTo);
                requireRoom(data);
                replaying.replayed(upTo, commit);
            });
        }
        replay = Duration.ofNanos(System.nanoTime() - startNanos);
        startNanos = System.nanoTime();
        step = ReachedMoment.NAME;
        DrilledServer asked = new DrilledServer(data, session);
        postgresVersion = asked.version();
        judgements.add(reached(prepared, end, asked));
        step = "end of recovery";
        if (end instanceof End.Paused) {
            asked.resume();
            server.follow(
                    new Role.Recovery(chosen.request().target(), Optional.of(Action.PROMOTE)), (upTo, commit) -> {});
        }
        judgements.addAll(asked.opens());
        if (!questions.isEmpty()) {
            observer.begins("asking the questions");
        }
        for (Question question : questions) {
            if (question.since()
                    .filter(since ->
                            plan.time().filter(time -> !time.isBefore(since)).isEmpty())
                    .isPresent()) {
                observer.begins("question '" + question.name() + "' is not asked: the copy is not known to be of "
                        + UtcTime.seconds(question.since().get()) + " or later");
                continue;
            }
            step = Judgement.QUESTION + question.name();
            judgements.add(
                    asked.answer(question, plan.earlier()).asked(plan.earlier().asked(question)));
        }
        step = AmcheckSurvey.NAME;
        observer.begins("looking into tables and indexes");
        AmcheckSurvey.of(asked, timeToLook(), observer::begins).ifPresent(judgements::add);
        step = PageSurvey.NAME;
        observer.begins("stopping the server, and checking its pages");
        stop(prepared, data);
        judgements.add(PageSurvey.of(data));
        judging = Duration.ofNanos(System.nanoTime() - startNanos);
        note.store(clock.instant())
                .ifPresent(why -> observer.begins("the measured restore could not be noted: " + why.getMessage()));
    }

    /** A backup that needed a second repository is no worse, but its evidence says so. */
    private static String files(RestoreRun.Result result) {
        List<Finding> replaced = result.replaced();
        String more = replaced.size() <= MOST_REPLACED ? "" : ", and " + (replaced.size() - MOST_REPLACED) + " more";
        return "every file matches the manifest of the backup"
                + replaced.stream()
                        .limit(MOST_REPLACED)
                        .map(each -> "; " + each.message())
                        .collect(Collectors.joining())
                + more;
    }

    /** No more than the restore took: what is not seen this time is seen by another drill. */
    private Duration timeToLook() {
        Duration restore = files.plus(replay);
        return Stream.of(restore, MOST_TIME_TO_LOOK)
                .min(Comparator.naturalOrder())
                .filter(each -> each.compareTo(LEAST_TIME_TO_LOOK) > 0)
                .orElse(LEAST_TIME_TO_LOOK);
    }

    /** A target at which no session may be let in yet is not waited for: PostgreSQL stops there and opens. */
    private Judgement reached(PreparedRestore prepared, End end, DrilledServer asked) {
        Lsn at = end instanceof End.Paused paused ? paused.at() : asked.position();
        reached = Optional.of(at);
        if (prepared.stop().isPresent()) {
            ReplayStop stop = prepared.stop().get();
            return ReachedMoment.atTarget(
                    plan.moment().target(),
                    stop,
                    ReachedMoment.nextRecord(
                            at, asked.walPageBytes(), prepared.cluster().walSegmentSize()),
                    stop.kept().map(each -> asked.status(each.xid())),
                    stop.left().map(each -> asked.status(each.xid())));
        }
        if (!(plan.moment().target() instanceof RecoveryTarget.Latest)) {
            return Judgement.failed(
                    ReachedMoment.NAME,
                    Fault.WAL,
                    "PostgreSQL has replayed up to " + at + "; the WAL around the target could not be read before");
        }
        Segment last = prepared.plan().orThrow().wal().runs().getLast().last();
        return ReachedMoment.atEnd(
                last.start(prepared.cluster().walSegmentSize()),
                at,
                plan.newest(),
                asked.replayed(),
                plan.newest().map(each -> asked.status(each.xid())));
    }

    /** A replay writes more than the backup has; what is on the same file system must not stop for it. */
    private static void requireRoom(Path data) {
        DiskSpace.of(data)
                .filter(space -> space.freeBytes() < Math.min(LEAST_FREE_BYTES, space.totalBytes() / LEAST_FREE_PART))
                .ifPresent(space -> {
                    throw new UserFacingException(
                            ExitCode.LOCAL_FILES,
                            "the replay has left " + Amounts.size(space.freeBytes()) + " on the file system of '" + data
                                    + "'",
                            "Hold the drill on a file system of its own, with more room.");
                });
    }

    private static void stop(PreparedRestore prepared, Path data) throws IOException, InterruptedException {
        ProgramRun.of(
                        Path.of(System.getProperty("java.io.tmpdir")),
                        Map.of(),
                        ServerUser.ownerOf(data)
                                .running(List.of(
                                        "/bin/sh", "-c", prepared.start().stop(data) + " -m fast -w -t 270")))
                .orThrow();
    }
}
