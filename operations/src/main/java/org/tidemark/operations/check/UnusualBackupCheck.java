// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.check;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;

/**
 * Whether the newest backup is like those before it: much that has changed, or that cannot be compressed any more, may
 * be encrypted by an intruder; much that is gone may be a dropped database. After the next backup it says nothing more.
 */
final class UnusualBackupCheck implements Check<CheckedRepository> {
    /** With fewer, nobody knows what is usual. */
    private static final int LEAST_COMPARED = 4;

    private static final int MOST_COMPARED = 10;

    /** In hundredths of the data. */
    private static final int LEAST_DIFFERENCE = 20;

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

        /** In hundredths. */
        long storedShare() {
            return dataBytes == 0 ? 0 : 100 * storedBytes / dataBytes;
        }
    }

    @Override
    public Subject subject() {
        return Subject.UNUSUAL;
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
                before.stream().filter(each -> each.type() == newest.type()).mapToLong(Size::storedShare));
        if (share.isPresent()
                && newest.storedShare() >= share.get() + LEAST_DIFFERENCE
                && 2 * newest.storedShare() >= 3 * share.get()) {
            String begin = "backup " + newest.id() + " in '" + repository + "' stores " + newest.storedShare()
                    + " % of the data, those before it about " + share.get() + " %: ";
            findings.add(
                    newest.type() == BaseBackup.Type.INCREMENTAL
                            ? Subject.UNUSUAL.warning(
                                    begin + "much more has changed than usual",
                                    "Was much loaded or rewritten, such as by VACUUM FULL? If nobody knows why, look"
                                            + " whether the data is still readable, and keep an earlier backup: tidemark"
                                            + " keep ID")
                            : Subject.UNUSUAL.warning(
                                    begin + "it can be compressed less than usual",
                                    "Was much loaded that is compressed or encrypted already? If nobody knows why, look"
                                            + " whether the data is still readable, and keep an earlier backup: tidemark"
                                            + " keep ID"));
        }
        Optional<Long> data = usual(before.stream().mapToLong(Size::dataBytes));
        if (data.isPresent() && 2 * newest.dataBytes() <= data.get()) {
            findings.add(Subject.UNUSUAL.warning(
                    "backup " + newest.id() + " in '" + repository + "' has " + Amounts.size(newest.dataBytes())
                            + " of data, those before it about " + Amounts.size(data.get()),
                    "Was a database or a large table dropped on purpose? If not, keep an earlier backup: tidemark keep"
                            + " ID"));
        }
        if (findings.isEmpty() && data.isPresent()) {
            findings.add(Subject.UNUSUAL.ok(
                    "the newest backup in '" + repository + "' is about as large as those before it"));
        }
        return findings;
    }

    /** The median of the last ones; empty if there are too few. */
    private static Optional<Long> usual(LongStream oldestFirst) {
        List<Long> all = oldestFirst.boxed().toList();
        List<Long> last = all.subList(Math.max(0, all.size() - MOST_COMPARED), all.size()).stream()
                .sorted()
                .toList();
        return last.size() < LEAST_COMPARED ? Optional.empty() : Optional.of(last.get(last.size() / 2));
    }
}
