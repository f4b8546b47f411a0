// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.tidemark.core.Lsn;
import org.tidemark.core.WalSegmentSize;

/**
 * The point where a timeline left its parent, and what it means for the segment in which it lies: the new timeline's
 * copy begins with the parent's bytes up to the switch, then zeros (XLogFileCopy() of
 * src/backend/access/transam/xlog.c).
 *
 * @param at the first byte that is not the parent's any more
 */
public record WalSwitch(Lsn at, WalSegmentSize size) {
    /**
     * The parent's segment with every byte from the switch on zeroed, in the same length; closing it closes the
     * parent's.
     */
    public InputStream cut(InputStream parentSegment) {
        return new Cut(parentSegment, size.offset(at));
    }

    private static final class Cut extends FilterInputStream {
        private long left;

        Cut(InputStream in, long kept) {
            super(in);
            this.left = kept;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int count = super.read(bytes, offset, length);
            if (count > 0) {
                int kept = (int) Math.min(left, count);
                Arrays.fill(bytes, offset + kept, offset + count, (byte) 0);
                left -= kept;
            }
            return count;
        }

        @Override
        public long skip(long count) throws IOException {
            long skipped = super.skip(count);
            left -= Math.min(left, skipped);
            return skipped;
        }

        @Override
        public boolean markSupported() {
            return false;
        }
    }
}
