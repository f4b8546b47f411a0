// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.check;

import org.tidemark.archiver.ahead.UnusedNotes;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;

/** Whether wal-push can archive segments ahead. Without it nothing is lost but time. Pure. */
final class ArchivingAheadCheck {
    private ArchivingAheadCheck() {}

    static Finding finding(UnusedNotes unused) {
        String slow = ". So wal-push starts Java for each segment, and archives none ahead, since "
                + Amounts.second(unused.since());
        if (unused.ofTheShell()) {
            return Subject.ARCHIVING_AHEAD.warning(
                    "the shell that runs archive_command cannot use what was archived ahead: it compares times in"
                            + " seconds, as busybox does" + slow,
                    "Use a system whose sh is dash or bash, if WAL is written faster than it is archived.");
        }
        String what = unused.names().isEmpty()
                ? "different arguments, or different values of variables that decide where WAL goes,"
                : "a different value of "
                        + String.join(", ", unused.names().stream().sorted().toList());
        return Subject.ARCHIVING_AHEAD.warning(
                "archive_command runs with " + what + " for each segment" + slow,
                "Use the same arguments and values for each call, or set them in the configuration instead.");
    }
}
