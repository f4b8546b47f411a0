// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A position in the write-ahead log: an unsigned 64-bit byte offset, printed as PostgreSQL prints it
 * ({@code 16/B374D848}). Immutable.
 *
 * @param value the offset in bytes, to be read as unsigned
 */
public record Lsn(long value) implements Comparable<Lsn> {
    // PostgreSQL 19 and later print the low half with leading zeros; both forms are accepted.
    private static final Pattern TEXT = Pattern.compile("([0-9A-Fa-f]{1,8})/([0-9A-Fa-f]{1,8})");

    /**
     * Parses PostgreSQL's text form.
     *
     * @throws IllegalArgumentException if {@code text} does not have the form hex/hex
     */
    public static Lsn parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not an LSN: '" + text + "' (expected hex/hex, such as 16/B374D848)");
        }
        long high = Long.parseLong(matcher.group(1), 16);
        long low = Long.parseLong(matcher.group(2), 16);
        return new Lsn(high << 32 | low);
    }

    /** The position {@code bytes} after this one; {@code bytes} may be negative. */
    public Lsn plus(long bytes) {
        return new Lsn(value + bytes);
    }

    /** The distance from {@code other} to this position in bytes; negative if this position is before {@code other}. */
    public long minus(Lsn other) {
        return value - other.value;
    }

    public boolean isBefore(Lsn other) {
        return compareTo(other) < 0;
    }

    public boolean isAfter(Lsn other) {
        return compareTo(other) > 0;
    }

    @Override
    public int compareTo(Lsn other) {
        return Long.compareUnsigned(value, other.value);
    }

    // Written out: linking a record's own costs every WAL command milliseconds.
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Lsn that && value == that.value;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(value);
    }

    @Override
    public String toString() {
        return String.format("%X/%X", value >>> 32, value & 0xFFFF_FFFFL);
    }
}
