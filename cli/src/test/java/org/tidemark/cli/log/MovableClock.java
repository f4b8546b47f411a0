// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.log;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** A clock that a test moves. Not thread-safe. */
public final class MovableClock extends Clock {
    private Instant now = Instant.parse("2026-11-20T06:30:00Z");

    /** A negative duration moves it back. */
    public void forward(Duration duration) {
        now = now.plus(duration);
    }

    @Override
    public Instant instant() {
        return now;
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        return this;
    }
}
