// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.wal;

import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.tidemark.core.Amounts;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.Timeline;
import org.tidemark.core.UtcTime;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.operations.search.ArchiveSearch;
import org.tidemark.postgres.wal.change.Change.Kind;
import org.tidemark.postgres.wal.change.EndedTransaction.Gap;
import org.tidemark.postgres.wal.change.EndedTransaction.Outcome;
import org.tidemark.postgres.wal.change.Moment;
import org.tidemark.view.ChangeWords;
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
        for (Segment each : search.result().missing()) {
            line.accept("WAL before " + each.name() + " is missing or damaged: what happened there is not known");
        }
        for (Hit each : search.result().hits()) {
            line.accept("");
            print(each);
        }
        line.accept("");
        if (search.result().hits().isEmpty()) {
            line.accept("nothing was found");
        }
        if (search.result().hits().stream().anyMatch(each -> each.look().isPresent())) {
            line.accept(
                    "look: there the table can be read while the server pauses. restore: for a server that is opened"
                            + " for writing, with --target-action promote");
        }
        if (search.result().left() > 0) {
            advice.accept(Amounts.count(search.result().left(), "more change was", "more changes were")
                    + " found, less destructive as far as rows are known: see more with --top");
        }
        if (search.result().unnamed() > 0) {
            advice.accept(Amounts.count(search.result().unnamed(), "deletion or update", "deletions and updates")
                    + " of 100 rows and more are of tables whose files no backup knows, which may be this one after a"
                    + " TRUNCATE or VACUUM FULL: see them without --table");
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
                    + ". A table that is younger is told by its OID");
        }
        if (!search.others().isEmpty()) {
            advice.accept("not searched: WAL beside this path, of timeline "
                    + search.others().stream().map(Timeline::toString).collect(Collectors.joining(", "))
                    + ". To search it: --timeline N");
        }
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
        hit.look().ifPresent(look -> advice.accept(INDENTED + "look:    " + target(look)));
        advice.accept(INDENTED + "restore: " + target(hit.restore()));
    }

    /** Transactions that a server at the restore position has, and one at the look position has not. */
    private static String between(Hit hit) {
        return hit.between().isEmpty() || hit.between().getAsLong() == 0
                ? ""
                : "; " + Amounts.count(hit.between().getAsLong(), "other transaction", "other transactions")
                        + " between the two positions";
    }

    private String target(Moment moment) {
        // With its timeline: the same position of another one has other data.
        return CopyableCommand.of(
                        "recover",
                        "--to",
                        "DIR",
                        "--target-lsn",
                        moment.at().toString(),
                        "--exclusive",
                        "--timeline",
                        search.timeline().toString())
                .toString();
    }
}
