// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.call;

import java.time.Duration;
import java.util.function.Predicate;
import org.tidemark.core.Durations;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/** The value of an option that is a duration, such as {@code 30s}. */
public final class DurationOption {
    private DurationOption() {}

    /**
     * Reads it.
     *
     * @param option its name, with both hyphens
     * @param isAllowed whether a duration is within the limits of the option
     * @param hint which durations are
     * @throws UserFacingException USAGE if it is no duration, or beyond these limits
     */
    public static Duration parse(String option, String text, Predicate<Duration> isAllowed, String hint) {
        return Durations.parse(text)
                .filter(isAllowed)
                .orElseThrow(() ->
                        new UserFacingException(ExitCode.USAGE, "'" + text + "' is not a value of " + option, hint));
    }
}
