// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.tidemark.core.BlockInputStream;
import org.tidemark.core.Lsn;
import org.tidemark.core.WalSegmentSize;

/**
 * The switch point of a timeline. The new timeline's copy of the segment that contains it has the parent's bytes up to
 * the switch point, then zeros (XLogFileCopy() of src/backend/access/transam/xlog.c).
 *
 * @param at the first position that does not belong to the parent
 */
public record WalSwitch(Lsn at, WalSegmentSize size) {
    /**
     * The parent's segment, in the same length, with zeros from the switch point on. Closing this stream closes the
     * parent's stream.
     */
    public InputStream cut(InputStream parentSegment) {
        return new Cut(parentSegment, size.offset(at));
    }

    private static final class Cut extends BlockInputStream.Filter {
        private long left;

        Cut(InputStream in, long kept) {
            super(in);
            this.left = kept;
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
    }
}
