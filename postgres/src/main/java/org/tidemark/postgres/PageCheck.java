// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.util.Arrays;
import org.tidemark.core.Lsn;

/**
 * Checks the pages of relation files in a backup. This check is stricter than the server's, which accepts every page
 * with pd_upper = 0 (PageIsVerified() of src/backend/storage/page/bufpage.c, verify_page_checksum() of
 * src/backend/backup/basebackup.c). Not thread-safe.
 */
public final class PageCheck {
    // Offsets in PageHeaderData of src/include/storage/bufpage.h.
    private static final int LSN_HIGH = 0;
    private static final int LSN_LOW = 4;
    private static final int CHECKSUM = 8;
    private static final int FLAGS = 10;
    private static final int LOWER = 12;
    private static final int UPPER = 14;
    private static final int SPECIAL = 16;
    private static final int VALID_FLAGS = 0x0007;
    // A reader may see one memory page of a data page from before a write and the next one from after it.
    private static final int MEMORY_PAGE = 4096;

    private final int pageSize;
    private final boolean hasChecksums;
    private final Lsn backupStart;
    private final PageChecksum checksum;
    private final byte[] zeros;

    /**
     * Creates a check for the pages of one backup.
     *
     * @param dataChecksumVersion the value of the control file; 0 if there are no checksums
     * @param backupStart a page that was changed after this position may be torn
     */
    public PageCheck(int pageSizeBytes, int dataChecksumVersion, Lsn backupStart) {
        this.pageSize = pageSizeBytes;
        this.hasChecksums = dataChecksumVersion != 0;
        this.backupStart = backupStart;
        this.checksum = new PageChecksum(pageSizeBytes);
        this.zeros = new byte[pageSizeBytes];
    }

    public int pageSizeBytes() {
        return pageSize;
    }

    /**
     * Checks the page that begins at {@code offset}.
     *
     * @param block the page's number in the whole relation fork, over all of its files
     */
    public PageVerdict judge(byte[] bytes, int offset, long block) {
        if (number(bytes, offset + UPPER) == 0) {
            return judgeNew(bytes, offset);
        }
        if (hasChecksums) {
            int computed = checksum.compute(bytes, offset, block);
            int stored = number(bytes, offset + CHECKSUM);
            if (computed != stored) {
                return wrong(bytes, offset, "the checksum is " + stored + ", but should be " + computed);
            }
        }
        if (!headerIsSane(bytes, offset)) {
            return wrong(bytes, offset, "the page header has no valid values");
        }
        return hasChecksums ? PageVerdict.Sound.CHECKED : PageVerdict.Sound.UNCHECKED;
    }

    private PageVerdict judgeNew(byte[] bytes, int offset) {
        int content = Arrays.mismatch(bytes, offset, offset + pageSize, zeros, 0, pageSize);
        if (content < 0) {
            return PageVerdict.Sound.NEW;
        }
        if (content >= MEMORY_PAGE) {
            return new PageVerdict.Undecided(new Lsn(0), "the beginning of the page is zero, the rest is not");
        }
        return wrong(bytes, offset, "pd_upper is 0 as on a new page, but the page is not zero");
    }

    private PageVerdict wrong(byte[] bytes, int offset, String reason) {
        Lsn lsn = lsn(bytes, offset);
        return lsn.isBefore(backupStart) ? new PageVerdict.Damaged(reason) : new PageVerdict.Undecided(lsn, reason);
    }

    private boolean headerIsSane(byte[] bytes, int offset) {
        int lower = number(bytes, offset + LOWER);
        int upper = number(bytes, offset + UPPER);
        int special = number(bytes, offset + SPECIAL);
        return (number(bytes, offset + FLAGS) & ~VALID_FLAGS) == 0
                && lower <= upper
                && upper <= special
                && special <= pageSize
                && special % Long.BYTES == 0;
    }

    private static Lsn lsn(byte[] bytes, int offset) {
        long high = word(bytes, offset + LSN_HIGH);
        return new Lsn(high << 32 | word(bytes, offset + LSN_LOW));
    }

    private static long word(byte[] bytes, int offset) {
        return number(bytes, offset) | (long) number(bytes, offset + 2) << 16;
    }

    private static int number(byte[] bytes, int offset) {
        return (bytes[offset] & 0xFF) | (bytes[offset + 1] & 0xFF) << 8;
    }
}
