// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.util.List;

/**
 * What came of a push that succeeded. Immutable.
 *
 * @param late repositories that do not hold the file yet
 * @param unqueued repositories that do not hold it, and for which nothing remembers it
 * @param refused what was kept for a repository, and what it will never take as it is
 * @param abandoned whether threads are left that still wait for a store, so that stores must not be closed
 */
public record PushReport(List<Late> late, List<Unqueued> unqueued, List<Refused> refused, boolean abandoned) {
    static final PushReport COMPLETE = new PushReport(List.of(), List.of(), List.of(), false);

    public PushReport {
        late = List.copyOf(late);
        unqueued = List.copyOf(unqueued);
        refused = List.copyOf(refused);
    }

    /**
     * A repository for which the file is kept in the spool.
     *
     * @param reason why it does not hold it
     * @param waiting how many objects are kept for it now
     */
    public record Late(String repository, String reason, int waiting) {}

    /**
     * A repository that does not hold the file, and for which it could not be queued: only {@code sync} fills it.
     *
     * @param reason why it does not hold it
     * @param problem why it is not queued
     */
    public record Unqueued(String repository, String reason, String problem) {}

    /** An object that was put aside. */
    public record Refused(String repository, String keyName, String problem) {}
}
