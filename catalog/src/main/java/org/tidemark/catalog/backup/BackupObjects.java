// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import org.tidemark.core.Amounts;
import org.tidemark.store.ObjectKey;

/** Which of the objects that a backup consists of a repository holds, by a listing of their names and sizes. */
public sealed interface BackupObjects {
    /** Nobody has listed them for this: the repository may hold all of them, or none. */
    record NotListed() implements BackupObjects {}

    /** All of them were there, with their sizes. */
    record Complete(Instant at) implements BackupObjects {}

    /**
     * Some of them are missing, or have another size: nothing can be restored with what is left.
     *
     * @param first at most {@value #MAX_NAMED} of them, at least one
     * @param count of all
     */
    record Lacking(Instant at, List<Flaw> first, int count) implements BackupObjects {
        static final int MAX_NAMED = 3;

        public Lacking {
            first = List.copyOf(first);
        }

        /** For people: a clause without a subject. */
        public String problem() {
            return "lacks " + Amounts.count(count, "of its objects", "of its objects") + ": "
                    + first.stream()
                            .map(each -> "'" + each.key() + "' " + each.problem())
                            .collect(Collectors.joining(", "))
                    + (count > first.size() ? ", ..." : "");
        }
    }

    /**
     * What is wrong with one object.
     *
     * @param problem a clause that goes on after the key
     */
    record Flaw(ObjectKey key, String problem) {}
}
