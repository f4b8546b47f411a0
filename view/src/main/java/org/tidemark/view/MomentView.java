// SPDX-License-Identifier: Apache-2.0
package org.tidemark.view;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.operations.search.MomentSearch;
import org.tidemark.operations.search.MomentSearch.AroundTime;
import org.tidemark.postgres.wal.change.ReplayStop.Ended;
import org.tidemark.view.Json.Inline;

/** What the archived WAL says of a time or a restore point, in JSON. */
public record MomentView(
        @Inline IncarnationView incarnation,
        Timeline timeline,
        List<Segment> missingBefore,
        Optional<Instant> time,
        Optional<Lsn> stop,
        Optional<Transaction> before,
        Optional<Transaction> after,
        List<Point> restorePoints,
        Optional<List<UnreadView>> unreadable) {
    private record Transaction(String xid, Instant time, boolean isCommitted, Lsn end) {
        static Transaction of(Ended ended) {
            return new Transaction(Integer.toUnsignedString(ended.xid()), ended.time(), ended.isCommit(), ended.at());
        }
    }

    private record Point(String name, Instant created, Lsn restore) {}

    /** Of a search. */
    public static MomentView of(MomentSearch search) {
        return new MomentView(
                IncarnationView.of(search.identity()),
                search.timeline(),
                search.missing(),
                search.time().map(AroundTime::time),
                search.time().flatMap(AroundTime::stop),
                search.time().flatMap(AroundTime::before).map(Transaction::of),
                search.time().flatMap(AroundTime::after).map(Transaction::of),
                Json.list(search.points(), each -> new Point(each.name(), each.created(), each.end())),
                UnreadView.of(search.repositories()));
    }
}
