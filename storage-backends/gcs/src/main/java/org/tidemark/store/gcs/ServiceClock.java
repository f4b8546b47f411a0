// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The time by the service's clock, as its last answer told it, in whole seconds: a lock ends by that clock, and a host
 * whose own is wrong would lock for too short or too long. Thread-safe.
 */
final class ServiceClock {
    private final AtomicReference<@Nullable Reading> last = new AtomicReference<>();

    private record Reading(OffsetDateTime time, long atNanos) {}

    /** @param date of an answer, as HTTP writes it; anything else is left alone */
    void heard(@Nullable String date) {
        if (date == null) {
            return;
        }
        try {
            last.set(new Reading(OffsetDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME), System.nanoTime()));
        } catch (DateTimeException e) {
            // Ignore a time that cannot be parsed; the next answer has another.
        }
    }

    /** Empty as long as the service has answered nothing. */
    Optional<OffsetDateTime> now() {
        return Optional.ofNullable(last.get())
                .map(reading -> reading.time.plus(Duration.ofNanos(System.nanoTime() - reading.atNanos)));
    }
}
