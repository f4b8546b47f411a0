// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.bundle;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.backup.BaseBackup.Contents;
import org.tidemark.catalog.backup.BaseBackup.DamagedPage;
import org.tidemark.catalog.backup.Frame.Encoder.PlainPart;
import org.tidemark.catalog.backup.Placement.Stretch;
import org.tidemark.core.HostFiles.OpenFile;
import org.tidemark.core.Lsn;
import org.tidemark.postgres.PageCheck;
import org.tidemark.postgres.PageCheck.PageVerdict;
import org.tidemark.postgres.RelationFile;

/** Checks the pages in the parts of frames, and collects the damaged ones. Thread-safe. */
public final class PageFindings {
    /** Pages that can be judged only when the end of the backup is known; any beyond this number count as damaged. */
    private static final int MAX_UNDECIDED = 100_000;

    /** PostgreSQL usually writes a page within microseconds. */
    private static final int ATTEMPTS = 6;

    private final PageRules rules;
    private volatile boolean serverVerifies;
    /** Each has arrays as long as a page, and cannot be shared. */
    private final ThreadLocal<PageCheck> checks;

    private final List<DamagedPage> damaged = new ArrayList<>();
    private final List<UndecidedPage> undecided = new ArrayList<>();
    private long damagedCount;

    /**
     * The rules that are the same for all pages of a cluster.
     *
     * @param serverVerifies whether PostgreSQL verifies the checksums of the pages that it sends
     * @param relationSegmentPages how many pages one file of a relation has at most
     */
    record PageRules(
            int pageSizeBytes,
            boolean dataChecksums,
            boolean serverVerifies,
            int relationSegmentPages,
            Lsn backupStart) {
        PageCheck newCheck() {
            return new PageCheck(pageSizeBytes, dataChecksums ? 1 : 0, backupStart);
        }
    }

    private record UndecidedPage(DamagedPage page, PageVerdict.Undecided verdict) {}

    PageFindings(PageRules rules) {
        this.rules = rules;
        this.serverVerifies = rules.serverVerifies();
        this.checks = ThreadLocal.withInitial(rules::newCheck);
    }

    /**
     * PostgreSQL has warned, perhaps of a damaged page: from here on every page is checked whole. PostgreSQL warns
     * before it sends the page.
     */
    void doubtServer() {
        serverVerifies = false;
    }

    /**
     * Checks every complete page of a part that PostgreSQL has sent; only the last part of a file may end within a
     * page. What PostgreSQL itself has verified is not verified again, unless it warned.
     */
    void check(byte[] data, PlainPart part) throws IOException {
        check(data, part, Optional.empty());
    }

    /**
     * Like the other method, but reads a suspicious page again from {@code file}, into {@code data}: PostgreSQL may
     * have been writing it.
     */
    void check(byte[] data, PlainPart part, OpenFile file) throws IOException {
        check(data, part, Optional.of(file));
    }

    private void check(byte[] data, PlainPart part, Optional<OpenFile> file) throws IOException {
        Optional<RelationFile> relation = RelationFile.of(part.path());
        if (relation.isEmpty()) {
            return;
        }
        PageCheck check = checks.get();
        boolean verified = serverVerifies;
        int pageSize = rules.pageSizeBytes();
        long firstOfFile = relation.get().firstBlock(rules.relationSegmentPages());
        for (Stretch stretch : part.placement().stretches()) {
            long inFile = stretch.at() / pageSize;
            for (int at = 0; at + pageSize <= stretch.sizeBytes(); at += pageSize, inFile++) {
                int offset = part.offset() + stretch.offset() + at;
                PageVerdict verdict = verified
                        ? check.judgeVerified(data, offset, firstOfFile + inFile)
                        : check.judge(data, offset, firstOfFile + inFile);
                if (file.isPresent() && !(verdict instanceof PageVerdict.Sound)) {
                    verdict = readAgain(check, data, offset, stretch.at() + at, firstOfFile + inFile, file.get());
                }
                switch (verdict) {
                    case PageVerdict.Sound sound -> {}
                    case PageVerdict.Damaged found -> addDamaged(new DamagedPage(part.path(), inFile, found.reason()));
                    case PageVerdict.Undecided found ->
                        addUndecided(new UndecidedPage(new DamagedPage(part.path(), inFile, found.reason()), found));
                }
            }
        }
    }

    private static PageVerdict readAgain(PageCheck check, byte[] data, int offset, long at, long block, OpenFile file)
            throws IOException {
        PageVerdict verdict = PageVerdict.Sound.NEW;
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            pause(attempt);
            int count = file.read(at, data, offset, check.pageSizeBytes());
            Arrays.fill(data, offset + count, offset + check.pageSizeBytes(), (byte) 0);
            verdict = check.judge(data, offset, block);
            if (verdict instanceof PageVerdict.Sound) {
                break;
            }
        }
        return verdict;
    }

    /** 0, 1, 2, 4 ... ms. */
    private static void pause(int attempt) throws InterruptedIOException {
        if (attempt > 0) {
            try {
                Thread.sleep(1L << (attempt - 1));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted before a page was read again");
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

    /** PostgreSQL reported a damaged page. It is added only if no page was found damaged here. */
    synchronized void addServerFailure(String message) {
        if (damagedCount == 0) {
            addDamaged(new DamagedPage(".", 0, message));
        }
    }

    /** Judges the undecided pages; called once, when the end of the backup is known. */
    synchronized void decide(Lsn backupStop) {
        for (UndecidedPage page : undecided) {
            if (page.verdict().isDamage(backupStop)) {
                addDamaged(page.page());
            }
        }
        undecided.clear();
    }

    /** At most as many as a backup lists, in order of path and block. */
    public synchronized List<DamagedPage> damaged() {
        return damaged.stream()
                .sorted(Comparator.comparing(DamagedPage::path).thenComparingLong(DamagedPage::block))
                .toList();
    }

    /** How many pages are damaged; more than are listed if there are many. */
    public synchronized long damagedCount() {
        return damagedCount;
    }
}
