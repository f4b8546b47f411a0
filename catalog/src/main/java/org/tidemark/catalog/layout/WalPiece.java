// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.layout;

import java.util.Optional;
import org.tidemark.core.Lsn;
import org.tidemark.core.WalFile;
import org.tidemark.store.ObjectKey;

/**
 * A piece of a segment that is still being received, as it is stored. Immutable.
 *
 * @param start the position of its first byte
 * @param end the position after its last byte
 * @param writer one reception of the segment from its start: all its pieces are of the same bytes
 */
public record WalPiece(WalFile.Segment segment, Lsn start, Lsn end, String writer) {
    private static final int LSN_DIGITS = 16;

    public WalPiece {
        if (!start.isBefore(end) || writer.isEmpty()) {
            throw new IllegalArgumentException("not a piece: " + start + " to " + end + " by '" + writer + "'");
        }
    }

    /** Reads a key of the folder {@code stream}; empty if it names no piece. */
    public static Optional<WalPiece> parse(ObjectKey key) {
        String[] parts = key.value().split("/", -1);
        String name = key.name();
        int endStart = LSN_DIGITS + 1;
        int writerStart = endStart + LSN_DIGITS + 1;
        if (parts.length < 2
                || name.length() <= writerStart
                || name.charAt(LSN_DIGITS) != '-'
                || name.charAt(writerStart - 1) != '-'
                || !WalNames.isHex(name.substring(0, LSN_DIGITS))
                || !WalNames.isHex(name.substring(endStart, endStart + LSN_DIGITS))) {
            return Optional.empty();
        }
        Lsn start = new Lsn(Long.parseUnsignedLong(name, 0, LSN_DIGITS, 16));
        Lsn end = new Lsn(Long.parseUnsignedLong(name, endStart, endStart + LSN_DIGITS, 16));
        return start.isBefore(end)
                ? WalNames.segment(parts[parts.length - 2])
                        .map(segment -> new WalPiece(segment, start, end, name.substring(writerStart)))
                : Optional.empty();
    }

    /** The last part of its key. */
    public String keyName() {
        return StoredPartial.digits(start) + "-" + StoredPartial.digits(end) + "-" + writer;
    }

    /** The name in the header of its container. */
    public String name() {
        return segment.name() + "-" + keyName();
    }
}
