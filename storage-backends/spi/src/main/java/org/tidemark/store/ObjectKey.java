// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

/**
 * The name of an object in a store: parts joined by slashes. A part has only letters, digits and {@code . _ -}, and
 * does not start with a dot. So every store accepts a key, no part can lead out of a directory, and byte order equals
 * character order. Immutable.
 *
 * @param value 1 to 512 characters
 */
public record ObjectKey(String value) implements Comparable<ObjectKey> {
    public ObjectKey {
        if (!isKey(value)) {
            throw new IllegalArgumentException("not an object key: '" + value
                    + "' (expected parts of letters, digits, dots, hyphens and underscores, joined by slashes)");
        }
    }

    /** Whether the text can be a key. */
    public static boolean isKey(String text) {
        if (text.length() > 512) {
            return false;
        }
        // No regular expression: this runs for every listed object, and on the start-up path of wal-push.
        int partStart = 0;
        for (int i = 0; i <= text.length(); i++) {
            if (i == text.length() || text.charAt(i) == '/') {
                // In stores with directories a leading dot marks a temporary file.
                if (i == partStart || text.charAt(partStart) == '.') {
                    return false;
                }
                partStart = i + 1;
            } else if (!isAllowed(text.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    /** A bit for each character that is allowed: 0 to 63, and 64 to 127. */
    private static final long[] ALLOWED = allowed();

    private static long[] allowed() {
        long[] bits = new long[2];
        for (char c = 0; c < 128; c++) {
            if ((c >= '0' && c <= '9')
                    || (c >= 'A' && c <= 'Z')
                    || (c >= 'a' && c <= 'z')
                    || c == '.'
                    || c == '_'
                    || c == '-') {
                bits[c >> 6] |= 1L << c;
            }
        }
        return bits;
    }

    private static boolean isAllowed(char c) {
        return c < 128 && (ALLOWED[c >> 6] >> c & 1) != 0;
    }

    /** The last part. */
    public String name() {
        return value.substring(value.lastIndexOf('/') + 1);
    }

    @Override
    public int compareTo(ObjectKey other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
