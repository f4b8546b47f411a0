// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalInt;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.WalRefusedException.Reason;

/**
 * Checks while bytes are read that they are the segment of the file's name: the exact size, and the header of every
 * page.
 *
 * <p>The rules come from real servers of versions 13 to 18. Pages with content come first, each with its own address.
 * After a switch every page is zero, including its header. A partial segment of a standby that was promoted during
 * streaming may continue with pages of an older segment, because the standby recycled the file. A complete segment may
 * not.
 *
 * <p>Not thread-safe. A check is for one segment.
 */
public final class WalSegmentCheck {
    private static final byte[] ZEROS = new byte[8192];
    private static final int CHUNK_BYTES = 64 << 10;
    // Used until the first header gives the size of a page.
    private static final int UNKNOWN_PAGE_SIZE = 1 << 30;

    private enum Page {
        CONTENT,
        ZERO,
        LEFTOVER
    }

    private final WalPageRules rules;
    private final int segmentBytes;
    private final byte[] header = new byte[WalPageHeader.LONG_BYTES];
    private final ByteBuffer headerView = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
    private int headerBytes = WalPageHeader.LONG_BYTES;
    private int pageBytes = UNKNOWN_PAGE_SIZE;
    private int position;
    private Page page = Page.CONTENT;
    private int contentEnd;
    private int leftoverPages;

    private WalSegmentCheck(WalPageRules rules, WalSegmentSize size) {
        this.rules = rules;
        this.segmentBytes = size.bytes();
    }

    /** A check of a complete segment. If {@code postgresMajor} is present, the pages must have that major version. */
    public static WalSegmentCheck of(
            WalFile.Segment segment, SystemIdentifier system, WalSegmentSize size, OptionalInt postgresMajor) {
        return new WalSegmentCheck(new WalPageRules(segment, segment, system, size, postgresMajor), size);
    }

    /** A check of a partial segment, which has the size of a complete one. */
    public static WalSegmentCheck of(
            WalFile.PartialSegment partial, SystemIdentifier system, WalSegmentSize size, OptionalInt postgresMajor) {
        return new WalSegmentCheck(new WalPageRules(partial, partial.segment(), system, size, postgresMajor), size);
    }

    /**
     * Checks the next bytes of the segment, in pieces of any length.
     *
     * @throws WalRefusedException if the bytes do not belong to the segment
     */
    public void update(byte[] bytes, int offset, int length) {
        int at = offset;
        int end = offset + Math.min(length, segmentBytes - position);
        while (at < end) {
            int inPage = position & (pageBytes - 1);
            boolean inHeader = inPage < headerBytes;
            int count = Math.min((inHeader ? headerBytes : pageBytes) - inPage, end - at);
            if (inHeader) {
                System.arraycopy(bytes, at, header, inPage, count);
                if (inPage + count == headerBytes) {
                    judgeHeader(position - inPage);
                }
            } else if (page == Page.ZERO && !isZero(bytes, at, count)) {
                throw rules.refuse(
                        Reason.TORN, "the page at offset " + (position - inPage) + " has content but no header");
            }
            position += count;
            at += count;
        }
        if (end < offset + length) {
            throw rules.refuse(Reason.WRONG_SIZE, "longer than a segment of " + segmentBytes + " bytes");
        }
    }

    /**
     * Ends the check.
     *
     * @throws WalRefusedException if bytes are missing
     */
    public WalSegmentContent finish() {
        if (position == 0) {
            throw rules.refuse(Reason.EMPTY, "the file is empty (expected " + segmentBytes + " bytes)");
        }
        if (position < segmentBytes) {
            throw rules.refuse(
                    Reason.WRONG_SIZE, "cut off after " + position + " bytes (expected " + segmentBytes + ")");
        }
        return rules.content(contentEnd, leftoverPages);
    }

    /**
     * Reads and checks a whole file.
     *
     * @throws WalRefusedException if the file is not the segment
     */
    public WalSegmentContent check(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return check(in);
        }
    }

    /**
     * Reads and checks a whole stream.
     *
     * @throws WalRefusedException if the stream does not contain the segment
     */
    public WalSegmentContent check(InputStream in) throws IOException {
        byte[] chunk = new byte[CHUNK_BYTES];
        for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
            update(chunk, 0, count);
        }
        return finish();
    }

    private void judgeHeader(int pageStart) {
        if (isZero(header, 0, headerBytes)) {
            rules.zeroHeader(pageStart);
            page = Page.ZERO;
            return;
        }
        if (pageStart == 0) {
            pageBytes = rules.firstHeader(headerView);
            headerBytes = WalPageHeader.SHORT_BYTES;
            contentEnd = pageBytes;
            return;
        }
        if (!rules.belongs(headerView, pageStart)) {
            page = Page.LEFTOVER;
            leftoverPages++;
        } else if (page == Page.CONTENT) {
            contentEnd = pageStart + pageBytes;
        } else {
            throw rules.refuse(
                    Reason.TORN, "the page at offset " + pageStart + " has content, but one before it has none");
        }
    }

    private static boolean isZero(byte[] bytes, int offset, int length) {
        for (int done = 0; done < length; done += ZEROS.length) {
            int count = Math.min(ZEROS.length, length - done);
            if (!Arrays.equals(bytes, offset + done, offset + done + count, ZEROS, 0, count)) {
                return false;
            }
        }
        return true;
    }
}
