// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.util.List;

/** What is certain about a requested file; whatever is not certain is an exception. */
public sealed interface FetchResult {
    /**
     * The verified file is at its target, durable.
     *
     * @param from the repository that it came from
     * @param passedOver those that were asked before and could not deliver it, although they did not say "no"
     */
    record Restored(String from, List<PassedOver> passedOver) implements FetchResult {
        public Restored {
            passedOver = List.copyOf(passedOver);
        }

        /** By the first one that was asked, or the others answered that they do not have it. */
        public Restored(String from) {
            this(from, List.of());
        }
    }

    /**
     * The history of a timeline is not archived, but WAL of it is, and this recovery ends on an earlier timeline: a
     * file without a switch is at the target, so that PostgreSQL does not take the timeline's id.
     *
     * @param walFile of that timeline
     * @param repository that holds it
     */
    record IdTaken(String walFile, String repository) implements FetchResult {}

    /** For this recovery there is no such file: every repository answered so, or it is not on its timeline path. */
    record Absent(String reason) implements FetchResult {}

    /** A repository whose copy is damaged, or that did not answer. */
    record PassedOver(String repository, String problem) {}
}
