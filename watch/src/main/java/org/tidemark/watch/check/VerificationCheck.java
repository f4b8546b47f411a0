// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.Mark.BackupMarks;
import org.tidemark.catalog.backup.Mark.Verified;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.core.Measure;
import org.tidemark.core.Threshold;

/** Backups that nobody has read since long. */
final class VerificationCheck implements Check<CheckedRepository> {
    private record Unread(BackupId id, Duration age) {}

    @Override
    public Subject subject() {
        return Subject.VERIFICATION;
    }

    @Override
    public List<Finding> look(CheckedRepository at) {
        Duration limit = at.cluster().check().unverifiedFor();
        Instant now = at.clock().instant();
        List<Unread> all = at.held().stream()
                .flatMap(held -> held.backups().stream()
                        .map(backup -> new Unread(backup.id(), Duration.between(lastRead(backup, held.marks()), now))))
                .toList();
        Optional<Unread> oldest = all.stream().max(Comparator.comparing(Unread::age));
        if (oldest.isEmpty()) {
            return List.of(); // another finding says so
        }
        List<Unread> late =
                all.stream().filter(each -> each.age().compareTo(limit) > 0).toList();
        Finding finding = late.isEmpty()
                ? subject()
                        .ok("each backup in '" + at.name() + "' was verified, or taken, in the last "
                                + Amounts.duration(limit))
                : subject()
                        .warning(
                                Amounts.count(late.size(), "backup", "backups") + " in '" + at.name()
                                        + "' " + (late.size() == 1 ? "has" : "have")
                                        + " not been verified for more than "
                                        + Amounts.duration(limit) + ": "
                                        + oldest.get().id() + " for "
                                        + Amounts.duration(oldest.get().age()),
                                "Verify what is stored with: tidemark verify --all");
        return at.findings(finding.with(
                Measure.UNVERIFIED,
                Math.max(0, oldest.get().age().toSeconds()),
                Threshold.warnAbove(limit.toSeconds())));
    }

    private static Instant lastRead(BaseBackup backup, BackupMarks marks) {
        return marks.verified(backup.id())
                .map(Verified::readSince)
                .orElse(backup.run().ended());
    }
}
