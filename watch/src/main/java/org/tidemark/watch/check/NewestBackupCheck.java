// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BaseBackup.Lineage;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.core.Measure;
import org.tidemark.core.Threshold;
import org.tidemark.session.reading.IncarnationReading;

/** Whether there is a backup that can be read, how old the newest one is, and whether the cluster had damage then. */
final class NewestBackupCheck implements Check<CheckedRepository> {
    @Override
    public Subject subject() {
        return Subject.BACKUP;
    }

    @Override
    public List<Finding> look(CheckedRepository at) {
        List<Finding> findings = new ArrayList<>();
        at.held().ifPresent(held -> {
            unreadable(at, held, findings);
            newest(at, held, findings);
        });
        return at.findings(findings.toArray(Finding[]::new));
    }

    private void unreadable(CheckedRepository at, IncarnationReading held, List<Finding> findings) {
        for (CatalogEntry entry : held.entries()) {
            if (entry instanceof CatalogEntry.Unreadable each) {
                findings.add(subject()
                        .critical(
                                "backup " + each.id() + " in '" + at.name() + "' cannot be read: " + each.problem(),
                                "See what is damaged with: tidemark verify " + each.id()));
            }
        }
    }

    /** A backup that lacks objects does not count; {@link BackupObjectsCheck} names it. */
    private void newest(CheckedRepository at, IncarnationReading held, List<Finding> findings) {
        Instant now = at.clock().instant();
        List<CatalogEntry.Published> published = held.published();
        Optional<BaseBackup> newest = published.stream()
                .filter(each -> each.lacking().isEmpty())
                .map(CatalogEntry.Published::backup)
                .max(Comparator.comparing((BaseBackup backup) -> !backup.run().isAhead(now))
                        .thenComparing(backup -> backup.run().ended()));
        if (newest.isEmpty()) {
            if (published.isEmpty()) {
                findings.add(subject()
                        .critical(
                                "there is no backup in '" + at.name() + "'",
                                "Take one with: tidemark backup. If another repository has one, copy it with: tidemark"
                                        + " sync"));
            }
            return;
        }
        BaseBackup backup = newest.get();
        Duration age = Duration.between(backup.run().ended(), now);
        if (age.isNegative() && backup.run().isAhead(now)) {
            findings.add(
                    subject()
                            .warning(
                                    "the newest backup in '" + at.name() + "' is " + backup.id()
                                            + ", which is dated in the future",
                                    "Synchronize the clocks ('timedatectl' shows whether one is). Then take a backup with: tidemark backup"));
            return;
        }
        Duration limit = at.cluster().check().backupAge();
        String message = "the newest backup in '" + at.name() + "' is " + backup.id() + ", " + Amounts.duration(age)
                + " old" + oldestPart(backup, now);
        findings.add((age.compareTo(limit) > 0
                        ? subject().warning(message, "Take one with: tidemark backup")
                        : subject().ok(message))
                .with(Measure.AGE, Math.max(0, age.toSeconds()), Threshold.warnAbove(limit.toSeconds())));
        List<String> warnings = backup.run().warnings();
        if (!warnings.isEmpty()) {
            findings.add(subject()
                    .warning(
                            "backup " + backup.id() + " in '" + at.name() + "' had "
                                    + Amounts.count(warnings.size(), "warning", "warnings") + " when it was taken: "
                                    + warnings.getFirst() + (warnings.size() > 1 ? ", ..." : ""),
                            "See its warnings with: tidemark show-backup " + backup.id()
                                    + ". Once a newer backup has none, this finding is gone"));
        }
        long pages = backup.contents().damagedPagesCount();
        if (pages > 0) {
            findings.add(Subject.PAGES.critical(
                    "backup " + backup.id() + " found " + Amounts.count(pages, "damaged page", "damaged pages")
                            + " in the cluster itself",
                    "List them with: tidemark show-backup " + backup.id()));
        }
    }

    /** Of an incremental backup: for how long the same stored bytes are relied on. */
    private static String oldestPart(BaseBackup backup, Instant now) {
        return backup.objects()
                .lineage()
                .map(Lineage::oldestFrame)
                .filter(oldest -> !oldest.equals(backup.id()))
                .map(oldest -> "; the oldest data that it refers to was stored by backup " + oldest + ", "
                        + Amounts.duration(Duration.between(oldest.started(), now)) + " ago")
                .orElse("");
    }
}
