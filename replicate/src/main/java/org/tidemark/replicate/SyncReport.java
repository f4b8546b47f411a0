// SPDX-License-Identifier: Apache-2.0
package org.tidemark.replicate;

import java.util.List;

/**
 * What was copied from one repository to another, or would be copied. Immutable.
 *
 * @param objects that were missing
 * @param bytes as they are stored
 * @param backups ids that were published
 * @param compared objects that both hold
 * @param problems at most {@value #MAX_PROBLEMS}
 * @param problemCount how many there were
 * @param notCopied at most {@value #MAX_PROBLEMS} keys of objects, and folders with their slash, that this version does
 *     not know and left alone
 * @param notCopiedCount how many there were
 */
public record SyncReport(
        long objects,
        long bytes,
        List<String> backups,
        long compared,
        List<SyncProblem> problems,
        long problemCount,
        List<String> notCopied,
        long notCopiedCount) {
    public static final int MAX_PROBLEMS = 1000;

    public SyncReport {
        backups = List.copyOf(backups);
        problems = List.copyOf(problems);
        notCopied = List.copyOf(notCopied);
    }
}
