// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.catalog.verify.Verifier.Options.Subject;
import org.tidemark.catalog.verify.Verifier.Part;
import org.tidemark.store.ObjectStore;

/**
 * Spends one budget on the backups and the WAL of several incarnations: first on objects that are known to be damaged,
 * then on what no run has read whole, the oldest backup first and WAL last, then on what was not read for the longest
 * time. Used by one thread.
 */
final class BudgetedVerification {
    private final ObjectStore store;
    private final PrivateKeys privateKeys;
    private final Verifier.Options options;
    private final Clock clock;
    private final Verifier.Listener listener;
    private final Allowance allowance;
    private final List<CheckPool> pools = new ArrayList<>();
    private final List<IncarnationVerification> incarnations = new ArrayList<>();

    BudgetedVerification(
            ObjectStore store,
            PrivateKeys privateKeys,
            Verifier.Options options,
            Clock clock,
            Verifier.Listener listener,
            long bytes) {
        this.store = store;
        this.privateKeys = privateKeys;
        this.options = options;
        this.clock = clock;
        this.listener = listener;
        this.allowance = new Allowance(bytes);
    }

    /** What is left of a budget. Not thread-safe. */
    static final class Allowance {
        private long left;

        Allowance(long bytes) {
            left = bytes;
        }

        /** Takes the bytes of an object, unless everything is used up; the last object may exceed what is left. */
        boolean take(long bytes) {
            if (left <= 0) {
                return false;
            }
            left -= bytes;
            return true;
        }
    }

    List<VerifyReport> verify(List<Part> parts) throws IOException {
        try {
            List<ReadingRound> rounds = new ArrayList<>();
            for (Part part : parts) {
                rounds.addAll(look(part));
            }
            for (ReadingRound round : rounds) {
                round.readDamaged(allowance);
            }
            rounds.sort(ReadingRound.URGENCY);
            Instant now = clock.instant();
            for (ReadingRound round : rounds) {
                if (options.extent() instanceof Extent.Unmarked) {
                    round.readNew(allowance);
                } else if (!round.rests(now)) {
                    round.read(allowance);
                }
            }
            List<VerifyReport> reports = new ArrayList<>();
            for (IncarnationVerification each : incarnations) {
                each.removeGone();
                List<BackupId> sound = new ArrayList<>();
                for (ReadingRound round : rounds) {
                    if (round.isOf(each)) {
                        round.conclude().ifPresent(sound::add);
                    }
                }
                if (options.subject() == Subject.WAL) {
                    sound.addAll(each.marks().concludeBackups(each.backups()));
                }
                sound.sort(null);
                reports.add(each.findings().report(sound));
            }
            return reports;
        } finally {
            pools.forEach(CheckPool::close);
        }
    }

    private List<ReadingRound> look(Part part) throws IOException {
        Findings findings = new Findings();
        CheckPool pool = new CheckPool(options.jobs(), findings, new RemovedMeanwhile(store), listener);
        pools.add(pool);
        IncarnationVerification incarnation = new IncarnationVerification(
                store, privateKeys, part.incarnation(), options, clock, findings, pool, part.backup());
        incarnations.add(incarnation);
        incarnation.look();
        List<ReadingRound> rounds = new ArrayList<>();
        if (options.subject() == Subject.BACKUPS) {
            incarnation.backups().forEach(each -> rounds.add(new ReadingRound(store, incarnation, Optional.of(each))));
        }
        if (incarnation.coversWal()) {
            rounds.add(new ReadingRound(store, incarnation, Optional.empty()));
        }
        return rounds;
    }
}
