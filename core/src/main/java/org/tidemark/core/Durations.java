// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.time.Duration;
import java.util.Optional;

/** Durations in the form of the configuration file: a whole number and one of s, m, h, d. */
public final class Durations {
    private Durations() {}

    public static Optional<Duration> parse(String text) {
        int digits = text.length() - 1;
        // A Duration can hold any number of days with nine digits.
        if (digits < 1 || digits > 9) {
            return Optional.empty();
        }
        long number = 0;
        for (int i = 0; i < digits; i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9') {
                return Optional.empty();
            }
            number = number * 10 + (c - '0');
        }
        return switch (text.charAt(digits)) {
            case 's' -> Optional.of(Duration.ofSeconds(number));
            case 'm' -> Optional.of(Duration.ofMinutes(number));
            case 'h' -> Optional.of(Duration.ofHours(number));
            case 'd' -> Optional.of(Duration.ofDays(number));
            default -> Optional.empty();
        };
    }
}
