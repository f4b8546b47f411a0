// SPDX-License-Identifier: Apache-2.0
package org.tidemark.walsearch;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.tidemark.postgres.wal.change.Change;
import org.tidemark.postgres.wal.change.EndedTransaction;
import org.tidemark.postgres.wal.change.Moment;

/**
 * A change that was found. Immutable.
 *
 * @param transaction that made it
 * @param what it was made to: relations, a database or a tablespace; at least one
 * @param database its name, or its OID where no backup knows it; empty for a tablespace
 * @param lost the tables that were asked for and were in a database that was dropped
 * @param rows that were deleted or updated, for the two mass kinds
 * @param of how many rows there were in the tables, by the statistics of the backup that the names are from
 * @param between how many other transactions were committed from the look moment to the end; empty if they were not
 *     counted
 */
public record Hit(
        EndedTransaction transaction,
        Change change,
        List<Named> what,
        Optional<String> database,
        List<Named> lost,
        OptionalLong rows,
        OptionalLong of,
        OptionalLong between) {
    public Hit {
        what = List.copyOf(what);
        lost = List.copyOf(lost);
    }

    /**
     * Something with an OID.
     *
     * @param name with its schema, as SQL writes it; empty where no backup knows it
     * @param oid or, of a table that no backup knows, the number of its file: it is the OID unless the table got a new
     *     file since it was created
     * @param isFile whether it is the number of a file
     * @param isUnlogged whether no recovery has its rows
     */
    public record Named(Optional<String> name, long oid, boolean isFile, boolean isUnlogged) {
        /** For people. */
        public String text() {
            return name.orElse(isFile ? "the table with file " + oid : "OID " + oid)
                    + (isUnlogged ? " (unlogged: no recovery has its rows)" : "");
        }
    }

    /**
     * The last moment at which a server that pauses can still read the table: a recovery replays the transaction's
     * exclusive locks long before its end. Empty if there is none but {@link #restore}.
     */
    public Optional<Moment> look() {
        return look(transaction, change);
    }

    static Optional<Moment> look(EndedTransaction transaction, Change change) {
        return change.before().equals(transaction.end())
                ? transaction
                        .look()
                        .filter(each -> each.at().isBefore(transaction.end().at()))
                : Optional.empty();
    }

    /** The last moment at which a server that is opened for writing has what the change removed. */
    public Moment restore() {
        return change.before();
    }
}
