// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.TimelinePath;
import org.tidemark.recoverability.PlanFinding.Topic;

/**
 * Positions from which on a server ran with wal_level = minimal, where verify found them. All WAL may be archived
 * there, and still no recovery goes past such a position: PostgreSQL ends it. Immutable.
 *
 * @param positions by the timeline whose WAL it is
 */
public record MinimalWal(Map<Timeline, List<Lsn>> positions) {
    public static final MinimalWal NONE = new MinimalWal(Map.of());

    public MinimalWal {
        Map<Timeline, List<Lsn>> sorted = new HashMap<>();
        positions.forEach((timeline, at) -> sorted.put(timeline, List.copyOf(new TreeSet<>(at))));
        positions = Map.copyOf(sorted);
    }

    static MinimalWal of(List<Mark.Minimal> marks) {
        Map<Timeline, List<Lsn>> positions = new HashMap<>();
        marks.forEach(each -> positions
                .computeIfAbsent(each.timeline(), any -> new ArrayList<>())
                .add(each.position()));
        return new MinimalWal(positions);
    }

    /** The timeline whose WAL is at a position that was found in a segment of this one. */
    public static Timeline ownerOf(Lsn position, TimelineHistory history) {
        return history.ownerOf(position);
    }

    /** These, and those that another repository knows. */
    MinimalWal and(MinimalWal other) {
        Map<Timeline, List<Lsn>> all = new HashMap<>(positions);
        other.positions.forEach((timeline, at) -> all.merge(
                timeline,
                at,
                (one, more) -> Stream.concat(one.stream(), more.stream()).toList()));
        return new MinimalWal(all);
    }

    /**
     * Those on a path, in order. A record that begins where the path leaves its timeline is not on it. One before the
     * begin of its timeline is: the first segment of a timeline has the WAL of the one before it in it.
     */
    List<Lsn> on(TimelinePath path) {
        TimelineHistory history = path.history();
        return positions.entrySet().stream()
                .flatMap(each -> each.getValue().stream()
                        .filter(at -> each.getKey().equals(history.timeline())
                                || history.endOf(each.getKey())
                                        .filter(at::isBefore)
                                        .isPresent()))
                .sorted()
                .toList();
    }

    /** The problem of a recovery that would go past one; empty if it goes past none, as far as that is known. */
    Optional<PlanFinding> ending(RecoveryTarget target, RecoveryChain chain) {
        return on(chain.path()).stream()
                .filter(at -> !at.isBefore(chain.backup().startLsn()) && isPassed(at, target, chain))
                .findFirst()
                .map(MinimalWal::problem);
    }

    private static boolean isPassed(Lsn at, RecoveryTarget target, RecoveryChain chain) {
        return switch (target) {
            case RecoveryTarget.Latest _ -> true;
            case RecoveryTarget.Immediate _ -> at.isBefore(chain.backup().stopLsn());
            case RecoveryTarget.AtLsn of -> of.replays(at, at);
            case RecoveryTarget.AtTime _, RecoveryTarget.AtXid _, RecoveryTarget.AtRestorePoint _ ->
                !chain.wal().runs().isEmpty()
                        && chain.wal()
                                        .runs()
                                        .getLast()
                                        .last()
                                        .index(chain.path().size())
                                > chain.path().size().segmentNumber(at);
        };
    }

    /** What a plan says of one. */
    public static PlanFinding problem(Lsn at) {
        return PlanFinding.problem(
                ExitCode.TARGET_UNREACHABLE,
                Topic.TARGET,
                "the server ran with wal_level = minimal from " + at + " on: no recovery goes past this position",
                "If the server runs, take a backup now with: tidemark backup. A recovery from an earlier backup can end"
                        + " there: add --target-lsn " + at + " --exclusive");
    }
}
