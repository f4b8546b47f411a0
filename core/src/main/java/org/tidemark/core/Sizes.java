// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.util.OptionalLong;

/** Sizes in the form of the configuration file: a whole number and one of B, KiB, MiB, GiB, TiB. */
public final class Sizes {
    private static final String[] UNITS = {"TiB", "GiB", "MiB", "KiB", "B"};

    private Sizes() {}

    /** Returns the size in bytes; empty if {@code text} is not a size. */
    public static OptionalLong parse(String text) {
        for (int i = 0; i < UNITS.length; i++) {
            if (text.endsWith(UNITS[i])) {
                String number = text.substring(0, text.length() - UNITS[i].length());
                return isNumber(number)
                        ? OptionalLong.of(Long.parseLong(number) << (10 * (UNITS.length - 1 - i)))
                        : OptionalLong.empty();
            }
        }
        return OptionalLong.empty();
    }

    /** Accepts up to six digits: a number of TiB with six digits fits into 63 bits. */
    private static boolean isNumber(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return !text.isEmpty() && text.length() <= 6;
    }
}
