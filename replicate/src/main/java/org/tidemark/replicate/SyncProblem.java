// SPDX-License-Identifier: Apache-2.0
package org.tidemark.replicate;

/**
 * A problem that copying does not solve. Immutable.
 *
 * @param subject a key, or the id of a backup
 */
public record SyncProblem(Kind kind, String subject, String text) {
    /** What is wrong. */
    public enum Kind {
        /** Both repositories hold it, with different content; both were left alone. */
        CONFLICT,
        /** A copy does not match its digest; it was not copied. */
        DAMAGED,
        /** A backup whose WAL, or one of whose objects, the other repository does not have: it was not published. */
        INCOMPLETE
    }
}
