// SPDX-License-Identifier: Apache-2.0
package org.tidemark.replicate;

import java.util.ArrayList;
import java.util.List;

/** Gathers what becomes a {@link SyncReport}. Thread-safe. */
final class SyncCounts {
    private final SyncListener listener;
    private final List<String> backups = new ArrayList<>();
    private final List<SyncProblem> problems = new ArrayList<>();
    private long objects;
    private long bytes;
    private long compared;
    private final List<String> notCopied = new ArrayList<>();
    private long problemCount;
    private long notCopiedCount;

    SyncCounts(SyncListener listener) {
        this.listener = listener;
    }

    synchronized void copied(long sizeBytes) {
        objects++;
        bytes += sizeBytes;
        listener.copied(objects, bytes);
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
        return new SyncReport(objects, bytes, backups, compared, problems, problemCount, notCopied, notCopiedCount);
    }
}
