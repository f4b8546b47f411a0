// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;

/**
 * Whether the newest backup has the usual size: much that has changed, or that compresses worse, may be encrypted by an
 * intruder; much that is gone may be a dropped database. A lasting change is told until half of the backups that are
 * compared have the new size; one large increment, until the next one.
 */
final class BackupSizeCheck implements Check<CheckedRepository> {
    /** With fewer backups, there is no usual size. */
    private static final int MIN_COMPARED = 4;

    private static final int MAX_COMPARED = 10;

    /** In points of a hundred of the data. */
    private static final int MIN_DIFFERENCE_PERCENT = 20;

    /**
     * What is compared.
     *
     * @param dataBytes of PostgreSQL's files
     * @param storedBytes for this backup
     */
    record Size(String id, BaseBackup.Type type, long dataBytes, long storedBytes) {
        static Size of(BaseBackup backup) {
            return new Size(
                    backup.id().value(),
                    backup.type(),
                    backup.contents().dataSizeBytes(),
                    backup.contents().storedSizeBytes());
        }

        long storedPercent() {
            return dataBytes == 0 ? 0 : 100 * storedBytes / dataBytes;
        }
    }

    @Override
    public Subject subject() {
        return Subject.BACKUP_SIZE;
    }

    @Override
    public List<Finding> look(CheckedRepository at) {
        List<Size> sizes = at.held().stream()
                .flatMap(held -> held.backups().stream())
                .sorted(Comparator.comparing(backup -> backup.run().ended()))
                .map(Size::of)
                .toList();
        return at.findings(of(at.name(), sizes).toArray(Finding[]::new));
    }

    /** Pure. */
    static List<Finding> of(String repository, List<Size> oldestFirst) {
        if (oldestFirst.isEmpty()) {
            return List.of();
        }
        Size newest = oldestFirst.getLast();
        List<Size> before = oldestFirst.subList(0, oldestFirst.size() - 1);
        List<Finding> findings = new ArrayList<>();
        Optional<Long> share = usual(
                before.stream().filter(each -> each.type() == newest.type()).mapToLong(Size::storedPercent));
        if (share.isPresent() && newest.storedPercent() >= share.get() + MIN_DIFFERENCE_PERCENT) {
            String begin = "backup " + newest.id() + " in '" + repository + "' stores " + newest.storedPercent()
                    + " % of the data; earlier ones stored about " + share.get() + " %: ";
            String keep =
                    " If nobody knows why, check that the tables can be read, and keep an earlier backup: tidemark"
                            + " keep " + before.getLast().id();
            findings.add(
                    newest.type() == BaseBackup.Type.INCREMENTAL
                            ? Subject.BACKUP_SIZE.warning(
                                    begin + "much more has changed than usual",
                                    "Was much data loaded or rewritten, such as by VACUUM FULL or REINDEX?" + keep)
                            : Subject.BACKUP_SIZE.warning(
                                    begin + "it compresses worse than usual",
                                    "Was data loaded that is compressed or encrypted already? Ransomware encrypts, too."
                                            + keep));
        }
        Optional<Long> data = usual(before.stream().mapToLong(Size::dataBytes));
        if (data.isPresent() && 2 * newest.dataBytes() <= data.get()) {
            findings.add(Subject.BACKUP_SIZE.warning(
                    "backup " + newest.id() + " in '" + repository + "' has " + Amounts.size(newest.dataBytes())
                            + " of data; earlier ones had about " + Amounts.size(data.get()),
                    "Was a database or a large table dropped on purpose? If not, keep an earlier backup: tidemark keep "
                            + before.getLast().id()));
        }
        if (findings.isEmpty() && data.isPresent()) {
            findings.add(Subject.BACKUP_SIZE.ok("the newest backup in '" + repository + "' has about the usual size"));
        }
        return findings;
    }

    /** The median of the last ones; empty if there are too few. */
    private static Optional<Long> usual(LongStream oldestFirst) {
        List<Long> all = oldestFirst.boxed().toList();
        List<Long> last = all.subList(Math.max(0, all.size() - MAX_COMPARED), all.size()).stream()
                .sorted()
                .toList();
        return last.size() < MIN_COMPARED ? Optional.empty() : Optional.of(last.get(last.size() / 2));
    }
}
