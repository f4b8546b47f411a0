// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The time by a server's clock, in whole seconds, from the date of an answer. The lock of an object ends by that clock;
 * a host whose own clock is wrong would lock for too short or too long. Thread-safe.
 */
public final class ServerClock {
    private final AtomicReference<@Nullable Reading> last = new AtomicReference<>();

    private record Reading(Instant time, long atNanos) {}

    /**
     * Takes the date of an answer.
     *
     * @param date as HTTP writes it; a missing or invalid one changes nothing
     */
    public void heard(@Nullable String date) {
        if (date == null) {
            return;
        }
        try {
            Instant time = ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant();
            last.set(new Reading(time, System.nanoTime()));
        } catch (DateTimeException e) {
            // The next answer has another date.
        }
    }

    /** Empty until an answer had a date. */
    public Optional<Instant> now() {
        return Optional.ofNullable(last.get())
                .map(reading -> reading.time.plus(Duration.ofNanos(System.nanoTime() - reading.atNanos)));
    }
}
