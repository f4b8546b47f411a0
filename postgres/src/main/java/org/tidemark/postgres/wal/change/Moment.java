// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.wal.change;

import org.tidemark.core.Lsn;

/**
 * The moment before a record: a recovery to {@code at}, exclusive, replays everything before the record and not the
 * record. Immutable.
 *
 * @param at where the record begins
 * @param previous where the record before it begins; a recovery to it, inclusive, ends at the same moment
 */
public record Moment(Lsn at, Lsn previous) {
    static Moment earlier(Moment a, Moment b) {
        return b.at.isBefore(a.at) ? b : a;
    }
}
