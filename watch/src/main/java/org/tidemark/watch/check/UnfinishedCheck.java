// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import org.tidemark.catalog.backup.Intent;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.core.Measure;
import org.tidemark.session.reading.BackupState;
import org.tidemark.session.reading.UnfinishedCopy;

/** Backups that run, wait for their WAL, or were interrupted. */
final class UnfinishedCheck implements Check<CheckedRepository> {
    /** Expiry removes an interrupted backup after the publication limit, and runs every day. */
    private static final Duration REMOVED_AFTER = Intent.PUBLICATION_LIMIT.plusDays(1);

    @Override
    public Subject subject() {
        return Subject.UNFINISHED;
    }

    @Override
    public List<Finding> look(CheckedRepository at) {
        List<UnfinishedCopy> unfinished = at.held().stream()
                .flatMap(held -> held.unfinished().values().stream())
                .filter(each -> each.state() != BackupState.REMOVED)
                .toList();
        return unfinished.isEmpty()
                ? List.of()
                : at.findings(finding(at, unfinished, at.clock().instant()).with(Measure.COUNT, unfinished.size()));
    }

    private Finding finding(CheckedRepository at, List<UnfinishedCopy> unfinished, Instant now) {
        UnfinishedCopy last = unfinished.stream()
                .max(Comparator.comparing(UnfinishedCopy::id))
                .orElseThrow();
        boolean isLatest = at.published().stream().noneMatch(each -> each.compareTo(last.id()) > 0);
        Duration silence = Duration.between(last.newest(), now);
        String which = "backup " + last.id() + " in '" + at.name() + "' ";
        if (isLatest && last.state() == BackupState.INTERRUPTED) {
            return subject()
                    .warning(
                            which + "was interrupted: its last object is " + Amounts.duration(silence) + " old",
                            "Take another backup with: tidemark backup");
        }
        if (isLatest
                && last.state() == BackupState.WAITING
                && silence.compareTo(at.cluster().check().walAge()) > 0) {
            return subject()
                    .warning(
                            which + "has waited for its WAL for " + Amounts.duration(silence),
                            "See in the other findings why WAL is not archived. Once it is, complete the backup with:"
                                    + " tidemark cron");
        }
        long old = unfinished.stream()
                .filter(each -> !each.isUsed() && each.newest().isBefore(now.minus(REMOVED_AFTER)))
                .count();
        if (old > 0) {
            return subject()
                    .warning(
                            "'" + at.name() + "' holds what is left of "
                                    + Amounts.count(old, "interrupted backup", "interrupted backups")
                                    + " older than a week",
                            "Delete what is left with: tidemark expire --confirm");
        }
        return subject()
                .ok(
                        isLatest
                                ? which + "is not complete: it is " + last.state()
                                : "'" + at.name() + "' holds what is left of "
                                        + Amounts.count(
                                                unfinished.size(), "interrupted backup", "interrupted backups"));
    }
}
