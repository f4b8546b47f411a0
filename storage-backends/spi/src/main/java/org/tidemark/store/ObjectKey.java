// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

/**
 * The name of an object in a store: parts joined by slashes. Letters, digits and {@code . _ -} only, so that every
 * store can hold it, no part can climb out of a directory, and byte order is character order. Immutable.
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
        // By hand: this runs for every listed object, and before the first one of a WAL push.
        int partStart = 0;
        for (int i = 0; i <= text.length(); i++) {
            if (i == text.length() || text.charAt(i) == '/') {
                // A leading dot marks what is being written, in stores that have directories.
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

    private static boolean isAllowed(char c) {
        return (c >= '0' && c <= '9')
                || (c >= 'A' && c <= 'Z')
                || (c >= 'a' && c <= 'z')
                || c == '.'
                || c == '_'
                || c == '-';
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
