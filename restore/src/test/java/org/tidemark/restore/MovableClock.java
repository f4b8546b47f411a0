// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** A clock that stands until it is set. Not thread-safe. */
final class MovableClock extends Clock {
    private Instant now = Archives.MIDNIGHT;

    void set(Instant instant) {
        now = instant;
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
        throw new UnsupportedOperationException("every time here is an instant");
    }
}
