// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Map;
import java.util.Set;

/**
 * Until when an object can be neither deleted nor replaced. Immutable.
 *
 * @see <a href="https://cloud.google.com/storage/docs/object-lock">Object Retention Lock</a>
 */
record Retention(boolean locked, Instant until) {
    /** "The retain-until time has a maximum value of 3,155,760,000 seconds (100 years)." */
    private static final Duration MAX = Duration.ofDays(36_525);

    /** What a client sets; both members are needed, and the time lies ahead. */
    static Retention of(Map<String, Object> json, Instant now) {
        if (!json.keySet().equals(Set.of("mode", "retainUntilTime"))) {
            throw ApiError.invalid("a retention needs mode and retainUntilTime, and nothing else");
        }
        String mode = String.valueOf(json.get("mode"));
        if (!mode.equals("Locked") && !mode.equals("Unlocked")) {
            throw ApiError.invalid("not a retention mode: '" + mode + "' (Locked or Unlocked)");
        }
        try {
            Instant until = OffsetDateTime.parse(String.valueOf(json.get("retainUntilTime")))
                    .toInstant();
            if (!until.isAfter(now) || until.isAfter(now.plus(MAX))) {
                throw ApiError.invalid("retainUntilTime has to lie ahead, by at most 100 years: " + until);
            }
            return new Retention(mode.equals("Locked"), until);
        } catch (DateTimeException e) {
            throw ApiError.invalid("not a time: '" + json.get("retainUntilTime") + "'");
        }
    }

    boolean inForce(Instant now) {
        return now.isBefore(until);
    }

    Map<String, Object> json() {
        return Map.of("mode", locked ? "Locked" : "Unlocked", "retainUntilTime", until.toString());
    }
}
