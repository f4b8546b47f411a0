// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.backup.BaseBackup.Contents;
import org.tidemark.catalog.backup.BaseBackup.DamagedPage;
import org.tidemark.catalog.backup.Frame.Encoder.PlainPart;
import org.tidemark.core.Lsn;
import org.tidemark.postgres.PageCheck;
import org.tidemark.postgres.PageCheck.PageVerdict;
import org.tidemark.postgres.RelationFile;

/** Checks the pages in the parts of frames, and collects the damaged ones. Thread-safe. */
final class PageFindings {
    /** Pages about which only the end of the backup can tell; more of them count as damaged. */
    private static final int MAX_UNDECIDED = 100_000;

    private final PageRules rules;
    private final List<DamagedPage> damaged = new ArrayList<>();
    private final List<UndecidedPage> undecided = new ArrayList<>();
    private long damagedCount;

    /**
     * What is the same for all pages of a cluster.
     *
     * @param relationSegmentPages how many pages one file of a relation has at most
     */
    record PageRules(int pageSizeBytes, boolean dataChecksums, int relationSegmentPages, Lsn backupStart) {
        PageCheck newCheck() {
            return new PageCheck(pageSizeBytes, dataChecksums ? 1 : 0, backupStart);
        }
    }

    private record UndecidedPage(DamagedPage page, PageVerdict.Undecided verdict) {}

    PageFindings(PageRules rules) {
        this.rules = rules;
    }

    /** Judges every whole page of the parts; no part but the last of a file ends within a page. */
    void check(byte[] data, List<PlainPart> parts) {
        PageCheck check = rules.newCheck();
        for (PlainPart part : parts) {
            Optional<RelationFile> file = RelationFile.of(part.path());
            if (file.isPresent()) {
                check(check, data, part, file.get());
            }
        }
    }

    private void check(PageCheck check, byte[] data, PlainPart part, RelationFile file) {
        int pageSize = rules.pageSizeBytes();
        long firstOfFile = file.firstBlock(rules.relationSegmentPages());
        long inFile = part.at() / pageSize;
        for (int at = 0; at + pageSize <= part.size(); at += pageSize, inFile++) {
            switch (check.judge(data, part.offset() + at, firstOfFile + inFile)) {
                case PageVerdict.Sound sound -> {}
                case PageVerdict.Damaged found -> addDamaged(new DamagedPage(part.path(), inFile, found.reason()));
                case PageVerdict.Undecided found ->
                    addUndecided(new UndecidedPage(new DamagedPage(part.path(), inFile, found.reason()), found));
            }
        }
    }

    private synchronized void addDamaged(DamagedPage page) {
        damagedCount++;
        if (damaged.size() < Contents.MAX_DAMAGED_PAGES) {
            damaged.add(page);
        }
    }

    private synchronized void addUndecided(UndecidedPage page) {
        if (undecided.size() < MAX_UNDECIDED) {
            undecided.add(page);
        } else {
            addDamaged(page.page());
        }
    }

    /** PostgreSQL said that a page is damaged, and none of those that were judged here is. */
    synchronized void addServerFailure(String message) {
        if (damagedCount == 0) {
            addDamaged(new DamagedPage(".", 0, message));
        }
    }

    /** Decides about the rest; called once, when the end of the backup is known. */
    synchronized void decide(Lsn backupStop) {
        for (UndecidedPage page : undecided) {
            if (page.verdict().isDamage(backupStop)) {
                addDamaged(page.page());
            }
        }
        undecided.clear();
    }

    /** At most as many as a backup lists, in order of path and block. */
    synchronized List<DamagedPage> damaged() {
        return damaged.stream()
                .sorted(Comparator.comparing(DamagedPage::path).thenComparingLong(DamagedPage::block))
                .toList();
    }

    synchronized long damagedCount() {
        return damagedCount;
    }
}
