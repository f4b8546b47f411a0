// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.retention;

import java.util.ArrayList;
import java.util.List;
import org.tidemark.catalog.wal.WalInventory;
import org.tidemark.catalog.wal.WalInventory.TimelineInventory;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.retention.RetentionPlan.WalFate;

/** An inventory without the WAL that goes. Pure. */
final class RemainingWal {
    private final WalSegmentSize size;
    private final List<WalFate> leaving;

    private RemainingWal(List<WalFate> leaving, WalSegmentSize size) {
        this.leaving = leaving;
        this.size = size;
    }

    /** The holes are those of the inventory: no hole is added for what goes. */
    static WalInventory of(WalInventory inventory, List<WalFate> leaving, WalSegmentSize size) {
        RemainingWal remaining = new RemainingWal(leaving, size);
        return new WalInventory(
                inventory.timelines().stream().map(remaining::without).toList(), inventory.removed());
    }

    private TimelineInventory without(TimelineInventory timeline) {
        List<WalFate> own = leaving.stream()
                .filter(each -> each.timeline().equals(timeline.timeline()))
                .toList();
        List<WalRun> runs = timeline.runs();
        for (WalFate fate : own) {
            List<WalRun> rest = new ArrayList<>();
            for (WalRun run : runs) {
                cut(run, index(run.first()), Math.min(index(run.last()), index(fate.first()) - 1), rest);
                cut(run, Math.max(index(run.first()), index(fate.last()) + 1), index(run.last()), rest);
            }
            runs = rest;
        }
        return new TimelineInventory(
                timeline.timeline(),
                runs,
                timeline.holes(),
                timeline.partials().stream()
                        .filter(partial -> own.stream()
                                .noneMatch(fate -> index(fate.first()) <= index(partial.segment())
                                        && index(partial.segment()) <= index(fate.last())))
                        .toList(),
                timeline.history(),
                timeline.historyStored(),
                timeline.historyProblem());
    }

    /** Adds the part of a run from one place to another, both included; nothing if it ends before it begins. */
    private void cut(WalRun run, long first, long last, List<WalRun> parts) {
        if (first > last) {
            return;
        }
        long count = last - first + 1;
        parts.add(new WalRun(
                Segment.of(run.timeline(), first, size),
                Segment.of(run.timeline(), last, size),
                count,
                Math.round((double) run.storedBytes() * count / run.count()),
                // Only of the ends of a run it is known when they were stored: the later time is never too early.
                first == index(run.first()) ? run.firstStored() : run.lastStored(),
                run.lastStored()));
    }

    private long index(Segment segment) {
        return segment.index(size);
    }
}
