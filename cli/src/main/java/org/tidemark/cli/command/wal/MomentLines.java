// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.wal;

import java.util.function.Consumer;
import org.tidemark.cli.output.RecoverLine;
import org.tidemark.core.Lsn;
import org.tidemark.core.UtcTime;
import org.tidemark.operations.search.MomentSearch;
import org.tidemark.operations.search.MomentSearch.AroundTime;
import org.tidemark.postgres.wal.RestorePoint;
import org.tidemark.postgres.wal.change.ReplayStop.Ended;
import org.tidemark.postgres.wal.change.ReplayStop.HalfDropped;
import org.tidemark.view.UnreadWalWords;

/**
 * What the archived WAL says of a moment, as text.
 *
 * @param advice takes what is not data
 */
record MomentLines(MomentSearch search, Consumer<String> line, Consumer<String> advice) {
    void print() {
        line.accept(search.identity().cluster() + " · timeline " + search.timeline()
                + search.time()
                        .map(around -> " · around " + UtcTime.exact(around.time()))
                        .orElse(""));
        search.missing().forEach(each -> line.accept(UnreadWalWords.of(each) + ": what happened there is not known"));
        line.accept("");
        if (search.time().isPresent()) {
            print(search.time().get());
        } else {
            if (search.points().isEmpty()) {
                line.accept("no restore point of this name was found");
            }
            search.points().forEach(this::print);
        }
        if (!search.others().isEmpty()) {
            advice.accept(WalSearchLines.besides(search.others()));
        }
    }

    private void print(AroundTime around) {
        line.accept("before:  " + around.before().map(MomentLines::text).orElse("no commit was found"));
        line.accept("after:   " + around.after().map(MomentLines::text).orElse("no transaction ended later"));
        around.databases().forEach(this::print);
        around.stop()
                .ifPresentOrElse(
                        stop -> advice.accept("restore: " + recover(stop)),
                        () -> advice.accept("a recovery to this time would not end: without a target, it replays all"
                                + " archived WAL"));
    }

    /** The database is lost at the commit already: PostgreSQL removes the files before it. */
    private void print(HalfDropped database) {
        line.accept("a recovery to this time leaves "
                + database.oid().map(oid -> "the database with OID " + oid).orElse("a database")
                + " invalid: transaction "
                + Integer.toUnsignedString(database.xid()) + " drops it. Only this position brings it back:");
        advice.accept("whole:   " + recover(database.before().at()));
    }

    private static String text(Ended ended) {
        return UtcTime.exact(ended.time()) + "  transaction " + Integer.toUnsignedString(ended.xid())
                + (ended.isCommit() ? ", committed at " : ", rolled back at ") + ended.at();
    }

    private void print(RestorePoint point) {
        line.accept(UtcTime.exact(point.created()) + "  restore point '" + point.name() + "', at " + point.end());
        advice.accept("    restore: " + recover(point.end()));
    }

    private String recover(Lsn position) {
        return search.isReachable(position)
                ? RecoverLine.before(position, search.timeline(), "DIR").toString()
                : WalSearchLines.unreachable(position);
    }
}
