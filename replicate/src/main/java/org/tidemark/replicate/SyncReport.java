// SPDX-License-Identifier: Apache-2.0
package org.tidemark.replicate;

import java.util.ArrayList;
import java.util.List;
import org.tidemark.replicate.SyncReport.SyncProblem;

/**
 * The objects that were copied from one repository to another, or would be copied. Immutable.
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
 * @param repaired damaged objects of which a copy was stored beside them
 */
public record SyncReport(
        long objects,
        long bytes,
        List<String> backups,
        long compared,
        List<SyncProblem> problems,
        long problemCount,
        List<String> notCopied,
        long notCopiedCount,
        long repaired) {
    public static final int MAX_PROBLEMS = 1000;

    public SyncReport {
        backups = List.copyOf(backups);
        problems = List.copyOf(problems);
        notCopied = List.copyOf(notCopied);
    }

    /**
     * A problem that copying does not solve. Immutable.
     *
     * @param subject a key, or the id of a backup
     */
    public record SyncProblem(Kind kind, String subject, String text) {
        /** The kind of a problem. */
        public enum Kind {
            /** Both repositories hold it, with different content; both were left alone. */
            CONFLICT,
            /** A copy does not match its digest; it was not copied. */
            DAMAGED,
            /**
             * A backup whose WAL, or one of whose objects, the other repository does not have: it was not published.
             */
            INCOMPLETE
        }
    }

    /** Gathers what becomes a {@link SyncReport}. Thread-safe. */
    static final class SyncCounts {
        private final ArchiveSync.Listener listener;
        private final List<String> backups = new ArrayList<>();
        private final List<SyncProblem> problems = new ArrayList<>();
        private long objects;
        private long bytes;
        private long compared;
        private final List<String> notCopied = new ArrayList<>();
        private long problemCount;
        private long notCopiedCount;
        private long repaired;

        SyncCounts(ArchiveSync.Listener listener) {
            this.listener = listener;
        }

        synchronized void copied(long sizeBytes) {
            objects++;
            bytes += sizeBytes;
            listener.copied(objects, bytes);
        }

        /** Counts it as copied as well. */
        synchronized void repaired(long sizeBytes) {
            repaired++;
            copied(sizeBytes);
        }

        synchronized void compared() {
            compared++;
        }

        synchronized void published(String backup) {
            backups.add(backup);
        }

        synchronized void problem(SyncProblem.Kind kind, String subject, String text) {
            problemCount++;
            if (problems.size() < SyncReport.MAX_PROBLEMS) {
                problems.add(new SyncProblem(kind, subject, text));
            }
        }

        /** @param key of an object that this version does not know; or a folder, with its slash */
        synchronized void notCopied(String key) {
            notCopiedCount++;
            if (notCopied.size() < SyncReport.MAX_PROBLEMS) {
                notCopied.add(key);
            }
        }

        synchronized SyncReport report() {
            return new SyncReport(
                    objects, bytes, backups, compared, problems, problemCount, notCopied, notCopiedCount, repaired);
        }
    }
}
