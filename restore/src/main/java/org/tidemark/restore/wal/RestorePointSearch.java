// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.wal;

import static org.tidemark.recoverability.PlanFinding.Topic.TARGET;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.tidemark.core.ExitCode;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.UtcTime;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.wal.RestorePoint;
import org.tidemark.postgres.wal.WalRecords;
import org.tidemark.recoverability.BackupCandidate;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.RequiredWal;
import org.tidemark.recoverability.RestorePoints;
import org.tidemark.restore.plan.RestorePlan;
import org.tidemark.restore.plan.RestorePlan.Chosen;

/**
 * Finds the newest backup that leads to a restore point. Only the WAL knows the names of restore points, so it is read:
 * from the newest backup to the end of the archived WAL, then from the backup before that to there, and so on. Reads no
 * segment twice. Used by one thread.
 */
public final class RestorePointSearch {
    /** The maximum number of other restore points that a finding names. */
    private static final int MOST_NAMED = 5;

    private final ArchivedSegments segments;
    private final WalSegmentSize size;
    private final SearchProgress progress;
    private final Map<Segment, List<RestorePoint>> read = new HashMap<>();

    /** Makes a plan with what the WAL says. */
    @FunctionalInterface
    public interface Planning {
        RestorePlan plan(RestorePoints points) throws IOException;
    }

    public RestorePointSearch(ArchivedSegments segments, WalSegmentSize size, SearchProgress progress) {
        this.segments = segments;
        this.size = size;
        this.progress = progress;
    }

    /**
     * A plan from the newest backup that leads to the restore point. If none leads to it, since WAL before it is
     * missing, the plan has this problem. If the restore point is not found, this is {@code oldest}, which says so.
     *
     * @param oldest the plan from the oldest backup from which all WAL is archived
     * @param first the plan from the first backup of its path, which may lead to a restore point before a hole
     * @param backups those that are on its path
     * @param others the other archived timelines
     * @param isNamed whether the operator chose the only backup: then WAL is read up to the first restore point of the
     *     name alone
     */
    public RestorePlan newest(
            RecoveryTarget.AtRestorePoint target,
            Chosen oldest,
            Chosen first,
            List<BackupCandidate> backups,
            List<Timeline> others,
            boolean isNamed,
            Planning planning)
            throws IOException {
        Optional<RestorePlan> cutOff = Optional.empty();
        List<BackupCandidate> newestFirst = backups.stream()
                .filter(each -> !each.startLsn().isBefore(first.backup().startLsn()))
                .sorted(Comparator.comparing(BackupCandidate::startLsn).reversed())
                .toList();
        RestorePoints points = new RestorePoints(target.name(), first.backup().startLsn(), List.of());
        for (BackupCandidate backup : newestFirst) {
            points = since(backup, target.name(), first.wal(), isNamed);
            if (newestFirst.stream().map(points::reachedFrom).anyMatch(Optional::isPresent)) {
                RestorePlan plan = planning.plan(points);
                if (plan instanceof Chosen chosen && chosen.wal().isWhole()) {
                    return chosen;
                }
                cutOff = cutOff.or(() -> Optional.of(plan));
            }
        }
        RestorePoints all = points;
        return cutOff.orElseGet(() -> oldest.after(List.of(notFound(all, first, others))));
    }

    private RestorePoints since(BackupCandidate backup, String name, RequiredWal wal, boolean isFirstEnough)
            throws IOException {
        List<RestorePoint> found = new ArrayList<>();
        long from = backup.wal().first(size).index(size);
        for (RequiredWal.Run run : wal.runs()) {
            for (long i = Math.max(from, run.first().index(size));
                    i <= run.last().index(size);
                    i++) {
                Segment segment = Segment.of(run.first().timeline(), i, size);
                List<RestorePoint> known = read.get(segment);
                if (known == null) {
                    known = read(segment, wal);
                    read.put(segment, known);
                    progress.read((long) read.size() * size.bytes(), wal.segments() * size.bytes());
                }
                found.addAll(known);
                if (isFirstEnough
                        && known.stream()
                                .anyMatch(each ->
                                        each.name().equals(name) && each.end().isAfter(backup.startLsn()))) {
                    return new RestorePoints(name, backup.startLsn(), found);
                }
            }
        }
        return new RestorePoints(name, backup.startLsn(), found);
    }

    private List<RestorePoint> read(Segment segment, RequiredWal wal) throws IOException {
        return segments.read(
                        segment,
                        (in, rest) ->
                                WalRecords.restorePoints(in, () -> rest.open(wal.after(segment, size)), segment, size))
                .orElseThrow(() -> new IOException("'" + segment.name() + "' is not archived any more"));
    }

    /** The plan as it is without a search. */
    public static Chosen unread(RecoveryTarget.AtRestorePoint target, Chosen oldest, UserFacingException why) {
        return oldest.after(List.of(PlanFinding.warning(
                TARGET,
                "the WAL could not be searched for restore point '" + target.name() + "': " + why.getMessage(),
                why.hint())));
    }

    private static PlanFinding notFound(RestorePoints points, Chosen first, List<Timeline> others) {
        List<RestorePoint> last =
                points.found().reversed().stream().limit(MOST_NAMED).toList();
        return PlanFinding.problem(
                ExitCode.TARGET_UNREACHABLE,
                TARGET,
                "no backup leads to a restore point '" + points.name()
                        + "': it is not in the archived WAL after backup "
                        + first.backup().id() + " on the path to timeline " + first.timeline(),
                (others.isEmpty()
                                ? ""
                                : "A restore point that was made before a restore or a failover may be on another"
                                        + " timeline: add "
                                        + others.stream()
                                                .map(each -> "--timeline " + each)
                                                .collect(Collectors.joining(" or "))
                                        + ". ")
                        + (last.isEmpty()
                                ? "This WAL holds no restore point."
                                : "The last restore points there: "
                                        + last.stream()
                                                .map(each ->
                                                        "'" + each.name() + "' of " + UtcTime.seconds(each.created()))
                                                .collect(Collectors.joining(", "))
                                        + "."));
    }
}
