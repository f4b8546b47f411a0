// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.push;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.tidemark.archiver.PushTarget;
import org.tidemark.archiver.push.BacklogRound.Urgency;
import org.tidemark.archiver.push.BacklogRound.WaitingFiles;
import org.tidemark.archiver.push.PushAttempt.Backlog;
import org.tidemark.archiver.push.PushAttempt.Late;
import org.tidemark.archiver.push.PushAttempt.PushFailure;
import org.tidemark.archiver.push.PushAttempt.State;
import org.tidemark.archiver.push.WalPusher.Acknowledgement;
import org.tidemark.archiver.push.WalPusher.PushReport;
import org.tidemark.archiver.queue.PendingQueue;
import org.tidemark.archiver.queue.RetryPause;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/**
 * Pushes one file to several repositories at once, until enough hold it, and queues it for the others. A repository for
 * which older files are queued gets the new one after them; it is asked at once only if the others are not enough. Not
 * thread-safe.
 */
final class ParallelPush {
    /** An interrupted thread may take this long to end before it is abandoned. */
    private static final Duration GRACE = Duration.ofMillis(100);

    private static final int HANGING_PART = 5;

    private final Acknowledgement acknowledgement;
    private final SinglePush push;
    private final List<PushAttempt> attempts = new ArrayList<>();
    private final BlockingQueue<PushAttempt.Outcome> outcomes = new LinkedBlockingQueue<>();
    private final long start = System.nanoTime();
    private Duration toEnough = Duration.ZERO;

    ParallelPush(List<PushTarget> targets, Acknowledgement acknowledgement, SinglePush push) {
        this.acknowledgement = acknowledgement;
        this.push = push;
        boolean all = targets.size() == acknowledgement.repositories();
        for (PushTarget target : targets) {
            Optional<PendingQueue> queue = remembered(target)
                    .map(id -> acknowledgement
                            .spool()
                            .queue(
                                    id,
                                    acknowledgement.cluster(),
                                    push.request().origin().system()));
            Backlog backlog = queue.isPresent() ? backlog(queue.get()) : Backlog.NONE;
            Optional<Instant> pausedUntil = all || backlog == Backlog.SOME
                    ? Optional.empty()
                    : pause(target, queue).end(acknowledgement.clock());
            Late late = all
                    ? Late.NO
                    : backlog == Backlog.SOME ? Late.HAS_BACKLOG : pausedUntil.isPresent() ? Late.PAUSES : Late.NO;
            attempts.add(new PushAttempt(target, queue, backlog, late, pausedUntil));
        }
    }

    private static Optional<RepositoryId> remembered(PushTarget target) {
        try {
            return target.identity().remembered();
        } catch (UserFacingException e) {
            return Optional.empty(); // the host's memory of it cannot be read; opening the repository reports that
        }
    }

    /** A spool that cannot be read is reported when something is to be queued. */
    private static Backlog backlog(PendingQueue queue) {
        try {
            return queue.isEmpty() ? Backlog.NONE : Backlog.SOME;
        } catch (IOException e) {
            return Backlog.NONE;
        }
    }

    private RetryPause pause(PushTarget target, Optional<PendingQueue> queue) {
        return queue.map(each -> acknowledgement.spool().pause(each.repository()))
                .orElseGet(() -> acknowledgement.spool().pauseOfUnknown(target.address()));
    }

    PushReport run() throws IOException {
        requireDifferent();
        attempts.stream().filter(attempt -> attempt.late() == Late.NO).forEach(this::begin);
        try {
            while (awaitOne()) {}
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            attempts.forEach(PushAttempt::interrupt);
            throw new UserFacingException(
                    ExitCode.INTERRUPTED,
                    "interrupted while '" + push.request().file().name() + "' was archived",
                    "PostgreSQL will call again.",
                    e);
        }
        boolean abandoned = leaveBehind();
        throwRefusal();
        requireDifferent(); // once more: a new one is known only now
        requireEnough();
        List<PushAttempt> missed =
                attempts.stream().filter(each -> each.state() != State.HELD).toList();
        if (missed.isEmpty() && attempts.stream().noneMatch(PushAttempt::hasBacklog)) {
            return PushReport.COMPLETE; // the usual case loads no more classes
        }
        missed.forEach(this::pause);
        BacklogRound backlog = new BacklogRound(
                acknowledgement, push.request().origin().system(), WaitingFiles.besides(push.request()));
        QueueForLagging file = new QueueForLagging(push, attempts);
        long deadline = start + acknowledgement.limit().toNanos();
        BacklogRound.Result before = BacklogRound.Result.NOTHING;
        file.queue(missed);
        if (file.stopsThePush()) {
            // A full spool must not keep its content from a repository that answers again.
            before = backlog.run(attempts, deadline, Urgency.TO_MAKE_ROOM);
            file.queue(missed);
        }
        List<PushReport.Unqueued> unqueued = file.unqueued();
        BacklogRound.Result after = backlog.run(attempts, deadline, Urgency.WHILE_NOTHING_WAITS);
        List<PushReport.RefusedFile> refused = Stream.concat(before.refused().stream(), after.refused().stream())
                .toList();
        return new PushReport(lagging(missed), unqueued, refused, abandoned || before.abandoned() || after.abandoned());
    }

    /**
     * No two repositories of a push are the same one: under two names it would be counted twice, and a repository would
     * be given what is queued for a copy of its files.
     *
     * @throws UserFacingException with USAGE if two of them have the same id, as far as ids are known
     */
    private void requireDifferent() {
        Map<RepositoryId, String> names = new HashMap<>();
        for (PushAttempt attempt : attempts) {
            Optional<RepositoryId> id = attempt.repository();
            if (id.isEmpty()) {
                continue;
            }
            String other = names.put(id.get(), attempt.target().name());
            if (other != null) {
                throw new UserFacingException(
                        ExitCode.USAGE,
                        "'" + other + "' and '" + attempt.target().name() + "' are the same repository, " + id.get(),
                        "Correct the addresses; see them with: tidemark config. If one was made by copying the files of"
                                + " the other, create it again: tidemark init, then tidemark sync.");
            }
        }
    }

    private void begin(PushAttempt attempt) {
        attempt.begin(push, outcomes);
    }

    /** Waits for the next attempt to end; false when there is nothing more to wait for. */
    private boolean awaitOne() throws InterruptedException {
        boolean enough = held() >= acknowledgement.repositories();
        if (enough && toEnough.isZero()) {
            toEnough = Duration.ofNanos(System.nanoTime() - start);
        }
        boolean patient = left(hanging()) > 0;
        if (!enough && (held() + count(State.RUNNING) < acknowledgement.repositories() || !patient)) {
            attempts.stream()
                    .filter(attempt -> attempt.state() == State.WAITING)
                    .forEach(this::begin);
        }
        boolean waited = attempts.stream()
                .anyMatch(attempt -> attempt.state() == State.RUNNING && !(enough && attempt.late() != Late.NO));
        boolean toPatience = enough || count(State.WAITING) > 0;
        long nanos = left(acknowledgement.limit());
        if (toPatience) {
            // At least as long again as the others took: a slow line is slow for all of them.
            nanos = Math.min(
                    nanos,
                    enough
                            ? Math.max(left(acknowledgement.patience()), left(toEnough.multipliedBy(2)))
                            : left(hanging()));
        }
        if (!waited || nanos <= 0) {
            return false;
        }
        PushAttempt.Outcome outcome = outcomes.poll(nanos, TimeUnit.NANOSECONDS);
        if (outcome != null) {
            outcome.apply();
        }
        return true;
    }

    /**
     * A repository that has not answered after this long counts as one that hangs, and lagging ones are asked as well.
     */
    private Duration hanging() {
        return acknowledgement.limit().dividedBy(HANGING_PART);
    }

    private long count(State state) {
        return attempts.stream().filter(attempt -> attempt.state() == state).count();
    }

    private long held() {
        return count(State.HELD);
    }

    private long left(Duration limit) {
        return start + limit.toNanos() - System.nanoTime();
    }

    /** @return whether a thread is left that does not end */
    private boolean leaveBehind() {
        List<PushAttempt> running = attempts.stream()
                .filter(attempt -> attempt.state() == State.RUNNING)
                .toList();
        for (PushAttempt attempt : running) {
            attempt.leaveBehind(new UserFacingException(
                    ExitCode.TIMED_OUT,
                    "it did not take '" + push.request().file().name() + "' within "
                            + Duration.ofNanos(System.nanoTime() - start).toSeconds() + " s",
                    "The store, its disk or the network is slow or hangs; push-timeout of [host] is the limit."));
        }
        long until = System.nanoTime() + GRACE.toNanos();
        boolean left = false;
        for (PushAttempt attempt : running) {
            left |= !attempt.ends(Duration.ofNanos(Math.max(1, until - System.nanoTime())));
            attempt.explainTimeout();
        }
        return left;
    }

    private void throwRefusal() {
        UserFacingException first = null;
        for (PushAttempt attempt : attempts) {
            Optional<Exception> failure = attempt.failure();
            if (failure.isPresent() && PushFailure.stops(failure.get())) {
                UserFacingException refusal = PushFailure.explain(failure.get());
                if (first == null) {
                    first = refusal;
                } else {
                    first.addSuppressed(refusal);
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }

    private void requireEnough() {
        long held = held();
        if (held >= acknowledgement.repositories()) {
            return;
        }
        List<String> reasons = new ArrayList<>();
        UserFacingException first = null;
        for (PushAttempt attempt : attempts) {
            if (attempt.failure().isPresent()) {
                UserFacingException explained =
                        PushFailure.explain(attempt.failure().get());
                reasons.add("'" + attempt.target().name() + "': " + explained.getMessage());
                first = first == null ? explained : first;
            }
        }
        if (first == null) {
            throw new IllegalStateException("only " + held + " of " + attempts + " were asked, and none failed");
        }
        throw new UserFacingException(
                first.exitCode(),
                "'" + push.request().file().name() + "' is in " + held + " of the " + acknowledgement.repositories()
                        + " repositories that must hold it: " + String.join("; ", reasons),
                first.hint(),
                first);
    }

    private void pause(PushAttempt attempt) {
        if (attempt.failure().isPresent()) {
            pause(attempt.target(), attempt.queue()).failed(acknowledgement.clock());
        }
    }

    private static List<PushReport.Lagging> lagging(List<PushAttempt> missed) {
        return missed.stream()
                .filter(attempt -> attempt.waiting() > 0)
                .map(attempt -> new PushReport.Lagging(
                        attempt.target().name(), attempt.reason(), attempt.waiting(), attempt.cause()))
                .toList();
    }
}
