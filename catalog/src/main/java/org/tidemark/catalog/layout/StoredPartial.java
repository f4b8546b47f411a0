// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.layout;

import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile;
import org.tidemark.store.ObjectKey;

/**
 * A {@code .partial} segment as it is stored: several of one name, from several writers, may stand side by side.
 * Immutable.
 *
 * @param end the end of the last page that is not all zero
 * @param digestStart the first 16 digits of the SHA-256 of the plain content
 */
public record StoredPartial(WalFile.Segment segment, Lsn end, String digestStart) {
    static final String INFIX = ".partial-";
    private static final int LSN_DIGITS = 16;
    private static final int DIGEST_DIGITS = 16;

    /**
     * How {@code file} is stored.
     *
     * @param sha256 of the plain content, 64 digits
     */
    public static StoredPartial of(WalFile.PartialSegment file, Lsn end, String sha256) {
        return new StoredPartial(file.segment(), end, sha256.substring(0, DIGEST_DIGITS));
    }

    /** Reads the last part of a key; empty if it names no partial segment. */
    public static Optional<StoredPartial> parse(ObjectKey key) {
        String name = key.name();
        int infix = name.indexOf(INFIX);
        int lsnStart = infix + INFIX.length();
        if (infix < 0 || name.length() != lsnStart + LSN_DIGITS + 1 + DIGEST_DIGITS) {
            return Optional.empty();
        }
        Optional<WalFile.Segment> segment = WalNames.segment(name.substring(0, infix));
        String digest = name.substring(lsnStart + LSN_DIGITS + 1);
        if (segment.isEmpty()
                || !WalNames.isHex(name.substring(lsnStart, lsnStart + LSN_DIGITS))
                || name.charAt(lsnStart + LSN_DIGITS) != '-'
                || !digest.equals(digest.toLowerCase(Locale.ROOT))
                || !WalNames.isHex(digest.toUpperCase(Locale.ROOT))) {
            return Optional.empty();
        }
        Lsn end = new Lsn(Long.parseUnsignedLong(name, lsnStart, lsnStart + LSN_DIGITS, 16));
        return Optional.of(new StoredPartial(segment.get(), end, digest));
    }

    /** The name that PostgreSQL gave the file. */
    public WalFile.PartialSegment file() {
        return new WalFile.PartialSegment(segment);
    }

    public Timeline timeline() {
        return segment.timeline();
    }

    /** The last part of its key. */
    public String keyName() {
        return segment.name() + INFIX + digits(end) + "-" + digestStart;
    }

    /** A position as it stands in keys. */
    static String digits(Lsn position) {
        return HexFormat.of().withUpperCase().toHexDigits(position.value());
    }
}
