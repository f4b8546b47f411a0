// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import static org.tidemark.recoverability.PlanFinding.Topic.TARGET;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tidemark.catalog.wal.ArchivedWal;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.TimelinePath;
import org.tidemark.core.WalFile.TimelineHistoryFile;
import org.tidemark.recoverability.RecoveryPlanner.WalListing;

/**
 * The timelines that only a history announces: none of their own WAL is archived, and no backup of them; and the
 * history leaves their parent past the end of the parent's archived WAL, by a whole segment or more. A recovery reads
 * nothing on the way there that it does not read on the way to the parent, so such a timeline is no candidate for the
 * newest one. As the newest it would hide that its ancestors compete with another timeline, since all of their WAL is
 * on its path. It counts from its first archived segment on. Immutable.
 *
 * @param histories rising
 */
public record AnnouncedTimelines(List<TimelineHistory> histories) {
    public AnnouncedTimelines {
        histories = List.copyOf(histories);
    }

    /** Those of a catalog of which all WAL is known. */
    public static AnnouncedTimelines of(CatalogSnapshot catalog) {
        return among(withNothingElse(catalog), catalog, catalog.wal());
    }

    /**
     * The same where the beginning of each timeline is known.
     *
     * @param listing is asked only where a timeline has a history and nothing else
     */
    static AnnouncedTimelines of(CatalogSnapshot catalog, WalListing listing) throws IOException {
        List<TimelineHistory> found = new ArrayList<>();
        for (TimelineHistory each : withNothingElse(catalog)) {
            TimelinePath path = new TimelinePath(each, catalog.wal().segmentSize());
            found.addAll(among(List.of(each), catalog, listing.since(beforeTheSwitch(path), Set.of(path)))
                    .histories());
        }
        return new AnnouncedTimelines(found);
    }

    private static AnnouncedTimelines among(List<TimelineHistory> histories, CatalogSnapshot catalog, ArchivedWal wal) {
        return new AnnouncedTimelines(histories.stream()
                .filter(each -> parentLeadsAsFar(each, catalog) && leavesPastTheEnd(each, wal))
                .toList());
    }

    /** Timelines to which a backup leads, and of which nothing is archived but the history. */
    private static List<TimelineHistory> withNothingElse(CatalogSnapshot catalog) {
        Set<Timeline> archived = catalog.wal().timelines();
        return catalog.histories().values().stream()
                .filter(each ->
                        !archived.contains(each.timeline()) && each.begin().value() > 0)
                .filter(each -> catalog.backups().stream()
                        .noneMatch(backup -> backup.timeline().equals(each.timeline())))
                .filter(each ->
                        catalog.backups().stream().anyMatch(backup -> each.passes(backup.timeline(), backup.stopLsn())))
                .sorted(Comparator.comparing(TimelineHistory::timeline))
                .toList();
    }

    /** The last byte before the timeline begins. */
    private static Lsn lastOfParent(TimelineHistory history) {
        return history.begin().plus(-1);
    }

    /** The timeline that owns the last byte before this one begins: the parent, unless that one owns nothing. */
    private static Timeline parent(TimelineHistory history) {
        return history.ownerOf(lastOfParent(history));
    }

    /** Whether the history of the parent is archived, and leads there in the same way. */
    private static boolean parentLeadsAsFar(TimelineHistory history, CatalogSnapshot catalog) {
        Optional<TimelineHistory> parent = catalog.history(parent(history));
        return parent.isPresent()
                && parent.get().switches().stream()
                        .allMatch(each -> history.endOf(each.parent())
                                .filter(each.at()::equals)
                                .isPresent());
    }

    /**
     * Whether a whole segment before that of the switch is missing, and all that follow. Where only the segment of the
     * switch is missing, a receiver may have stored pieces of it, on the new timeline too.
     */
    private static boolean leavesPastTheEnd(TimelineHistory history, ArchivedWal wal) {
        Timeline parent = parent(history);
        TimelinePath path = new TimelinePath(history, wal.segmentSize());
        long place = beforeTheSwitch(path);
        return !new PathWal(path, wal).hasWholeSince(place)
                && wal.of(parent).last(place, Long.MAX_VALUE).isEmpty()
                && wal.lastPartial(parent)
                        .filter(partial -> partial.segment().index(path.size()) > place)
                        .isEmpty();
    }

    /** The segment before the one with the last byte of the parent. */
    private static long beforeTheSwitch(TimelinePath path) {
        return Math.max(0, path.size().segmentNumber(lastOfParent(path.history())) - 1);
    }

    boolean contains(Timeline timeline) {
        return histories.stream().anyMatch(each -> each.timeline().equals(timeline));
    }

    /** Names each that is newer than a timeline. */
    public List<PlanFinding> after(Timeline timeline) {
        return histories.stream()
                .filter(each -> each.timeline().compareTo(timeline) > 0)
                .map(AnnouncedTimelines::finding)
                .toList();
    }

    private static PlanFinding finding(TimelineHistory history) {
        Timeline timeline = history.timeline();
        return PlanFinding.warning(
                TARGET,
                "timeline " + timeline + " does not count as the newest: '" + new TimelineHistoryFile(timeline).name()
                        + "' says that it left timeline " + parent(history) + " at " + history.begin()
                        + ", past the end of that timeline's archived WAL, and neither WAL nor a backup of timeline "
                        + timeline + " is archived",
                "Is the server of timeline " + timeline + " the primary? Then see why it does not archive: recover"
                        + " follows it from its first archived segment on. If that server is gone, nothing has to be"
                        + " done: the number stays taken.");
    }
}
