// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

/**
 * A range of an object's bytes. Immutable.
 *
 * @param offset the position of the first byte, 0 or more
 * @param length in bytes, 1 or more; {@link #TO_END} for all bytes from {@code offset} to the end of the object
 */
public record ByteRange(long offset, long length) {
    public static final long TO_END = -1;
    public static final ByteRange ALL = new ByteRange(0, TO_END);

    public ByteRange {
        if (offset < 0 || (length < 1 && length != TO_END)) {
            throw new IllegalArgumentException("not a byte range: " + length + " bytes from " + offset);
        }
    }

    /** Whether it is {@link #ALL}. */
    public boolean isWhole() {
        return offset == 0 && length == TO_END;
    }

    /** How many bytes of the range an object of this size has; 0 if the range begins after its end. */
    public long sizeIn(long objectBytes) {
        long rest = Math.max(0, objectBytes - offset);
        return length == TO_END ? rest : Math.min(rest, length);
    }
}
