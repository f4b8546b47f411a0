// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.resident;

import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Optional;

/**
 * The state of a resident archiver for a server that runs, as other processes see it. Immutable.
 *
 * @param file which the archiver removes when it ends by itself
 * @param late since when a call has waited for it in vain
 */
public record ResidentService(ResidentState state, Condition condition, Path file, Optional<Instant> late) {

    /** The archiver's condition. */
    public enum Condition {
        /** Its process has ended without removing its files: it was killed. */
        GONE,
        /** It was stopped by a signal, or by a debugger. */
        STOPPED,
        /** It has warned why it archives nothing ahead. */
        HINDERED,
        /** A call has waited for it in vain, and others do not wait. */
        LATE,
        /** It is to learn from a call how this server archives. */
        WAITING,
        /** It archives segments as soon as they are ready. */
        SERVING;

        /** Whether nothing need be done. */
        public boolean isInOrder() {
            return this == WAITING || this == SERVING;
        }
    }

    /**
     * The archiver of the server that runs in a data directory; empty if no server or no archiver does, or this user
     * may not see it.
     *
     * @param root {@code v1/archived} of a spool that the launcher looks at
     */
    public static Optional<ResidentService> of(Path root, Path dataDirectory) {
        Optional<Station> station = Station.of(root, dataDirectory);
        Optional<ResidentState> state = station.flatMap(Station::state);
        if (station.isEmpty() || state.isEmpty()) {
            return Optional.empty();
        }
        Optional<Instant> late = late(station.get());
        return Optional.of(new ResidentService(
                state.get(),
                condition(
                        state.get(),
                        late.isPresent(),
                        station.get().isServedBy(state.get().process())),
                station.get().asked(),
                late));
    }

    private static Optional<Instant> late(Station station) {
        try {
            return station.lateSince().map(FileTime::toInstant);
        } catch (IOException e) {
            return Optional.empty(); // removed at this moment
        }
    }

    private static Condition condition(ResidentState state, boolean late, boolean serves) {
        if (!state.process().isRunning()) {
            return Condition.GONE;
        }
        if (state.process().isStopped()) {
            return Condition.STOPPED;
        }
        if (state.trouble().isPresent()) {
            return Condition.HINDERED; // also while it tries again
        }
        if (!serves) {
            return Condition.WAITING;
        }
        return late ? Condition.LATE : Condition.SERVING;
    }
}
