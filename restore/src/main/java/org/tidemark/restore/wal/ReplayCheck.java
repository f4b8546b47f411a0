// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.wal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.ShellWord;
import org.tidemark.postgres.ControlFile.StandbySettings;
import org.tidemark.postgres.wal.CreatedTablespace;
import org.tidemark.postgres.wal.WalFacts.ParameterChange;
import org.tidemark.recoverability.BackupCandidate;
import org.tidemark.recoverability.MinimalWal;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.PlanFinding.Topic;
import org.tidemark.restore.plan.RestorePlan.Chosen;
import org.tidemark.restore.plan.RestorePlan.TargetDirectory;
import org.tidemark.restore.plan.StartFrom;

/**
 * What the replay does outside of the directories of a plan, and where it would end before the target. After the replay
 * of CREATE TABLESPACE the cluster writes in the place that the record names, whichever cluster uses it. Pure, but for
 * {@link Place#of}.
 *
 * @param wal what was seen of it
 * @param places of the tablespaces that were seen, and of those that later backups have
 */
public record ReplayCheck(Chosen plan, ReplayedWal wal, List<Place> places) {

    public ReplayCheck {
        places = List.copyOf(places);
    }

    /**
     * Where a tablespace is created.
     *
     * @param isExact whether the position is that of its record; otherwise the record is before it
     * @param directory where its location leads on this host
     * @param exists whether the directory is there
     * @param occupied the directory of another tablespace that is there
     * @param isLeft whether the data directory of the plan has a tablespace there now that the backup lacks: a restore
     *     over it removes its files
     */
    public record Place(
            CreatedTablespace tablespace,
            boolean isExact,
            Path directory,
            boolean exists,
            Optional<Path> occupied,
            boolean isLeft) {
        /** Looks at this host; where nothing can be read, PostgreSQL, which runs as the same user, writes nothing. */
        static Place of(CreatedTablespace tablespace, boolean isExact, Chosen plan) {
            Optional<Path> occupied;
            try {
                occupied = tablespace.occupied(plan.backup().postgresMajor());
            } catch (IOException e) {
                occupied = Optional.empty();
            }
            Path directory = tablespace.directory();
            boolean exists = Files.exists(directory);
            try {
                directory = directory.toRealPath();
            } catch (IOException e) {
                // It is not there, or leads nowhere.
            }
            boolean isLeft = tablespace.linkedBy(plan.request().directory()).stream()
                    .anyMatch(oid -> plan.backup().tablespaces().stream()
                            .noneMatch(each -> each.oidText().equals(oid)));
            return new Place(tablespace, isExact, directory, exists, occupied, isLeft);
        }

        /** Whether a path leads there: as it was named at its creation, or without the links on the way. */
        private boolean isAt(Path path) {
            return path.equals(directory) || path.equals(tablespace.directory());
        }
    }

    /**
     * The tablespaces that a recovery may create, of those that its WAL was seen to create, and of those that a later
     * backup on its path has: where the WAL was not looked at, this backup proves it.
     *
     * @param later the backups on the timeline path of the plan
     */
    public static List<Place> places(Chosen plan, ReplayedWal wal, List<BackupCandidate> later) {
        List<Place> places = new ArrayList<>();
        for (CreatedTablespace each : wal.facts().tablespaces()) {
            places.add(Place.of(each, true, plan));
        }
        if (wal.unseen() > 0) {
            for (BackupCandidate backup : later) {
                backup.tablespaces().stream()
                        .filter(each -> isNew(plan, backup)
                                && plan.backup().tablespaces().stream().noneMatch(known -> known.oid() == each.oid())
                                && places.stream()
                                        .noneMatch(known -> known.tablespace().oid() == each.oid()))
                        .map(each -> Place.of(
                                new CreatedTablespace(backup.stopLsn(), each.oid(), each.location()), false, plan))
                        .forEach(places::add);
            }
        }
        return places;
    }

    /** Whether the recovery goes past this backup, which is on its path. */
    private static boolean isNew(Chosen plan, BackupCandidate later) {
        return later.startLsn().isAfter(plan.backup().startLsn())
                && (!(plan.request().target() instanceof RecoveryTarget.AtTime at)
                        || !at.time().isBefore(later.ended()));
    }

    /** Whether not all WAL before the end of a recovery to a time was asked for a transaction that ended later. */
    public boolean isEndByTimesAlone() {
        return plan.request().target() instanceof RecoveryTarget.AtTime
                && wal.facts().end().isEmpty()
                && wal.seen() < plan.wal().segments();
    }

    /** What the original was started with in the WAL that is replayed and was looked at. */
    public Stream<StandbySettings> replayedStarts() {
        return wal.facts().parameters().stream()
                .filter(each -> isReplayed(each.at(), each.previous()))
                .map(ParameterChange::settings);
    }

    /** The tablespaces that PostgreSQL will create where the original had them, as far as that can be told. */
    public List<CreatedTablespace> created() {
        return replayedPlaces().map(Place::tablespace).toList();
    }

    private Stream<Place> replayedPlaces() {
        return places.stream()
                .filter(each ->
                        isReplayed(each.tablespace().at(), each.tablespace().previous()));
    }

    /** What a plan says of it. */
    public List<PlanFinding> findings() {
        List<PlanFinding> findings = new ArrayList<>();
        replayedPlaces().forEach(each -> place(each).ifPresent(findings::add));
        wal.facts().parameters().stream()
                .filter(each -> each.isMinimal() && isReplayed(each.at(), each.previous()))
                .findFirst()
                .map(each -> MinimalWal.problem(each.at()))
                .filter(each -> !plan.findings().contains(each))
                .ifPresent(findings::add);
        if (wal.unseen() > 0) {
            findings.add(unseen());
        }
        return findings;
    }

    /**
     * Whether a recovery to the target replays a record, as far as that can be told: otherwise it counts as replayed.
     */
    private boolean isReplayed(Lsn at, Lsn previous) {
        if (at.isBefore(plan.backup().startLsn())) {
            return false;
        }
        return switch (plan.request().target()) {
            case RecoveryTarget.Immediate _ -> at.isBefore(plan.backup().stopLsn());
            case RecoveryTarget.AtLsn target -> target.replays(at, previous);
            case RecoveryTarget.AtTime _ -> wal.facts().end().map(at::isBefore).orElse(true);
            case RecoveryTarget.AtRestorePoint _ ->
                plan.restorePoint().map(point -> at.isBefore(point.end())).orElse(true);
            case RecoveryTarget.AtXid _, RecoveryTarget.Latest _ -> true;
        };
    }

    private Optional<PlanFinding> place(Place place) {
        CreatedTablespace tablespace = place.tablespace();
        String what = "the replay creates tablespace " + tablespace.oid() + " in '" + tablespace.location() + "'";
        Optional<TargetDirectory> put = plan.putInPlaceOf(tablespace.oid(), place::isAt);
        if (put.isPresent()) {
            return Optional.of(PlanFinding.problem(
                    ExitCode.RESTORE_REFUSED,
                    Topic.WRITE,
                    what + ", where this restore puts " + put.get().title() + ": both would write there",
                    "Put it elsewhere: " + put.get().option(Path.of("DIR"))));
        }
        // In the place of one that is moved aside, an empty one is made.
        if (plan.start().moved().stream().anyMatch(each -> place.isAt(each.from()))
                || plan.directories().stream().anyMatch(each -> place.isAt(each.path()))
                || (place.isLeft() && plan.start() instanceof StartFrom.Differing)) {
            return Optional.empty();
        }
        if (place.occupied().isPresent()) {
            String before = place.isExact()
                    ? "end the recovery before this tablespace: --target-lsn " + tablespace.at() + " --exclusive"
                    : "end the recovery before this tablespace was created";
            return Optional.of(PlanFinding.problem(
                    ExitCode.RESTORE_REFUSED,
                    Topic.WRITE,
                    what + ", and would write into '" + place.occupied().get() + "', which is there already",
                    "Which cluster uses this directory? Take a newer backup, restore on another host, or " + before
                            + ". If no cluster uses it, move it away."));
        }
        return Optional.of(
                place.exists()
                        ? PlanFinding.note(Topic.WRITE, what)
                        : PlanFinding.warning(
                                Topic.WRITE,
                                what + ", which is not there: PostgreSQL would stop",
                                "Make it before PostgreSQL is started, for the user of PostgreSQL: mkdir -p -m 700 "
                                        + ShellWord.quote(tablespace.location())));
    }

    private PlanFinding unseen() {
        String amount = Amounts.count(wal.unseen(), "segment", "segments") + " of the WAL that is replayed";
        String what = "tablespaces that the replay would create, and for times with wal_level = minimal";
        return PlanFinding.warning(
                Topic.WRITE,
                amount + " " + (wal.unseen() == 1 ? "was" : "were") + " not searched for " + what
                        + wal.why()
                                .map(why -> ": " + why.getMessage())
                                .orElseGet(() -> wal.rest()
                                        .map(rest -> "; this would take about " + Amounts.duration(rest))
                                        .orElse("")),
                "To search it all: tidemark wal-verify --all. No plan reads again what that notes. And wal-fetch looks at each"
                        + " segment before PostgreSQL gets it, and withholds one whose replay would write into the"
                        + " directory of another cluster; WAL that a standby streams is not looked at.");
    }
}
