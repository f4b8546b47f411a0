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
import org.tidemark.postgres.wal.change.ReplayStop;
import org.tidemark.view.Json.Inline;

/** What the archived WAL says of a time or a restore point, in JSON. */
public record MomentView(
        @Inline IncarnationView incarnation,
        Timeline timeline,
        List<Timeline> others,
        List<Segment> missingBefore,
        List<SearchView.Unread> missing,
        Optional<Instant> time,
        Optional<Lsn> stop,
        Optional<Boolean> isReachable,
        Optional<TransactionView> before,
        Optional<TransactionView> after,
        List<HalfDropped> databases,
        List<Point> restorePoints,
        Optional<List<UnreadView>> unreadable) {
    private record Point(String name, Instant created, Lsn restore, boolean isReachable) {}

    /** A database that a recovery to this time would leave half dropped. */
    private record HalfDropped(String xid, Optional<Long> oid, Lsn restore, boolean isReachable) {
        static HalfDropped of(ReplayStop.HalfDropped dropped, MomentSearch search) {
            return new HalfDropped(
                    Integer.toUnsignedString(dropped.xid()),
                    dropped.oid(),
                    dropped.before().at(),
                    search.isReachable(dropped.before().at()));
        }
    }

    /** Of a search. */
    public static MomentView of(MomentSearch search) {
        return new MomentView(
                IncarnationView.of(search.identity()),
                search.timeline(),
                search.others(),
                SearchView.missingBefore(search.missing()),
                Json.list(search.missing(), SearchView.Unread::of),
                search.time().map(AroundTime::time),
                search.time().flatMap(AroundTime::stop),
                search.time().flatMap(AroundTime::stop).map(search::isReachable),
                search.time().flatMap(AroundTime::before).map(TransactionView::of),
                search.time().flatMap(AroundTime::after).map(TransactionView::of),
                search.time().map(AroundTime::databases).orElse(List.of()).stream()
                        .map(each -> HalfDropped.of(each, search))
                        .toList(),
                Json.list(
                        search.points(),
                        each -> new Point(each.name(), each.created(), each.end(), search.isReachable(each.end()))),
                UnreadView.of(search.repositories()));
    }
}
