// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.util.ArrayList;
import java.util.List;
import org.tidemark.core.Lsn;

/** Judges the pages of one relation file while its bytes pass by. Not thread-safe. */
public final class RelationFileCheck {
    /** How many findings of one file are kept; all of them are counted. */
    public static final int FINDINGS_LIMIT = 1000;

    /**
     * A page that is not sound.
     *
     * @param block the page's number in the whole fork
     * @param verdict {@code Damaged} or {@code Undecided}
     */
    public record Finding(String path, long block, PageVerdict verdict) {}

    /**
     * What was found in a file.
     *
     * @param findings in order, at most {@link #FINDINGS_LIMIT}
     * @param findingsCount of all findings
     * @param pages of whole pages seen
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

    /** Takes the next bytes, as many as there are. */
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
     * Ends the check. A file may end within a page only if it grew or shrank just then, which WAL repairs: the page is
     * undecided.
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
