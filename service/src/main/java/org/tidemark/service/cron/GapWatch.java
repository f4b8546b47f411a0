// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service.cron;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.tidemark.session.Session;

/** Looks now and then whether a cluster lacks a backup, and remembers in the spool what it found. Not thread-safe. */
final class GapWatch {
    /** Between two looks: each reads the repositories. */
    static final Duration EACH = Duration.ofMinutes(10);

    private final Session session;
    private final CronMemory memory;
    private final Optional<Duration> patience;
    private final Optional<Duration> rto;
    private final CronRun.Mode mode;
    /** What the look of this call found, if there was one. */
    private Optional<LackingBackup> found = Optional.empty();

    /**
     * Nothing is read yet.
     *
     * @param patience how long the newest WAL may be impossible to restore; empty if no backup is taken out of turn
     * @param rto how long a restore may take; empty if that is no reason
     * @param mode a dry run remembers nothing
     */
    GapWatch(
            Session session,
            CronMemory memory,
            Optional<Duration> patience,
            Optional<Duration> rto,
            CronRun.Mode mode) {
        this.session = session;
        this.memory = memory;
        this.patience = patience;
        this.rto = rto;
        this.mode = mode;
    }

    boolean isOn() {
        return patience.isPresent();
    }

    /**
     * Looks if it is time.
     *
     * @param part under which it is remembered
     */
    void look(String part, Instant now) throws IOException {
        if (patience.isEmpty() || !memory.isTimeToLook(part, EACH, now)) {
            return;
        }
        if (mode == CronRun.Mode.RUN) {
            memory.looked(part, now); // first: calls overlap
        }
        lookNow(part, patience.get(), now);
    }

    private void lookNow(String part, Duration patience, Instant now) throws IOException {
        found = LackingBackup.look(session, patience, rto, now);
        if (mode == CronRun.Mode.RUN) {
            memory.lacking(part, found);
        }
    }

    /**
     * The backup that is lacking.
     *
     * @param due when the last one was due in any case: if that is later, it is this one
     * @param done for which time the last one was done
     */
    Optional<LackingBackup> lacking(String part, Optional<Instant> due, Optional<Instant> done, Instant now) {
        return patience.isEmpty()
                ? Optional.empty()
                : found.or(() -> memory.lacking(part))
                        .filter(each -> !each.due().isAfter(now) && isBefore(due, each) && isBefore(done, each));
    }

    /**
     * Whether it is still lacking. What an earlier call found is looked at again: a backup may have been taken since.
     *
     * @param part under which it is remembered
     */
    boolean isConfirmed(String part, LackingBackup lacking, Instant now) throws IOException {
        if (found.isEmpty()) {
            lookNow(part, patience.orElseThrow(), now);
        }
        return found.filter(each -> each.due().equals(lacking.due())).isPresent();
    }

    private static boolean isBefore(Optional<Instant> time, LackingBackup lacking) {
        return time.filter(each -> !each.isBefore(lacking.due())).isEmpty();
    }
}
