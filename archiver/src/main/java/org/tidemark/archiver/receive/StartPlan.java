// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.receive;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.WalSegmentSize;

/**
 * Decides where to start receiving: after what is held already, else where the slot begins, else at the end of the
 * server's WAL. Always at the start of a segment: a server that crashed may write the last bytes of its WAL again, with
 * other content. Immutable.
 *
 * @param path the timeline path of the timeline that the server writes, or replays
 * @param flushed the end of the server's WAL
 */
public record StartPlan(TimelineHistory path, Lsn flushed, WalSegmentSize size) {
    /** The decision. */
    public sealed interface Start {
        record From(WalPosition position) implements Start {}

        /** The server cannot continue what is held, but may do so later. */
        record NotYet(String reason) implements Start {}
    }

    /**
     * The decision.
     *
     * @param held what is needed next, by the spool and by the repositories
     * @param slot where the slot begins
     */
    public Start start(Collection<WalPosition> held, Optional<Lsn> slot) {
        Optional<WalPosition> later = held.stream()
                .filter(each -> each.timeline().compareTo(path.timeline()) > 0)
                .max(Comparator.naturalOrder());
        if (later.isPresent()) {
            return new Start.NotYet("it is on timeline " + path.timeline() + ", but WAL of timeline "
                    + later.get().timeline() + " was received already");
        }
        Optional<WalPosition> latest =
                held.stream().filter(each -> path.includes(each.timeline())).max(Comparator.naturalOrder());
        if (latest.isEmpty()) {
            Lsn first = slot.orElse(flushed);
            return new Start.From(WalPosition.ofSegmentWith(path.ownerOf(first), first, size));
        }
        WalPosition next = onPath(latest.get());
        return next.at().isAfter(flushed)
                ? new Start.NotYet("its WAL ends at " + flushed + ", before " + next.at() + ", which is needed next")
                : new Start.From(next);
    }

    /** Continues a position past the end of its timeline: with the segment of the switch. */
    WalPosition onPath(WalPosition position) {
        return isAfterItsEnd(position)
                ? afterEnd(path.endOf(position.timeline()).orElseThrow())
                : position;
    }

    private boolean isAfterItsEnd(WalPosition position) {
        return path.endOf(position.timeline()).filter(position.at()::isAfter).isPresent();
    }

    /** The furthest of what is held of the path that is past the end of its timeline. */
    Optional<WalPosition> afterItsEnd(Collection<WalPosition> held) {
        return held.stream()
                .filter(each -> path.includes(each.timeline()) && isAfterItsEnd(each))
                .max(Comparator.naturalOrder());
    }

    /** The start of the first segment after the end of an ancestor. */
    WalPosition afterEnd(Lsn end) {
        Timeline next = path.ownerOf(end);
        return WalPosition.ofSegmentWith(next, end, size);
    }
}
