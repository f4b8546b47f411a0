// SPDX-License-Identifier: Apache-2.0
package org.tidemark.view;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.operations.search.ArchiveSearch;
import org.tidemark.postgres.wal.change.EndedTransaction.Gap;
import org.tidemark.postgres.wal.change.EndedTransaction.Outcome;
import org.tidemark.view.Json.Inline;
import org.tidemark.walsearch.ChangeSearch;
import org.tidemark.walsearch.Hit;
import org.tidemark.walsearch.Hit.Named;
import org.tidemark.walsearch.UnreadWal;

/** What was found in WAL, in JSON. */
public record SearchView(
        @Inline IncarnationView incarnation,
        Timeline timeline,
        List<Timeline> notSearched,
        Optional<Segment> firstSegment,
        Optional<Segment> lastSegment,
        long segments,
        long transactions,
        Optional<Instant> first,
        Optional<Instant> last,
        List<Segment> missingBefore,
        List<Unread> missing,
        long unknownRecords,
        List<String> namesFrom,
        long left,
        long smaller,
        long unnamed,
        long unnamedDrops,
        long begunBefore,
        List<Found> changes,
        Optional<List<TransactionView>> asked,
        Optional<List<UnreadView>> unreadable) {
    private record Found(
            Instant time,
            String kind,
            String xid,
            boolean isCommitted,
            boolean isPrepared,
            boolean isBegunBefore,
            boolean isRead,
            Optional<String> database,
            List<Relation> relations,
            List<Relation> lost,
            Optional<Long> rows,
            Optional<Long> of,
            Optional<Lsn> look,
            Lsn restore,
            boolean isReachable,
            Optional<Long> between,
            Lsn end) {
        static Found of(Hit hit, Set<Lsn> unreachable) {
            return new Found(
                    hit.transaction().time(),
                    hit.change().kind().name().toLowerCase(Locale.ROOT).replace('_', '-'),
                    Long.toString(hit.transaction().unsignedXid()),
                    hit.transaction().outcome() == Outcome.COMMITTED,
                    hit.transaction().isTwoPhase(),
                    hit.transaction().knowledge().contains(Gap.BEGUN_BEFORE),
                    hit.transaction().knowledge().stream().allMatch(each -> each == Gap.BEGUN_BEFORE),
                    hit.database(),
                    Json.list(hit.what(), Relation::of),
                    Json.list(hit.lost(), Relation::of),
                    boxed(hit.rows()),
                    boxed(hit.of()),
                    hit.look().map(look -> look.at()),
                    hit.restore().at(),
                    !unreachable.contains(hit.restore().at()),
                    boxed(hit.between()),
                    hit.transaction().end().at());
        }

        private static Optional<Long> boxed(OptionalLong number) {
            return number.stream().boxed().findFirst();
        }
    }

    /** WAL that could not be read. */
    record Unread(Segment first, Segment last, Optional<Instant> after, Optional<Instant> until) {
        static Unread of(UnreadWal wal) {
            return new Unread(wal.first(), wal.last(), wal.after(), wal.until());
        }
    }

    static List<Segment> missingBefore(List<UnreadWal> unread) {
        return unread.stream().map(each -> each.next().orElse(each.last())).toList();
    }

    private record Relation(Optional<String> name, long oid, boolean isFile, boolean isUnlogged) {
        static Relation of(Named named) {
            return new Relation(named.name(), named.oid(), named.isFile(), named.isUnlogged());
        }
    }

    /** Of a search. */
    public static SearchView of(ArchiveSearch search) {
        return new SearchView(
                IncarnationView.of(search.identity()),
                search.timeline(),
                search.others(),
                search.searched().stream().findFirst(),
                search.searched().isEmpty()
                        ? Optional.empty()
                        : Optional.of(search.searched().getLast()),
                search.searched().size(),
                search.result().transactions(),
                search.result().first(),
                search.result().last(),
                missingBefore(search.result().missing()),
                Json.list(search.result().missing(), Unread::of),
                search.result().unknownRecords(),
                search.names().stream().map(backup -> backup.id()).toList(),
                search.result().left(),
                search.result().smaller(),
                search.result().unnamed(),
                search.result().gone().map(ChangeSearch.Gone::count).orElse(0L),
                search.result().begunBefore(),
                Json.list(search.result().hits(), hit -> Found.of(hit, search.unreachable())),
                Optional.of(Stream.concat(search.result().asked().stream(), search.result().rolledBack().stream())
                                .map(TransactionView::of)
                                .toList())
                        .filter(each -> !each.isEmpty()),
                UnreadView.of(search.repositories()));
    }
}
