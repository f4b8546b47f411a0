// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.util.OptionalLong;

/**
 * From where on a measured value is a {@link Finding}, in the unit of the value. Immutable.
 *
 * @param warning the last value that is still good
 * @param critical the last value that is only a warning
 * @param isMinimum whether smaller values are worse; otherwise larger ones are
 */
public record Threshold(OptionalLong warning, OptionalLong critical, boolean isMinimum) {
    /** A larger value is a warning. */
    public static Threshold warnAbove(long warning) {
        return new Threshold(OptionalLong.of(warning), OptionalLong.empty(), false);
    }

    /** A larger value is critical. */
    public static Threshold criticalAbove(long critical) {
        return new Threshold(OptionalLong.empty(), OptionalLong.of(critical), false);
    }

    /** A smaller value is a warning, and one below {@code critical} is critical. */
    public static Threshold below(long warning, long critical) {
        return new Threshold(OptionalLong.of(warning), OptionalLong.of(critical), true);
    }

    /** A smaller value is a warning. */
    public static Threshold warnBelow(long warning) {
        return new Threshold(OptionalLong.of(warning), OptionalLong.empty(), true);
    }
}
