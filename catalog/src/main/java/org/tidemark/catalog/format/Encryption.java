// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.format;

import java.util.List;

/**
 * What a header says of an encrypted payload: an age file of version 1, and to whom it is encrypted. Immutable.
 *
 * @param recipients the fingerprints of 1 to {@value #MAX_RECIPIENTS} public keys, 16 digits each, rising
 */
public record Encryption(List<String> recipients) {
    /** The age header of this many recipients takes less than 2 KiB. */
    public static final int MAX_RECIPIENTS = 16;

    /** How headers and documents call it. */
    public static final String FORMAT = "age-v1";

    private static final int DIGITS = 16;

    public Encryption {
        recipients = List.copyOf(recipients);
        if (recipients.isEmpty() || recipients.size() > MAX_RECIPIENTS) {
            throw new IllegalArgumentException("expected 1 to " + MAX_RECIPIENTS + " recipients: " + recipients);
        }
        for (int i = 0; i < recipients.size(); i++) {
            requireFingerprint(recipients.get(i));
            if (i > 0 && recipients.get(i - 1).compareTo(recipients.get(i)) >= 0) {
                throw new IllegalArgumentException("recipients are named once, in order: " + recipients);
            }
        }
    }

    private static void requireFingerprint(String text) {
        boolean valid = text.length() == DIGITS;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            valid &= (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        }
        if (!valid) {
            throw new IllegalArgumentException(
                    "not the fingerprint of a key: '" + text + "' (expected " + DIGITS + " hexadecimal digits)");
        }
    }

    /**
     * Reads the values of {@code encryption} and {@code recipients}.
     *
     * @throws IllegalArgumentException if it is unknown or malformed
     */
    public static Encryption parse(String format, String recipients) {
        if (!format.equals(FORMAT)) {
            throw new IllegalArgumentException("an unknown encryption '" + format + "'");
        }
        return new Encryption(List.of(recipients.split(",", -1)));
    }

    /** The fingerprints with commas between them. */
    @Override
    public String toString() {
        return String.join(",", recipients);
    }
}
