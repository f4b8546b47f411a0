// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import org.tidemark.catalog.backup.Mark.Scope;

/**
 * What a verification reads. That objects are there, and how long they are, is looked up whatever it says. Immutable.
 *
 * @param extent which objects are read
 * @param scope {@code ALL}: stored bytes, and the data that comes out of them; {@code STORED}: the first alone
 * @param jobs how many objects are read at the same time, 1 to {@value #MAX_JOBS}
 */
public record VerifyOptions(Extent extent, Scope scope, int jobs) {
    public static final int MAX_JOBS = 64;

    /** Which objects are read. */
    public enum Extent {
        /** Those of backups, and their WAL, unless a mark says that they were read before. */
        UNMARKED,
        /** Every object, whatever marks say, and WAL that no backup needs. */
        EVERYTHING
    }

    public VerifyOptions {
        if (jobs < 1 || jobs > MAX_JOBS) {
            throw new IllegalArgumentException("not a number of jobs: " + jobs + " (expected 1 to " + MAX_JOBS + ")");
        }
    }
}
