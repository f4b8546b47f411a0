// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.push;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.tidemark.archiver.PushTarget;
import org.tidemark.archiver.push.WalPusher.PushReport;
import org.tidemark.archiver.queue.PendingQueue;
import org.tidemark.archiver.queue.QueueListing;
import org.tidemark.catalog.EncryptedOnlyStore.NotEncryptedException;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.UtcTime;
import org.tidemark.store.StorageException.StorageUnavailable;

/**
 * The attempt to push a file to one repository. Its work is done in a thread of its own; all methods are for the thread
 * that made it. It is a platform thread, and a daemon: a call that hangs in the kernel, as on a dead network file
 * system, would block a virtual thread's carrier, and cannot be ended before the process ends.
 */
final class PushAttempt {
    /** Its states; each follows one of those before it. */
    enum State {
        WAITING,
        RUNNING,
        HELD,
        FAILED
    }

    private final PushTarget target;
    private final Optional<PendingQueue> queue;
    private final Backlog backlog;
    private final Late late;
    private final Optional<Instant> pausedUntil;
    private Optional<QueueListing> listing = Optional.empty();
    private int delivered;
    private State state = State.WAITING;
    private Optional<Exception> failure = Optional.empty();
    /** Whether the failure is that it took too long. */
    private boolean timedOut;

    private Optional<String> backlogProblem = Optional.empty();
    private Optional<RepositoryId> heldBy = Optional.empty();
    private @Nullable Thread thread;
    /** The error with which the worker ended, even if nobody waited for it any longer. */
    private volatile @Nullable Throwable ended;

    /** Why a repository gets the file after the others, or only if they are not enough. */
    enum Late {
        NO,
        /** Older files are queued for it, and are delivered first. */
        HAS_BACKLOG,
        /** It failed recently. */
        PAUSES
    }

    /** Whether older files are queued for the repository. */
    enum Backlog {
        NONE,
        SOME
    }

    /**
     * @param queue what is queued for it; empty if this host never saw which repository that is
     * @param pausedUntil when it may be asked again, if that is why it is late
     */
    PushAttempt(
            PushTarget target,
            Optional<PendingQueue> queue,
            Backlog backlog,
            Late late,
            Optional<Instant> pausedUntil) {
        this.target = target;
        this.queue = queue;
        this.backlog = backlog;
        this.late = late;
        this.pausedUntil = pausedUntil;
    }

    PushTarget target() {
        return target;
    }

    Late late() {
        return late;
    }

    State state() {
        return state;
    }

    Optional<Exception> failure() {
        return failure;
    }

    /** The repository's id; empty if it does not hold the file, and this host never saw it. */
    Optional<RepositoryId> repository() {
        return heldBy.or(() -> queue.map(PendingQueue::repository));
    }

    Optional<PendingQueue> queue() {
        return queue;
    }

    /** The objects queued for the repository; read from the spool once. */
    QueueListing listing() throws IOException {
        if (listing.isEmpty()) {
            listing = Optional.of(queue.orElseThrow().list());
        }
        return listing.get();
    }

    void queued(QueueListing now) {
        listing = Optional.of(now);
    }

    /** Whether something is queued for it, now or since before. */
    boolean hasBacklog() {
        return backlog == Backlog.SOME
                || listing.filter(now -> now.waiting() > 0).isPresent();
    }

    /** Notes how many objects have left the queue since it was read. */
    void delivered(int objects) {
        delivered += objects;
    }

    /** How many are queued for it, as far as this push knows. */
    int waiting() {
        return listing.map(now -> Math.max(0, now.waiting() - delivered)).orElse(0);
    }

    /** Notes that the repository's queue could not be delivered. */
    void backlogStopped(Exception problem) {
        backlogProblem = Optional.of(PushFailure.explain(problem).getMessage());
    }

    String reason() {
        return failure.map(problem -> PushFailure.explain(problem).getMessage())
                .or(() -> backlogProblem)
                .orElseGet(() -> pausedUntil.isPresent()
                        ? "it failed recently; the next attempt is at " + UtcTime.seconds(pausedUntil.get())
                        : "older files are still queued for it");
    }

    PushReport.Cause cause() {
        boolean isLate = failure.isEmpty() ? backlogProblem.isEmpty() : timedOut;
        return isLate ? PushReport.Cause.SLOW : PushReport.Cause.FAILS;
    }

    /** Notes how it ended; called by the thread that made the attempt. */
    record Outcome(
            PushAttempt attempt,
            Optional<RepositoryId> heldBy,
            @Nullable Throwable failure) {
        void apply() {
            switch (failure) {
                case null -> {
                    attempt.state = State.HELD;
                    attempt.heldBy = heldBy;
                }
                case Exception problem -> attempt.fail(problem);
                case Throwable problem -> attempt.fail(new IllegalStateException(problem));
            }
        }
    }

    private void fail(Exception problem) {
        state = State.FAILED;
        failure = Optional.of(problem);
    }

    void begin(SinglePush push, BlockingQueue<Outcome> outcomes) {
        state = State.RUNNING;
        Thread worker = new Thread(
                () -> {
                    Outcome outcome;
                    try {
                        RepositoryId id = push.to(target).repository().id();
                        outcome = new Outcome(this, Optional.of(id), null);
                    } catch (Throwable e) {
                        ended = e;
                        outcome = new Outcome(this, Optional.empty(), e);
                    }
                    outcomes.add(outcome);
                },
                "push-" + target.name());
        worker.setDaemon(true);
        worker.start();
        thread = worker;
    }

    /** Abandons an attempt that has not ended; if it stores the file anyway, that does no harm. */
    void leaveBehind(Exception reason) {
        interrupt();
        fail(reason);
        timedOut = true;
    }

    /**
     * Says why the store did not answer in time, if that is known by now: a store that failed is asked again, and an
     * interruption ends that.
     */
    void explainTimeout() {
        Throwable cause = ended == null ? null : ended.getCause();
        if (cause instanceof StorageUnavailable unavailable
                && failure.orElse(null) instanceof UserFacingException late) {
            fail(new UserFacingException(
                    late.exitCode(),
                    late.getMessage() + ": " + unavailable.getMessage(),
                    unavailable.hint().orElse(late.hint()),
                    unavailable));
            timedOut = false;
        }
    }

    void interrupt() {
        if (thread != null) {
            thread.interrupt();
        }
    }

    /** Whether its thread ends within a time. */
    boolean ends(Duration limit) {
        try {
            return thread == null || thread.join(limit);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Classifies the failures that keep a repository from having an object. */
    static final class PushFailure {
        private PushFailure() {}

        /**
         * Whether the push must fail however many other repositories hold the file: another content is archived under
         * its name, or something in the clear is to go where all is encrypted. Everything else (a store that is down,
         * slow or full, a secret that cannot be had, a wrong option, an incarnation that is not registered) may be put
         * right later, and must not stop archiving into the repositories that work.
         */
        static boolean stops(Exception failure) {
            return failure instanceof NotEncryptedException
                    || (failure instanceof UserFacingException known && known.exitCode() == ExitCode.WAL_CONFLICT);
        }

        /** In words. */
        static UserFacingException explain(Exception failure) {
            return switch (failure) {
                case UserFacingException known -> known;
                case IOException store -> StorageErrors.explain(store);
                default ->
                    new UserFacingException(
                            ExitCode.INTERNAL,
                            "an error in Tidemark itself: " + failure,
                            "Please report it: "
                                    + Arrays.stream(failure.getStackTrace())
                                            .limit(8)
                                            .map(StackTraceElement::toString)
                                            .collect(Collectors.joining(" < ")),
                            failure);
            };
        }
    }
}
