// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.wal;

import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.tidemark.cli.output.RecoverLine;
import org.tidemark.core.Amounts;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.UtcTime;
import org.tidemark.operations.search.ArchiveSearch;
import org.tidemark.postgres.wal.change.Change.Kind;
import org.tidemark.postgres.wal.change.EndedTransaction;
import org.tidemark.postgres.wal.change.EndedTransaction.Gap;
import org.tidemark.postgres.wal.change.EndedTransaction.Outcome;
import org.tidemark.postgres.wal.change.Moment;
import org.tidemark.view.ChangeWords;
import org.tidemark.view.UnreadWalWords;
import org.tidemark.walsearch.Hit;

/** What was found in WAL, as text. */
final class WalSearchLines {
    private static final String INDENTED = "    ";

    private final ArchiveSearch search;
    private final Consumer<String> line;
    private final Consumer<String> advice;

    /** @param advice takes what is not data */
    WalSearchLines(ArchiveSearch search, Consumer<String> line, Consumer<String> advice) {
        this.search = search;
        this.line = line;
        this.advice = advice;
    }

    void print() {
        line.accept(search.identity().cluster() + " · timeline " + search.timeline() + " · " + searched());
        search.result()
                .missing()
                .forEach(each -> line.accept(UnreadWalWords.of(each) + ": what happened there is not known"));
        for (Hit each : search.result().hits()) {
            line.accept("");
            print(each);
        }
        line.accept("");
        if (search.result().hits().isEmpty()) {
            nothing();
        } else {
            line.accept(
                    "look: there the table can be read while the server pauses. restore: for a server that is opened"
                            + " for writing");
        }
        search.newest()
                .ifPresent(each -> advice.accept("the archived WAL ends with a transaction of " + UtcTime.exact(each)
                        + ". What the server has not archived yet was not searched: tidemark switch-wal"));
        search.result()
                .gone()
                .ifPresent(
                        each -> line.accept(
                                ChangeWords.of(each)
                                        + ": one of them may be this table, made again. See them without --table: --kind drop,truncate"));
        if (search.result().left() > 0) {
            advice.accept(Amounts.count(search.result().left(), "more change was", "more changes were")
                    + " found, less destructive as far as rows are known: see more with --top");
        }
        if (search.result().smaller() > 0) {
            advice.accept(Amounts.count(
                            search.result().smaller(), "smaller deletion or update", "smaller deletions and updates")
                    + " of it: see them with --min-rows 1");
        }
        if (search.result().unnamed() > 0) {
            advice.accept(Amounts.count(search.result().unnamed(), "deletion or update", "deletions and updates")
                    + " of 100 rows and more are of tables whose files no backup knows, which may be this one after a"
                    + " TRUNCATE or VACUUM FULL, or when it was dropped and created again: see them with --min-rows 100"
                    + " in place of --table");
        }
        if (search.result().begunBefore() > 0) {
            line.accept(Amounts.count(search.result().begunBefore(), "transaction", "transactions")
                    + " may have begun before the WAL that was searched, and changed the table there: look further back"
                    + " with --since");
        }
        if (search.result().unknownRecords() > 0) {
            advice.accept(Amounts.count(search.result().unknownRecords(), "record was", "records were")
                    + " not understood, such as those of extensions");
        }
        if (!search.names().isEmpty()) {
            advice.accept("names are those of backup "
                    + search.names().stream()
                            .map(each -> each.id() + ", ended " + UtcTime.seconds(each.ended()))
                            .collect(Collectors.joining("; "))
                    + ". A table that is younger, and was not created in the WAL that was searched, is told by its OID."
                    + " At the look moment this names it: SELECT OID::regclass");
        }
        if (!search.others().isEmpty()) {
            advice.accept(besides(search.others()));
        }
    }

    /** What another search would look into. */
    static String besides(List<Timeline> others) {
        return "not searched: WAL beside this path, of timeline "
                + others.stream().map(Timeline::toString).collect(Collectors.joining(", "))
                + ". To search it: --timeline N";
    }

    /** In place of a line that would be refused. */
    static String unreachable(Lsn position) {
        return "not reachable: no backup with all WAL from its start leads to " + position;
    }

    private void nothing() {
        String in = search.result().missing().isEmpty() ? "" : " in what could be read";
        if (!search.result().asked().isEmpty()) {
            search.result()
                    .asked()
                    .forEach(each -> line.accept(asked(each)
                            + " was committed at " + each.end().at() + ", " + UtcTime.exact(each.time())
                            + ", and dropped, emptied, deleted and updated nothing" + in));
        } else if (search.result().rolledBack().isPresent()) {
            EndedTransaction each = search.result().rolledBack().get();
            line.accept(asked(each) + " was rolled back at " + each.end().at() + ", " + UtcTime.exact(each.time()));
        } else if (search.question().xid().isPresent()) {
            line.accept("nothing was found" + in + ": no transaction "
                    + search.question().xid().getAsLong() + " ends there" + further());
        } else if (search.isPartitioned()) {
            line.accept(
                    "nothing was found" + in + ": this table is partitioned, and what happens to its rows happens to"
                            + " its partitions. Ask for those");
        } else if (search.result().transactions() == 0 && search.newest().isPresent()) {
            line.accept("nothing was found" + in + ": the newest archived transaction ended "
                    + UtcTime.exact(search.newest().get()));
        } else {
            line.accept("nothing was found" + in + further());
        }
    }

    /** With the number that is asked for, if that is of a part of it. */
    private String asked(EndedTransaction transaction) {
        long number = search.question().xid().orElse(transaction.unsignedXid());
        return (number == transaction.unsignedXid() ? "" : "transaction " + number + " is a part of another one: ")
                + "transaction " + transaction.unsignedXid();
    }

    private String further() {
        return search.isFromTheStart() ? "" : ". To look further back: --since 7d";
    }

    private String searched() {
        if (search.searched().isEmpty()) {
            return "no WAL of that time is archived";
        }
        return search.searched().getFirst().name() + " .. "
                + search.searched().getLast().name() + ": "
                + Amounts.count(search.searched().size(), "segment", "segments") + ", "
                + Amounts.count(search.result().transactions(), "transaction", "transactions")
                + search.result()
                        .first()
                        .map(first -> ", from " + UtcTime.seconds(first) + " to "
                                + UtcTime.seconds(search.result().last().orElse(first)))
                        .orElse("");
    }

    private void print(Hit hit) {
        boolean isCommitted = hit.transaction().outcome() == Outcome.COMMITTED;
        line.accept(UtcTime.exact(hit.transaction().time()) + "  " + ChangeWords.of(hit));
        line.accept(INDENTED + "transaction " + hit.transaction().unsignedXid() + ", "
                + (isCommitted ? "committed" : "rolled back") + " at "
                + hit.transaction().end().at()
                + (hit.transaction().isTwoPhase()
                        ? ", after it was prepared: after a recovery, end it with ROLLBACK PREPARED"
                        : "")
                + (hit.transaction().knowledge().contains(Gap.BEGUN_BEFORE)
                        ? "; it may have begun before the WAL that was searched: look further back with --since"
                        : "")
                + (hit.transaction().knowledge().stream().anyMatch(each -> each != Gap.BEGUN_BEFORE)
                        ? "; not all of its records could be read"
                        : "")
                + between(hit));
        if (hit.change().kind() == Kind.DATABASE_DROP) {
            line.accept(INDENTED + "only this position brings it back; a time or a transaction would not:");
        }
        advice.accept(INDENTED + "look:    " + target(hit.look().orElse(hit.restore()), "--start"));
        advice.accept(INDENTED + "restore: " + target(hit.restore(), "--target-action", "promote"));
    }

    /** Transactions that a server at the restore position has, and one at the look position has not. */
    private static String between(Hit hit) {
        return hit.between().isEmpty() || hit.between().getAsLong() == 0
                ? ""
                : "; " + Amounts.count(hit.between().getAsLong(), "other transaction", "other transactions")
                        + " between the two positions";
    }

    private String target(Moment moment, String... further) {
        return search.unreachable().contains(moment.at())
                ? unreachable(moment.at())
                : RecoverLine.before(moment.at(), search.timeline(), "DIR")
                        .with(List.of(further))
                        .toString();
    }
}
