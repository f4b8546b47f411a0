// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.search;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.search.ArchiveSearch.Span;
import org.tidemark.postgres.wal.change.Change.Kind;
import org.tidemark.postgres.wal.change.EndedTransaction;
import org.tidemark.postgres.wal.change.Moment;
import org.tidemark.session.Session;
import org.tidemark.walsearch.ChangeSearch;
import org.tidemark.walsearch.ChangeSearch.Gone;
import org.tidemark.walsearch.Hit;
import org.tidemark.walsearch.SearchQuestion;
import org.tidemark.walsearch.UnreadWal;

/**
 * Transactions before which a recovery may be asked to end, found in the archived WAL. Immutable.
 *
 * @param timeline whose path was searched
 * @param found the newest first
 * @param missing WAL that could not be read
 * @param deletions of many rows of the table, where one was named; the newest first
 * @param gone what was dropped or emptied of tables that nobody knows
 * @param since nothing that ended before was looked for; empty if nothing older is archived
 * @param newest the end of the last archived transaction
 */
public record ChangesToUndo(
        Timeline timeline,
        List<Undone> found,
        List<UnreadWal> missing,
        List<Hit> deletions,
        Optional<Gone> gone,
        Optional<Instant> since,
        Optional<Instant> newest) {
    /** From the newest transaction back; each time all of it is read, so that the steps are wide. */
    private static final List<Duration> BACK = List.of(Duration.ofDays(1), Duration.ofDays(8), Duration.ofDays(36_500));

    /** A deletion of fewer rows is no accident, unless it was half of the table. */
    private static final long LEAST_ROWS = 100;

    private static final Set<Kind> REMOVED_EARLY = Set.of(Kind.DATABASE_DROP, Kind.TABLESPACE_DROP);

    public ChangesToUndo {
        found = List.copyOf(found);
        missing = List.copyOf(missing);
        deletions = List.copyOf(deletions);
    }

    /**
     * One of them.
     *
     * @param hits what it did, as far as that is told; none if it only inserted rows
     * @param before the last moment at which a server that is opened for writing has all that it removed
     * @param look the last moment at which a server that pauses can read it; empty if there is none but {@code before},
     *     or it is not known for certain
     */
    public record Undone(EndedTransaction transaction, List<Hit> hits, Moment before, Optional<Moment> look) {
        public Undone {
            hits = List.copyOf(hits);
        }

        private static Undone of(EndedTransaction transaction, List<Hit> hits, Set<Lsn> unreachable) {
            Moment before = hits.stream()
                    .filter(each -> REMOVED_EARLY.contains(each.change().kind()))
                    .map(Hit::restore)
                    .min(Comparator.comparing(Moment::at))
                    .orElse(transaction.end());
            return new Undone(
                    transaction,
                    hits,
                    before,
                    hits.stream()
                            .flatMap(each -> each.look().stream())
                            .min(Comparator.comparing(Moment::at))
                            .filter(look -> transaction.knowledge().isEmpty()
                                    && look.at().isBefore(before.at())
                                    && !unreachable.contains(look.at())));
        }

        /**
         * Where a recovery is to end.
         *
         * @param pauses whether the server pauses there, so that the tables can be read
         */
        public Moment moment(boolean pauses) {
            return look.filter(_ -> pauses).orElse(before);
        }
    }

    /**
     * The transactions that dropped or emptied a table, or dropped a database by its name or with the table: those of
     * the last day of the archived WAL; if there are none, those of a longer time.
     *
     * @throws UserFacingException as {@link ArchiveSearch#run}
     * @throws IllegalArgumentException if it is neither a name nor an OID
     */
    public static ChangesToUndo ofTable(
            Session session, String table, Optional<Timeline> timeline, Clock clock, ChangeSearch.Progress progress)
            throws IOException {
        return search(
                session,
                new SearchQuestion(
                        Optional.of(table),
                        Set.of(Kind.DROP, Kind.TRUNCATE, Kind.DATABASE_DROP, Kind.MASS_DELETE),
                        OptionalLong.empty(),
                        LEAST_ROWS,
                        100),
                timeline,
                clock,
                progress);
    }

    /**
     * The committed transactions with a number, in the same way.
     *
     * @param xid its low 32 bits, as PostgreSQL prints them
     */
    public static ChangesToUndo ofTransaction(
            Session session, long xid, Optional<Timeline> timeline, Clock clock, ChangeSearch.Progress progress)
            throws IOException {
        return search(
                session,
                new SearchQuestion(Optional.empty(), SearchQuestion.DESTRUCTIVE, OptionalLong.of(xid), 1, 1000),
                timeline,
                clock,
                progress);
    }

    private static ChangesToUndo search(
            Session session,
            SearchQuestion question,
            Optional<Timeline> timeline,
            Clock clock,
            ChangeSearch.Progress progress)
            throws IOException {
        for (Duration back : BACK) {
            boolean isLast = back.equals(BACK.getLast());
            try {
                ArchiveSearch search = ArchiveSearch.run(
                        session,
                        question,
                        new Span(Optional.empty(), back, Optional.empty(), timeline),
                        clock,
                        progress);
                ChangesToUndo changes = of(search, back);
                if (isLast || changes.found().stream().anyMatch(ChangesToUndo::isOfWhatWasNamed)) {
                    return changes;
                }
            } catch (UserFacingException e) {
                // The backups around a short time may not know the table.
                if (isLast || e.exitCode() != ExitCode.USAGE) {
                    throw e;
                }
            }
        }
        throw new IllegalStateException("nothing was searched");
    }

    /** Of a database that only had such a table, an older change of another one may be meant. */
    private static boolean isOfWhatWasNamed(Undone undone) {
        return undone.hits().isEmpty()
                || undone.hits().stream().anyMatch(hit -> hit.lost().isEmpty());
    }

    private static ChangesToUndo of(ArchiveSearch search, Duration back) {
        List<EndedTransaction> transactions =
                new ArrayList<>(search.result().asked().reversed());
        boolean isOfTable = search.question().table().isPresent();
        List<Hit> deletions = search.result().hits().stream()
                .filter(each -> isOfTable && each.change().kind() == Kind.MASS_DELETE)
                .toList();
        search.result().hits().stream()
                .filter(each -> !deletions.contains(each))
                .map(Hit::transaction)
                .filter(each -> !transactions.contains(each))
                .forEach(transactions::add);
        return new ChangesToUndo(
                search.timeline(),
                transactions.stream()
                        .distinct()
                        .map(each -> Undone.of(
                                each,
                                search.result().hits().stream()
                                        .filter(hit -> hit.transaction().equals(each))
                                        .toList(),
                                search.unreachable()))
                        .toList(),
                search.result().missing(),
                deletions,
                search.result().gone(),
                search.newest().filter(_ -> !search.isFromTheStart()).map(newest -> newest.minus(back)),
                search.newest());
    }
}
