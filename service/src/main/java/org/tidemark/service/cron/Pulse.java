// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service.cron;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.tidemark.catalog.HeldStore.Hold;
import org.tidemark.catalog.ScheduledRuns;
import org.tidemark.catalog.ScheduledRuns.Attempt;
import org.tidemark.catalog.ScheduledRuns.Claimant;
import org.tidemark.catalog.ScheduledRuns.Outcome;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/**
 * Gives signs of life while an attempt goes on, until it is closed. If there was none for a while, the process or its
 * machine stood still, and another host may have taken over: this is asked before anything is published or deleted.
 * Thread-safe.
 */
final class Pulse implements Hold, AutoCloseable {
    /** After a sign nobody takes over for so long: what another host needs to be sure, without what clocks differ. */
    private static final Duration SURE = ScheduledRuns.LONGEST_SILENCE.minus(ScheduledRuns.SIGN_EACH);

    /** Where a store does not take a sign, it gets the next one after this. */
    private static final Duration LOOK = Duration.ofMinutes(1);

    private final RunRecords records;
    private final Claim claim;
    private final Clock clock;
    private final CountDownLatch ended = new CountDownLatch(1);
    private Moment last;
    private int signs;

    /** By two clocks: one does not count while the machine sleeps, and somebody may set the other. */
    private record Moment(Instant at, long nanos) {
        static Moment now(Clock clock) {
            return new Moment(clock.instant(), System.nanoTime());
        }

        boolean isWithin(Duration limit, Moment now) {
            Duration passed = Duration.between(at, now.at);
            return !passed.isNegative()
                    && passed.compareTo(limit) < 0
                    && Duration.ofNanos(now.nanos - nanos).compareTo(limit) < 0;
        }
    }

    /** For an attempt that is claimed next. */
    Pulse(RunRecords records, Claim claim, Clock clock) {
        this.records = records;
        this.claim = claim;
        this.clock = clock;
        this.last = Moment.now(clock);
    }

    /** The attempt is claimed: from now on signs are given. */
    Pulse started() {
        Thread.ofPlatform().daemon().name("pulse").start(this::beat);
        return this;
    }

    private void beat() {
        try {
            while (!ended.await(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
                look();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Gives a sign if it is time. */
    void look() {
        if (!isSigned(ScheduledRuns.SIGN_EACH.minus(LOOK.dividedBy(2)))) {
            try {
                sign();
            } catch (IOException | UserFacingException e) {
                // The next look tries it again; before a backup is published or anything deleted, it is asked.
            }
        }
    }

    private synchronized boolean isSigned(Duration limit) {
        return last.isWithin(limit, Moment.now(clock));
    }

    private void sign() throws IOException {
        Moment before;
        int sign;
        synchronized (this) {
            before = last;
            sign = ++signs;
        }
        Moment begun = Moment.now(clock);
        claim.alive(sign, begun.at(), () -> {
            if (!before.isWithin(SURE, Moment.now(clock))) {
                // Who claims the next attempt after this sign finds it, and leaves the attempt to us.
                requireNewest(before.at());
            }
            synchronized (this) {
                last = begun;
            }
        });
    }

    private void requireNewest(Instant silentSince) throws IOException {
        Optional<Attempt> later = records.attemptsThatCanBeRead(claim.run()).stream()
                .filter(each -> each.number() > claim.number() && !hasGivenWay(each))
                .findFirst();
        if (later.isPresent()) {
            throw new UserFacingException(
                    ExitCode.NO,
                    later.get().claimant().map(Claimant::host).orElse("another host") + " has taken over the "
                            + claim.run().task()
                            + ": this host gave no sign of life for "
                            + Amounts.duration(Duration.between(silentSince, clock.instant())
                                    .abs()),
                    "Was this machine suspended, or its clock set? Nothing that this attempt has begun counts.");
        }
    }

    @Override
    public void requireToPublish() {
        try {
            try {
                require();
            } catch (IOException refused) {
                requireNewest(silentSince()); // a full store takes no sign, and shows who has taken over
            }
        } catch (IOException e) {
            // A second backup costs space alone.
        }
    }

    @Override
    public void requireToDelete() {
        try {
            require();
        } catch (IOException e) {
            throw StorageErrors.explain(e);
        }
    }

    /** Always asks: a machine whose guest stood still may not have moved either of its clocks. */
    private void require() throws IOException {
        if (isSigned(SURE)) {
            requireNewest(silentSince());
        } else {
            sign();
        }
    }

    private synchronized Instant silentSince() {
        return last.at();
    }

    /** The end of an attempt that began while an earlier one went on. */
    static Outcome gaveWay(Instant now) {
        return new Outcome(now, false, ExitCode.INTERRUPTED.status(), "an earlier attempt goes on");
    }

    /** One that was interrupted has published nothing, and deletes nothing more. */
    static boolean hasGivenWay(Attempt attempt) {
        return attempt.outcome()
                .filter(each -> !each.isDone() && each.status() == ExitCode.INTERRUPTED.status())
                .isPresent();
    }

    /** Records how the attempt ended. */
    void end(Outcome outcome) throws IOException {
        claim.end(outcome);
    }

    @Override
    public void close() {
        ended.countDown();
    }
}
