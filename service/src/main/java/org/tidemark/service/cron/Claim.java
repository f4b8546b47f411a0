// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service.cron;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import org.tidemark.catalog.ScheduledRuns;
import org.tidemark.catalog.ScheduledRuns.Claimant;
import org.tidemark.catalog.ScheduledRuns.Outcome;
import org.tidemark.catalog.layout.RunKeys;

/**
 * An attempt that this host makes at a run, recorded in each repository that takes the record: one that is full,
 * read-only or gone does not keep the others from the task. Thread-safe.
 */
final class Claim {
    private final List<ScheduledRuns> repositories;
    private final RunKeys run;
    private final int number;
    private final Claimant claimant;
    /** The repositories that have taken the claim; those that refuse what follows it come last. */
    private final Set<ScheduledRuns> holders = new CopyOnWriteArraySet<>();

    /** Who has the attempt. */
    enum Taken {
        BY_US,
        /** Not every repository took our claim, so another host may have one in those that did not. */
        PERHAPS_BY_US,
        BY_ANOTHER
    }

    /** A record of what becomes of the attempt. */
    interface Entry {
        void store(ScheduledRuns runs) throws IOException;
    }

    /** Called as soon as one repository has stored a record: another one may take long to refuse it. */
    interface Stored {
        void first() throws IOException;
    }

    /** @param repositories in an order that is the same on all hosts */
    Claim(List<ScheduledRuns> repositories, RunKeys run, int number, Claimant claimant) {
        this.repositories = List.copyOf(repositories);
        this.run = run;
        this.number = number;
        this.claimant = claimant;
    }

    RunKeys run() {
        return run;
    }

    int number() {
        return number;
    }

    Claimant claimant() {
        return claimant;
    }

    /** Claims it. Throws why the first repository refused the claim, if all did. */
    Taken begin(Instant now) throws IOException {
        Refusals refusals = new Refusals();
        for (ScheduledRuns each : repositories) {
            Optional<Boolean> ours = refusals.ask(() -> each.begin(run, number, claimant, now));
            if (ours.isPresent() && !ours.get()) {
                return Taken.BY_ANOTHER;
            }
            ours.ifPresent(any -> holders.add(each));
        }
        if (holders.isEmpty()) {
            refusals.rethrow();
        }
        return holders.size() == repositories.size() ? Taken.BY_US : Taken.PERHAPS_BY_US;
    }

    /** Records that the attempt goes on. Throws why the first repository refused it, if all did. */
    void alive(int sign, Instant now, Stored stored) throws IOException {
        record(runs -> runs.alive(run, number, sign, now), now, stored);
    }

    /** Records how it ended. Throws why the first repository refused it, if all did. */
    void end(Outcome outcome) throws IOException {
        record(runs -> runs.end(run, number, outcome), outcome.at(), () -> {});
    }

    /** Records that it ended before it began anything. Where that cannot be recorded, it falls silent. */
    void giveUp(Outcome outcome) {
        Refusals refusals = new Refusals();
        for (ScheduledRuns each : holders) {
            refusals.ask(() -> stored(each, runs -> runs.end(run, number, outcome)));
        }
    }

    /** Where no holder takes the record, another repository becomes one. */
    private void record(Entry entry, Instant now, Stored stored) throws IOException {
        Refusals refusals = new Refusals();
        boolean isStored = false;
        for (ScheduledRuns each : List.copyOf(holders)) {
            if (refusals.ask(() -> stored(each, entry)).isEmpty()) {
                holders.remove(each);
                holders.add(each);
            } else if (!isStored) {
                isStored = true;
                stored.first();
            }
        }
        for (ScheduledRuns each : repositories) {
            if (!isStored && !holders.contains(each)) {
                isStored = refusals.ask(() ->
                                each.begin(run, number, claimant, now) && holders.add(each) && stored(each, entry))
                        .orElse(false);
                if (isStored) {
                    stored.first();
                }
            }
        }
        if (!isStored) {
            refusals.rethrow();
        }
    }

    private static boolean stored(ScheduledRuns runs, Entry entry) throws IOException {
        entry.store(runs);
        return true;
    }
}
