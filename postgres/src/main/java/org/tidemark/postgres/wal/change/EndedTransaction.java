// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.wal.change;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.tidemark.core.Lsn;
import org.tidemark.postgres.wal.change.Change.Kind;

/**
 * What a transaction did, as its WAL tells. Immutable.
 *
 * @param xid to be read as unsigned ({@link #unsignedXid}); numbers are used again after 2^32 transactions
 * @param outcome of the transaction. A subtransaction that was rolled back alone has a result of its own
 * @param parent the transaction of a subtransaction that was rolled back alone, if WAL says it
 * @param parts the numbers of its subtransactions
 * @param isTwoPhase whether it was prepared; then its end is COMMIT PREPARED or ROLLBACK PREPARED
 * @param time of its end by the server's clock; times are not in the order of the records
 * @param first the moment before its first record that was read
 * @param look the moment before its first exclusive lock: until there, a standby that pauses can still read the
 *     relations. Empty if it took none
 * @param end the moment before its end: a server that is promoted there has everything that was committed before
 * @param endOfEnd the position past the record of its end
 * @param database OID; empty if its records do not tell
 * @param relations the rows that it wrote, by file; {@link RelFileLocator#isSystem} tells system catalogs apart
 * @param rest the rows in files that are not in {@code relations}, if the follower's limit was reached
 * @param changes none if it was rolled back, and no mass changes ({@link #massChanges})
 * @param created the relations that it created, by OID, as far as their rows of pg_class were read; not the temporary
 *     ones, and none if it was rolled back
 * @param knowledge how much of it was read
 */
public record EndedTransaction(
        int xid,
        Outcome outcome,
        Optional<Integer> parent,
        List<Integer> parts,
        boolean isTwoPhase,
        Instant time,
        Moment first,
        Optional<Moment> look,
        Moment end,
        Lsn endOfEnd,
        OptionalLong database,
        Map<RelFileLocator, RowCounts> relations,
        RowCounts rest,
        List<Change> changes,
        Map<Long, Created> created,
        Set<Gap> knowledge) {
    public EndedTransaction {
        parts = List.copyOf(parts);
        relations = Map.copyOf(relations);
        changes = List.copyOf(changes);
        created = Map.copyOf(created);
        knowledge = Set.copyOf(knowledge);
    }

    /**
     * A relation that was created.
     *
     * @param name without its schema
     * @param hasName whether an operator would name it: a table or a view, not an index, a sequence or a TOAST table
     */
    public record Created(String name, boolean hasName) {}

    /** How it ended. */
    public enum Outcome {
        COMMITTED,
        ROLLED_BACK
    }

    /** Why less is known of a transaction than its WAL tells. */
    public enum Gap {
        /** It may have begun before what was read: rows, locks and new files may be missing. */
        BEGUN_BEFORE,
        /** The follower's limit was reached: some rows are counted together, some locks and new files are missing. */
        MERGED,
        /**
         * It created a relation whose row of pg_class is only in a compressed page image: a relation that it created,
         * for example a temporary one, may be taken for one that it dropped, above all before PostgreSQL 15.
         */
        UNREAD,
        /** A record of it is damaged, or longer than what is read of one. */
        CUT_OFF
    }

    /**
     * Whether it has a number, or a subtransaction of it does, as {@code xmin} of a row may be.
     *
     * @param number as PostgreSQL prints it
     */
    public boolean has(long number) {
        return number == unsignedXid()
                || (!parts.isEmpty() && parts.contains((int) number) && number == Integer.toUnsignedLong((int) number));
    }

    /** As PostgreSQL prints it. */
    public long unsignedXid() {
        return Integer.toUnsignedLong(xid);
    }

    /** The kinds of {@link #changes}. */
    public Set<Kind> kinds() {
        return Set.copyOf(changes.stream().map(Change::kind).toList());
    }

    /**
     * Files of which at least so many rows were deleted or updated, also in {@link #relations} of system catalogs; none
     * if it was rolled back.
     */
    public List<Change> massChanges(long rows) {
        List<Change> found = new ArrayList<>();
        if (outcome == Outcome.COMMITTED) {
            relations.forEach((file, counts) -> {
                if (counts.deleted() >= rows) {
                    found.add(mass(Kind.MASS_DELETE, file, counts.deleted()));
                }
                if (counts.updated() >= rows) {
                    found.add(mass(Kind.MASS_UPDATE, file, counts.updated()));
                }
            });
        }
        return found;
    }

    private Change mass(Kind kind, RelFileLocator file, long rows) {
        return new Change(kind, List.of(), List.of(), List.of(file), rows, false, end);
    }
}
