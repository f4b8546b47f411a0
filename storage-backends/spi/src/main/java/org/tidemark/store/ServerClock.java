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
    /** A larger difference can make a signature or the request for a token invalid. */
    private static final Duration MAX_SKEW = Duration.ofMinutes(5);

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

    /**
     * The hint for a refusal that a wrong clock of this host explains; null if the clocks agree or the answer has no
     * valid date.
     *
     * @param date of the answer, as HTTP writes it
     */
    public static @Nullable String skewHint(@Nullable String date) {
        Instant now = Instant.now();
        ServerClock server = new ServerClock();
        server.heard(date);
        Duration skew = Duration.between(server.now().orElse(now), now).abs();
        return skew.compareTo(MAX_SKEW) < 0
                ? null
                : "Set the clock of this host: it differs from the server's clock by " + skew.toMinutes()
                        + " minutes. 'timedatectl' shows whether it is synchronized.";
    }

    /** Empty until an answer had a date. */
    public Optional<Instant> now() {
        return Optional.ofNullable(last.get())
                .map(reading -> reading.time.plus(Duration.ofNanos(System.nanoTime() - reading.atNanos)));
    }
}
