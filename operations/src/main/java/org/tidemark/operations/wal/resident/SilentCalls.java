// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.wal.resident;

import java.util.Set;
import java.util.TreeSet;
import org.tidemark.postgres.ArchiveStatus;

/** Counts the files that PostgreSQL takes for archived from now on: each is the end of a call. Not thread-safe. */
final class SilentCalls {
    private final ArchiveStatus marks;
    private Set<String> done;
    private int count;

    SilentCalls(ArchiveStatus marks) {
        this.marks = marks;
        this.done = marks.done();
    }

    /** How many have come until now. */
    int count() {
        Set<String> present = marks.done();
        Set<String> fresh = new TreeSet<>(present);
        fresh.removeAll(done);
        count += fresh.size();
        done = present;
        return count;
    }
}
