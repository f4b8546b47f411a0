// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.drill;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.backup.DrillEvidence.Transaction;
import org.tidemark.core.ExitCode;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Action;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.drill.DrillMoment.Rule;
import org.tidemark.operations.drill.Judgement.Fault;
import org.tidemark.operations.recovery.RestoreSource;
import org.tidemark.operations.recovery.StartedServer;
import org.tidemark.postgres.wal.change.LastCommit;
import org.tidemark.postgres.wal.change.ReplayStop;
import org.tidemark.recoverability.CatalogSnapshot;
import org.tidemark.recoverability.NewestCommit;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.RecoverableIntervals;
import org.tidemark.recoverability.RecoverableIntervals.Interval;
import org.tidemark.recoverability.TimelineChoice;
import org.tidemark.restore.PreparedRestore;
import org.tidemark.restore.plan.RestorePlan;
import org.tidemark.restore.request.RestoreRequest;
import org.tidemark.restore.request.RestoreRequest.Places;
import org.tidemark.restore.request.Role;
import org.tidemark.restore.wal.SearchProgress;
import org.tidemark.session.Session;
import org.tidemark.session.reading.ClusterReading;
import org.tidemark.session.reading.WalReading;

/**
 * What a drill will do. Nothing is written yet. Immutable.
 *
 * @param seed by which the moment was chosen; empty if it was given
 * @param newest the newest commit that is archived, if everything is to be replayed
 * @param scratch the directory that the drill makes
 * @param earlier what other drills were answered
 */
public record DrillPlan(
        DrillMoment moment,
        OptionalLong seed,
        RestoreSource source,
        Optional<LastCommit> newest,
        Path scratch,
        EarlierAnswers earlier) {
    /** What is judged by it. */
    static final String NAME = "plan";

    /** A drill replays this WAL anyway. About 100 GB of it is looked at meanwhile. */
    private static final Duration SEARCH_LIMIT = Duration.ofMinutes(5);

    /**
     * Plans.
     *
     * @param target empty for a moment by chance
     * @param timeline of a target that is given; empty for the one that a recovery without options follows
     * @param parent below which the scratch directory is made
     * @throws UserFacingException NO_BACKUP if nothing can be recovered; why no repository answers
     */
    public static DrillPlan of(
            Session session,
            Optional<RecoveryTarget> target,
            Optional<Timeline> timeline,
            long seed,
            Path parent,
            Instant now,
            SearchProgress progress)
            throws IOException {
        ClusterReading reading = ClusterReading.ofPlan(session, WalReading.WHOLE, now);
        CatalogSnapshot catalog = newest(reading);
        DrillMoment moment = target.map(given -> new DrillMoment(given, timeline, Rule.GIVEN))
                .or(() -> DrillMoment.choose(DrillMoment.stretches(catalog), seed))
                .orElseThrow(DrillPlan::nothing);
        Path scratch = ScratchDirectory.next(parent, now);
        HarmlessSettings.requireShort(scratch);
        RestoreRequest request = new RestoreRequest(
                ScratchDirectory.data(scratch),
                new Role.Recovery(moment.target(), Optional.of(Action.PAUSE)),
                moment.timeline()
                        .<TimelineChoice>map(TimelineChoice.Numbered::new)
                        .orElse(TimelineChoice.LATEST),
                Optional.empty(),
                new Places(Map.of(), Optional.of(ScratchDirectory.tablespaces(scratch)), Optional.empty()),
                Optional.empty(),
                RestoreRequest.Wal.ARCHIVE,
                RestoreRequest.ConfigurationChoice.AUTO);
        RestoreSource whole = RestoreSource.choose(session, request, Optional.empty(), now, progress, SEARCH_LIMIT);
        RestoreSource source = whole.ofThoseThatAnswered();
        requireAll(whole, source);
        Optional<LastCommit> newest = moment.target() instanceof RecoveryTarget.Latest
                        && source.prepared().plan() instanceof RestorePlan.Chosen chosen
                ? newest(catalog, chosen.timeline())
                : Optional.empty();
        return new DrillPlan(
                moment,
                target.isPresent() ? OptionalLong.empty() : OptionalLong.of(seed),
                source,
                newest,
                scratch,
                new EarlierAnswers(
                        source.identity().system(),
                        reading.drills(source.identity()),
                        reading.drillsOfAnyone(source.identity())));
    }

    /** When the last transaction of the copy was committed, as far as it is known; otherwise when it was to be. */
    Optional<Instant> time() {
        return kept().map(Transaction::time)
                .or(() -> moment.target() instanceof RecoveryTarget.AtTime at
                        ? Optional.of(at.time())
                        : Optional.empty());
    }

    /** What is missing may be in a repository that does not answer: then nothing is known of the archive. */
    private static void requireAll(RestoreSource chosen, RestoreSource answered) {
        List<String> silent = chosen.repositories().stream()
                .filter(each -> !answered.repositories().contains(each))
                .toList();
        if (!silent.isEmpty()) {
            problem(answered.prepared().plan()).ifPresent(each -> {
                throw new UserFacingException(
                        ExitCode.STORE_UNAVAILABLE,
                        each.message() + "; '" + String.join("', '", silent) + (silent.size() == 1 ? "' does" : "' do")
                                + " not answer, and may have it",
                        "See why with: tidemark check");
            });
        }
    }

    /** The first problem of the archive. */
    private static Optional<PlanFinding> problem(RestorePlan plan) {
        return plan.problems().stream()
                .filter(each -> each.topic() == PlanFinding.Topic.TARGET
                        || each.topic() == PlanFinding.Topic.WAL
                        || each.topic() == PlanFinding.Topic.BACKUP)
                .findFirst();
    }

    private static UserFacingException nothing() {
        return new UserFacingException(
                ExitCode.NO_BACKUP, "no moment can be recovered", "See what is there with: tidemark list-backup");
    }

    /** Of the newest incarnation. */
    private static CatalogSnapshot newest(ClusterReading reading) {
        if (reading.incarnations().isEmpty()) {
            reading.repositories().failures().values().stream().findFirst().ifPresent(failure -> {
                throw failure;
            });
            throw nothing();
        }
        Comparator<ClusterIdentity> byBackup =
                Comparator.comparing(identity -> reading.together(identity).backups().stream()
                        .map(backup -> backup.ended())
                        .max(Comparator.naturalOrder())
                        .orElse(Instant.MIN));
        return reading.together(reading.incarnations().stream().max(byBackup).orElseThrow());
    }

    private static Optional<LastCommit> newest(CatalogSnapshot catalog, Timeline timeline) {
        return RecoverableIntervals.along(catalog, timeline).stream()
                .max(Comparator.comparing(Interval::end))
                .flatMap(last ->
                        NewestCommit.of(catalog, last, NewestCommit.LIMIT).commit());
    }

    /** The restore, after which the server is started. */
    public PreparedRestore prepared() {
        return source.prepared().started();
    }

    /** The last transaction of the copy, by the WAL that was read before. */
    Optional<Transaction> kept() {
        return moment.target() instanceof RecoveryTarget.Latest
                ? newest.map(each -> transaction(each.xid(), each.time()))
                : prepared().stop().flatMap(ReplayStop::kept).map(each -> transaction(each.xid(), each.time()));
    }

    /** The first transaction that is not in it, by the same. */
    Optional<Transaction> left() {
        return prepared().stop().flatMap(ReplayStop::left).map(each -> transaction(each.xid(), each.time()));
    }

    private static Transaction transaction(int xid, Instant time) {
        return new Transaction(Integer.toUnsignedLong(xid), time);
    }

    /**
     * Why the moment cannot be reached; empty if it can.
     *
     * @throws UserFacingException what else stands in the way of a restore here, such as too little space
     */
    public Optional<Judgement> refusal() {
        RestorePlan plan = prepared().plan();
        Optional<PlanFinding> ofData = problem(plan);
        if (ofData.isEmpty()) {
            plan.orThrow();
            prepared().created().stream().findFirst().ifPresent(each -> {
                throw new UserFacingException(
                        ExitCode.RESTORE_REFUSED,
                        "the replay creates tablespace " + each.oid() + " in '" + each.location()
                                + "', outside of the directory of the drill",
                        "PostgreSQL creates a tablespace where the original had it. A drill that begins with a"
                                + " later backup does not: take one with: tidemark backup");
            });
        }
        // Nobody knows what a repository has that does not answer.
        Optional<PlanFinding> ofAStore = ofData.isEmpty()
                ? Optional.empty()
                : plan.findings().stream().filter(PlanFinding::isOfAStore).findFirst();
        ofAStore.ifPresent(each -> {
            throw each.asException();
        });
        return ofData.map(DrillPlan::refused);
    }

    private static Judgement refused(PlanFinding problem) {
        Optional<Judgement> known =
                problem.topic() == PlanFinding.Topic.WAL ? Optional.empty() : Judgement.of(NAME, problem.asException());
        Fault other = problem.topic() == PlanFinding.Topic.BACKUP ? Fault.BACKUP : Fault.WAL;
        return known.orElseGet(() -> Judgement.failed(NAME, other, problem.message()));
    }

    /** Whether something is wrong with the archived WAL, besides that it ends. */
    private static boolean isArchiveAtFault(RestorePlan plan) {
        return plan.problems().stream()
                        .anyMatch(
                                each -> each.exitCode() == ExitCode.DAMAGED || each.exitCode() == ExitCode.WAL_CONFLICT)
                || (plan instanceof RestorePlan.Chosen chosen
                        && !chosen.recovery().archived().isWhole());
    }

    /** Why a moment that somebody named is not there, which says nothing of the archive. */
    public Optional<PlanFinding> askedInVain() {
        return problem(prepared().plan())
                .filter(_ -> !isArchiveAtFault(prepared().plan()))
                .filter(each -> moment.rule() == Rule.GIVEN
                        && !(moment.target() instanceof RecoveryTarget.Latest)
                        && each.topic() == PlanFinding.Topic.TARGET
                        && each.exitCode() == ExitCode.TARGET_UNREACHABLE);
    }

    /**
     * Refuses a host that cannot start the copy, if there is one to be started.
     *
     * @throws UserFacingException RESTORE_REFUSED
     */
    public void requirePrograms() throws InterruptedException {
        if (refusal().isEmpty()) {
            StartedServer.requirePrograms(prepared());
        }
    }
}
