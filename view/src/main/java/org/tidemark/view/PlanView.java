// SPDX-License-Identifier: Apache-2.0
package org.tidemark.view;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Bound;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.postgres.wal.change.ReplayStop;
import org.tidemark.recoverability.BackupCandidate;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.RequiredWal;
import org.tidemark.recoverability.RequiredWal.Run;
import org.tidemark.restore.NextSteps.Step;
import org.tidemark.restore.PreparedRestore;
import org.tidemark.restore.plan.DeltaChanges;
import org.tidemark.restore.plan.RestorePlan;
import org.tidemark.restore.plan.RestorePlan.Chosen;
import org.tidemark.restore.plan.RestorePlan.TargetDirectory;
import org.tidemark.restore.plan.StartFrom;
import org.tidemark.restore.plan.TargetFacts.DirectoryFacts;
import org.tidemark.restore.recovery.RecoverySettings;
import org.tidemark.restore.request.Role;
import org.tidemark.restore.settings.ConfigurationPlan;
import org.tidemark.view.Json.Inline;

/**
 * The plan of a restore in JSON: sizes in bytes.
 *
 * @param work empty if no backup was chosen
 */
public record PlanView(
        boolean dryRun,
        boolean possible,
        String role,
        @Inline IncarnationView incarnation,
        Target target,
        Optional<Stop> stop,
        @Inline Optional<Work> work,
        List<Finding> findings,
        String text) {
    private record Target(
            String kind,
            @Inline Optional<Record> value,
            RestorePlan.Reachability reachable,
            Optional<Timeline> timeline,
            @Inline Optional<Point> point,
            Optional<String> action) {
        static Target of(RestorePlan plan) {
            Optional<Chosen> chosen = chosen(plan);
            return new Target(
                    plan.request().target().kind().word(),
                    value(plan.request().target()),
                    plan.reachable(),
                    chosen.map(Chosen::timeline),
                    chosen.flatMap(Chosen::restorePoint).map(point -> new Point(point.end(), point.created())),
                    plan.request().role() instanceof Role.Recovery recovery
                            ? Optional.of(recovery.action().name().toLowerCase(Locale.ROOT))
                            : Optional.empty());
        }

        private static Optional<Record> value(RecoveryTarget target) {
            return switch (target) {
                case RecoveryTarget.Latest _, RecoveryTarget.Immediate _ -> Optional.empty();
                case RecoveryTarget.AtTime at -> Optional.of(new AtTime(at.time(), at.bound() == Bound.INCLUSIVE));
                case RecoveryTarget.AtLsn at -> Optional.of(new AtLsn(at.lsn(), at.bound() == Bound.INCLUSIVE));
                case RecoveryTarget.AtXid at ->
                    Optional.of(new AtXid(Long.toUnsignedString(at.xid()), at.bound() == Bound.INCLUSIVE));
                case RecoveryTarget.AtRestorePoint at -> Optional.of(new AtName(at.name()));
            };
        }
    }

    /**
     * Where PostgreSQL stops, as the WAL says it.
     *
     * @param lsn the record that is not replayed begins here or later
     * @param look where the tables can be read that are locked there
     */
    private record Stop(
            Lsn lsn, Optional<TransactionView> lastKept, Optional<TransactionView> firstLeftOut, Optional<Lsn> look) {
        static Stop of(ReplayStop stop, Optional<Lsn> look) {
            return new Stop(
                    stop.at(), stop.kept().map(TransactionView::of), stop.left().map(TransactionView::of), look);
        }
    }

    private record AtTime(Instant time, boolean inclusive) {}

    private record AtLsn(Lsn lsn, boolean inclusive) {}

    private record AtXid(String xid, boolean inclusive) {}

    private record AtName(String name) {}

    private record Point(Lsn lsn, Instant created) {}

    private record Work(
            Backup backup,
            Read read,
            Write write,
            Optional<Delta> delta,
            List<StartFrom.Move> moved,
            Wal wal,
            Map<String, String> settings,
            Optional<Configuration> configuration,
            List<Step> steps) {}

    /** The files that are written outside of the data directory. */
    private record Configuration(Path directory, List<Path> files) {
        static Configuration of(ConfigurationPlan plan) {
            return new Configuration(
                    plan.below(),
                    plan.files().stream().map(ConfigurationPlan.Placed::place).toList());
        }
    }

    private record Read(long bytes) {}

    private record Backup(
            String id,
            Optional<String> name,
            Timeline timeline,
            Instant ended,
            Lsn stopLsn,
            String reason,
            List<String> repositories) {
        static Backup of(PreparedRestore prepared, Chosen chosen) {
            BackupCandidate backup = chosen.backup();
            return new Backup(
                    backup.id(),
                    prepared.backup().flatMap(base -> base.name()),
                    backup.timeline(),
                    backup.ended(),
                    backup.stopLsn(),
                    chosen.reason(),
                    Json.list(backup.copies(), BackupCandidate.Copy::repository));
        }
    }

    private record Write(long bytes, long files, Optional<String> owner, List<Place> places) {
        record Place(Path directory, @Inline Optional<Record> space, long bytes, Optional<Long> freeBytes) {}

        /** @param wal that it is for pg_wal */
        record WalDirectory(boolean wal) {}

        record Tablespace(long tablespace, Optional<String> name, boolean moved) {}

        static Write of(PreparedRestore prepared, Chosen chosen) {
            return new Write(
                    chosen.backup().dataSizeBytes(),
                    chosen.backup().files(),
                    prepared.facts().map(facts -> facts.owner().name()),
                    Json.list(chosen.directories(), target -> place(prepared, target)));
        }

        private static Place place(PreparedRestore prepared, TargetDirectory target) {
            return new Place(
                    target.path(),
                    switch (target) {
                        case TargetDirectory.DataDirectory _ -> Optional.empty();
                        case TargetDirectory.Tablespace space ->
                            Optional.of(new Tablespace(
                                    Long.parseLong(space.oid()), space.place().name(), space.moved()));
                        case TargetDirectory.WalDirectory _ -> Optional.of(new WalDirectory(true));
                    },
                    target.sizeBytes(),
                    prepared.facts()
                            .map(facts -> facts.directories().get(target.path()))
                            .flatMap(DirectoryFacts::freeBytes));
        }
    }

    /**
     * What becomes of the files of a cluster that is there.
     *
     * @param presentBytes of files that the backup has as well
     */
    private record Delta(
            long presentBytes,
            long removedFiles,
            long removedBytes,
            Path aside,
            List<Path> movedWal,
            List<Path> copied,
            List<String> untouched) {
        static Delta of(DeltaChanges changes) {
            return new Delta(
                    changes.present(),
                    changes.removed().size(),
                    changes.removedBytes(),
                    changes.aside(),
                    changes.wal(),
                    changes.copied().stream().map(DeltaChanges.Kept::file).toList(),
                    changes.staying());
        }
    }

    private record Wal(
            Optional<Segment> first, Optional<Segment> last, long segments, long bytes, long missing, List<Run> holes) {
        static Wal of(RequiredWal wal) {
            return new Wal(
                    wal.runs().stream().findFirst().map(Run::first),
                    wal.runs().reversed().stream().findFirst().map(Run::last),
                    wal.segments(),
                    wal.storedBytes(),
                    wal.missing(),
                    wal.holes());
        }
    }

    private record Finding(
            PlanFinding.Severity severity, PlanFinding.Topic subject, int status, String message, String hint) {
        static Finding of(PlanFinding each) {
            return new Finding(each.severity(), each.topic(), each.exitCode().status(), each.message(), each.hint());
        }
    }

    /**
     * The view of a prepared restore.
     *
     * @param settings the settings to be written, for a plan that chose a backup
     */
    public static PlanView of(PreparedRestore prepared, Function<Chosen, RecoverySettings> settings) {
        RestorePlan plan = prepared.plan();
        return new PlanView(
                true,
                plan.problems().isEmpty(),
                role(plan),
                IncarnationView.of(prepared.cluster()),
                Target.of(plan),
                prepared.stop().map(stop -> Stop.of(stop, prepared.look())),
                chosen(plan)
                        .map(chosen -> new Work(
                                Backup.of(prepared, chosen),
                                new Read(chosen.backup().storedSizeBytes()),
                                Write.of(prepared, chosen),
                                chosen.changes().map(Delta::of),
                                chosen.start() instanceof StartFrom.Aside aside ? aside.moves() : List.of(),
                                Wal.of(chosen.wal()),
                                settings.apply(chosen).values(),
                                chosen.configuration().map(Configuration::of),
                                prepared.steps(chosen))),
                Json.list(plan.findings(), Finding::of),
                prepared.text());
    }

    private static String role(RestorePlan plan) {
        return switch (plan.request().role()) {
            case Role.Recovery _ -> "recovery";
            case Role.Standby _ -> "standby";
        };
    }

    private static Optional<Chosen> chosen(RestorePlan plan) {
        return plan instanceof Chosen chosen ? Optional.of(chosen) : Optional.empty();
    }
}
