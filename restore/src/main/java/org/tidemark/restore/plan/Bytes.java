// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.plan;

import java.util.List;
import java.util.Locale;

/** Sizes for people. */
public final class Bytes {
    private static final List<String> UNITS = List.of("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB");

    private Bytes() {}

    /** {@code 3.1 GiB}; with a fraction below ten of a unit. */
    public static String describe(long bytes) {
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < UNITS.size() - 1) {
            value /= 1024;
            unit++;
        }
        return unit == 0
                ? bytes + " bytes"
                : String.format(Locale.ROOT, value < 10 ? "%.1f %s" : "%.0f %s", value, UNITS.get(unit));
    }
}
