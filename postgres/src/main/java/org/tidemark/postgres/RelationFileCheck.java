// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.util.ArrayList;
import java.util.List;
import org.tidemark.core.Lsn;
import org.tidemark.postgres.PageCheck.PageVerdict;

/** Checks the pages of one relation file while a backup reads it. Not thread-safe. */
public final class RelationFileCheck {
    /** The maximum number of findings in the result of one file; the result counts all of them. */
    public static final int FINDINGS_LIMIT = 1000;

    /**
     * A page that is damaged or undecided.
     *
     * @param block the page's number in the whole fork
     * @param verdict {@code Damaged} or {@code Undecided}
     */
    public record Finding(String path, long block, PageVerdict verdict) {}

    /**
     * The result of the check of a file.
     *
     * @param findings in the order of the pages, at most {@link #FINDINGS_LIMIT}
     * @param findingsCount the number of all findings
     * @param pages the number of complete pages
     */
    public record Result(List<Finding> findings, long findingsCount, long pages) {}

    private final RelationFile file;
    private final PageCheck check;
    private final byte[] split;
    private int splitBytes;
    private long block;
    private final long firstBlock;
    private final List<Finding> findings = new ArrayList<>();
    private long findingsCount;

    public RelationFileCheck(RelationFile file, PageCheck check, int relationSegmentPages) {
        this.file = file;
        this.check = check;
        this.split = new byte[check.pageSizeBytes()];
        this.firstBlock = file.firstBlock(relationSegmentPages);
        this.block = firstBlock;
    }

    /** Checks the next bytes of the file, in pieces of any length. */
    public void update(byte[] bytes, int offset, int length) {
        int at = offset;
        int end = offset + length;
        while (at < end) {
            if (splitBytes == 0 && end - at >= split.length) {
                judge(bytes, at);
                at += split.length;
            } else {
                int count = Math.min(split.length - splitBytes, end - at);
                System.arraycopy(bytes, at, split, splitBytes, count);
                at += count;
                splitBytes += count;
                if (splitBytes == split.length) {
                    splitBytes = 0;
                    judge(split, 0);
                }
            }
        }
    }

    /**
     * Ends the check. If the file ends within a page, it grew or shrank during the read, and WAL repairs it. So this
     * page is undecided.
     */
    public Result finish() {
        long pages = block - firstBlock;
        if (splitBytes > 0) {
            note(new PageVerdict.Undecided(new Lsn(0), "the file ends after " + splitBytes + " bytes of the page"));
        }
        return new Result(List.copyOf(findings), findingsCount, pages);
    }

    private void judge(byte[] bytes, int offset) {
        PageVerdict verdict = check.judge(bytes, offset, block);
        switch (verdict) {
            case PageVerdict.Sound sound -> {}
            case PageVerdict.Damaged damaged -> note(damaged);
            case PageVerdict.Undecided undecided -> note(undecided);
        }
        block++;
    }

    private void note(PageVerdict verdict) {
        findingsCount++;
        if (findings.size() < FINDINGS_LIMIT) {
            findings.add(new Finding(file.path(), block, verdict));
        }
    }
}
