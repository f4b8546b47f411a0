// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.fetch;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.tidemark.archiver.fetch.Recovery.Position;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.postgres.ControlFile;

/**
 * The timelines to which a server in recovery can go. A standby whose setting is 'latest' looks for the histories of
 * the ids after its own, up to the first id that is free, and takes the last of them. It does not start if that one
 * left its timeline before a position that it has reached (InitWalRecovery() in
 * src/backend/access/transam/xlogrecovery.c). Pure and immutable.
 *
 * @param own the timeline on which it is
 * @param reached positions that it has replayed or must pass
 */
public record FollowableTimelines(Timeline own, List<Position> reached) {
    public FollowableTimelines {
        reached = List.copyOf(reached);
    }

    /** For the server with this control file, into which PostgreSQL writes both positions during recovery. */
    public static FollowableTimelines of(ControlFile control) {
        List<Position> reached = new ArrayList<>();
        reached.add(new Position(
                control.checkpoint().timeline(), control.checkpoint().location()));
        ControlFile.Recovery recovery = control.recovery();
        if (recovery.minRecoveryTimeline() > 0) {
            reached.add(new Position(new Timeline(recovery.minRecoveryTimeline()), recovery.minRecoveryPoint()));
        }
        return new FollowableTimelines(control.reachedTimeline(), reached);
    }

    /** Whether a timeline leads on from every position. */
    public boolean contain(TimelineHistory history) {
        return reached.stream().allMatch(each -> history.passes(each.timeline(), each.lsn()));
    }

    /** The timelines after the last one that can be followed, rising: without them the server finds that one. */
    public List<TimelineHistory> beyond(Collection<TimelineHistory> known) {
        Timeline last = known.stream()
                .filter(this::contain)
                .map(TimelineHistory::timeline)
                .filter(each -> each.compareTo(own) > 0)
                .max(Comparator.naturalOrder())
                .orElse(own);
        return known.stream()
                .filter(each -> each.timeline().compareTo(last) > 0)
                .sorted(Comparator.comparing(TimelineHistory::timeline))
                .toList();
    }

    /**
     * The histories in pg_wal with which the server does not start: it finds them whatever the archive answers.
     *
     * @param archived what it finds beside them
     */
    public List<TimelineHistory> inTheWay(
            Collection<TimelineHistory> inWalDirectory, Collection<TimelineHistory> archived) {
        List<TimelineHistory> known = new ArrayList<>(inWalDirectory);
        known.addAll(archived);
        Set<Timeline> ids = known.stream().map(TimelineHistory::timeline).collect(Collectors.toSet());
        Timeline found = own;
        while (ids.contains(new Timeline(found.id() + 1))) {
            found = new Timeline(found.id() + 1);
        }
        Timeline last = found;
        List<TimelineHistory> beyond = beyond(known);
        return inWalDirectory.stream()
                .filter(each -> beyond.contains(each) && each.timeline().compareTo(last) <= 0)
                .sorted(Comparator.comparing(TimelineHistory::timeline))
                .toList();
    }

    /** Why a timeline cannot be followed, in words. */
    public String why(TimelineHistory history) {
        Position passed = reached.stream()
                .filter(each -> !history.passes(each.timeline(), each.lsn()))
                .findFirst()
                .orElseThrow();
        return history.endOf(passed.timeline())
                .map(left -> "timeline " + history.timeline() + " left timeline " + passed.timeline() + " at " + left
                        + ", and this server has come to " + passed.lsn() + " of timeline " + passed.timeline())
                .orElseGet(() -> "timeline " + history.timeline() + " does not come from timeline " + passed.timeline()
                        + ", on which this server is");
    }
}
