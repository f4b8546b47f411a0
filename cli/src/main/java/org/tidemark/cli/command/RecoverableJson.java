// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import org.tidemark.cli.output.Document;
import org.tidemark.core.Timeline;
import org.tidemark.recoverability.RecoverableIntervals;

/** Recoverable intervals in JSON, those of the timeline that recover follows by default first. */
final class RecoverableJson {
    private RecoverableJson() {}

    /** Adds the intervals to a document. */
    static Document describe(Document document, RecoverableIntervals recoverable) {
        return document.put("latestTimeline", recoverable.latest().map(Timeline::id))
                .list("intervals", recoverable.intervals())
                .each(interval -> new Document()
                        .put("timeline", interval.timeline().id())
                        .put("backup", interval.backup().id())
                        // Rounded up: a target a fraction of a microsecond earlier could not be reached.
                        .put("from", interval.from().plusNanos(999))
                        .put("beginLsn", interval.begin().toString())
                        .put("endLsn", interval.end().toString())
                        .put("lastSegment", interval.last().name())
                        .put("lastStored", interval.lastStored()))
                .list("unreachable", recoverable.unreachable())
                .each(wal -> new Document()
                        .put("first", wal.first().name())
                        .put("last", wal.last().name())
                        .put("segments", wal.count())
                        .put("reason", wal.reason().name()))
                .list("problems", recoverable.problems())
                .each(problem ->
                        new Document().put("message", problem.message()).put("hint", problem.hint()));
    }
}
