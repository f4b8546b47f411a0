// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

/**
 * The number that initdb gave a cluster. It distinguishes the cluster's WAL from that of other clusters. Immutable.
 *
 * @param value 64 bits, to be read as unsigned
 */
public record SystemIdentifier(long value) implements Comparable<SystemIdentifier> {
    /** It begins with the time of initdb: the cluster that was made later is the greater one. */
    @Override
    public int compareTo(SystemIdentifier other) {
        return Long.compareUnsigned(value, other.value);
    }

    /**
     * Parses the decimal form.
     *
     * @throws IllegalArgumentException if {@code text} is not an unsigned 64-bit number
     */
    public static SystemIdentifier parse(String text) {
        try {
            return new SystemIdentifier(Long.parseUnsignedLong(text));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "not a system identifier: '" + text + "' (expected a number such as 7312089945514410)", e);
        }
    }

    @Override
    public String toString() {
        return Long.toUnsignedString(value);
    }
}
