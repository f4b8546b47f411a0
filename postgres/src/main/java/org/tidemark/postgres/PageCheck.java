// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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

    /**
     * Checks a page like {@link #judge}, if the server has verified its checksums while it sent the page. The server
     * leaves two kinds of pages out: those that say that they are new, and those that it has changed since the start of
     * the backup. This check computes the checksum of these alone.
     */
    public PageVerdict judgeVerified(byte[] bytes, int offset, long block) {
        if (hasChecksums
                && number(bytes, offset + UPPER) != 0
                && headerIsSane(bytes, offset)
                && Long.compareUnsigned(lsnValue(bytes, offset), backupStart.value()) < 0) {
            return PageVerdict.Sound.CHECKED;
        }
        return judge(bytes, offset, block);
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
        return new Lsn(lsnValue(bytes, offset));
    }

    private static long lsnValue(byte[] bytes, int offset) {
        return word(bytes, offset + LSN_HIGH) << 32 | word(bytes, offset + LSN_LOW);
    }

    private static long word(byte[] bytes, int offset) {
        return number(bytes, offset) | (long) number(bytes, offset + 2) << 16;
    }

    private static int number(byte[] bytes, int offset) {
        return (bytes[offset] & 0xFF) | (bytes[offset + 1] & 0xFF) << 8;
    }

    /** The result of the check of one page of a backup. */
    public sealed interface PageVerdict {
        /** The check found no damage. */
        enum Sound implements PageVerdict {
            /** The checksum matches. */
            CHECKED,
            /** The page is all zeros: PostgreSQL extended the relation and has not used the page yet. */
            NEW,
            /** The cluster has no checksums; the page header is valid. */
            UNCHECKED
        }

        /** The page differs from what PostgreSQL wrote. {@code reason} is in lower case. */
        record Damaged(String reason) implements PageVerdict {}

        /**
         * The page may be torn, because the server wrote it while the backup read it. Replay of the backup's WAL then
         * repairs the page.
         *
         * @param lsn the page's LSN, which may be wrong if the page is damaged
         */
        record Undecided(Lsn lsn, String reason) implements PageVerdict {
            /**
             * Decides whether the page is damaged, when the backup's end is known. WAL of the backup cannot set the
             * page's LSN to a position after {@code backupStop}.
             */
            public boolean isDamage(Lsn backupStop) {
                return lsn.isAfter(backupStop);
            }
        }
    }

    /**
     * The checksum of a data page: pg_checksum_page() of src/include/storage/checksum_impl.h, FNV-1a with 32 lanes. Not
     * thread-safe, because it has a buffer for a page.
     */
    public static final class PageChecksum {
        private static final int LANES = 32;
        private static final int PRIME = 16777619;
        // checksumBaseOffsets[] of checksum_impl.h.
        private static final int[] BASE_OFFSETS = {
            0x5B1F36E9, 0xB8525960, 0x02AB50AA, 0x1DE66D2A, 0x79FF467A, 0x9BB9F8A3, 0x217E7CD2, 0x83E13D2C,
            0xF8D4474F, 0xE39EB970, 0x42C6AE16, 0x993216FA, 0x7B093B5D, 0x98DAFF3C, 0xF718902A, 0x0B1C9CDB,
            0xE58F764B, 0x187636BC, 0x5D7B3BB1, 0xE73DE7DE, 0x92BEC979, 0xCCA6C0B2, 0x304A0979, 0x85AA43D4,
            0x783125BB, 0x6CA8EAA2, 0xE407EAC6, 0x4B5CFC3E, 0x9FBF8C76, 0x15CA20BE, 0xF2CA9FD3, 0x959BD756
        };
        // pd_checksum is the lower half of the third word. The computation treats it as 0.
        private static final int CHECKSUM_WORD = 2;
        private static final int OTHER_HALF = 0xFFFF_0000;

        private final int[] words;
        private final int[] sums = new int[LANES];

        /** Creates a computation for pages of the control file's page size. */
        public PageChecksum(int pageSizeBytes) {
            this.words = new int[pageSizeBytes / Integer.BYTES];
        }

        /**
         * Computes the correct value of the page's field pd_checksum, 1 to 65535.
         *
         * @param block the page's number in the whole relation fork, over all of its files
         */
        public int compute(byte[] bytes, int offset, long block) {
            ByteBuffer.wrap(bytes, offset, words.length * Integer.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asIntBuffer()
                    .get(words);
            words[CHECKSUM_WORD] &= OTHER_HALF;
            System.arraycopy(BASE_OFFSETS, 0, sums, 0, LANES);
            for (int row = 0; row < words.length; row += LANES) {
                mix(sums, words, row);
            }
            int folded = 0;
            for (int sum : sums) {
                folded ^= round(round(sum));
            }
            return Integer.remainderUnsigned(folded ^ (int) block, 65535) + 1;
        }

        // The compiler vectorizes this loop, because it is separate and runs over arrays with a fixed length.
        private static void mix(int[] sums, int[] words, int row) {
            for (int lane = 0; lane < LANES; lane++) {
                int mixed = sums[lane] ^ words[row + lane];
                sums[lane] = mixed * PRIME ^ (mixed >>> 17);
            }
        }

        private static int round(int sum) {
            return sum * PRIME ^ (sum >>> 17);
        }
    }
}
