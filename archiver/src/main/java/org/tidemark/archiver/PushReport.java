// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.util.List;

/**
 * The result of a push that succeeded. Immutable.
 *
 * @param lagging repositories that do not hold the file yet
 * @param unqueued repositories that do not hold it, and for which it is not queued either
 * @param refused objects that were queued for a repository which will never take them as they are
 * @param abandoned whether threads are left that still wait for a store, so that stores must not be closed
 */
public record PushReport(List<Lagging> lagging, List<Unqueued> unqueued, List<Refused> refused, boolean abandoned) {
    static final PushReport COMPLETE = new PushReport(List.of(), List.of(), List.of(), false);

    public PushReport {
        lagging = List.copyOf(lagging);
        unqueued = List.copyOf(unqueued);
        refused = List.copyOf(refused);
    }

    /**
     * A repository for which the file is queued in the spool.
     *
     * @param reason why it does not hold it
     * @param waiting how many objects are queued for it now
     */
    public record Lagging(String repository, String reason, int waiting) {}

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
