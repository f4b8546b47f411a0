// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.push;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.archiver.PushTarget.Holders;
import org.tidemark.archiver.push.WalPusher.Acknowledgement;
import org.tidemark.archiver.push.WalPusher.PushReport;
import org.tidemark.archiver.push.WalPusher.PushRequest;
import org.tidemark.archiver.queue.BacklogDelivery;
import org.tidemark.archiver.queue.BacklogDelivery.DeliveryReport;
import org.tidemark.archiver.queue.PendingQueue;
import org.tidemark.archiver.queue.QueueListing;
import org.tidemark.archiver.queue.RetryPause;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.postgres.ArchiveStatus;

/**
 * The part of a push that comes after the file is safe: lagging repositories that may answer again get some of their
 * queue, all at the same time, for a limited time, and only while PostgreSQL has nothing else to archive. Nothing that
 * happens here changes what PostgreSQL is told.
 */
record BacklogRound(Acknowledgement acknowledgement, SystemIdentifier system, WaitingFiles waiting) {
    /** How many objects are delivered each time: enough to catch up while segments are pushed now and then. */
    static final int MOST_OBJECTS = 16;

    private static final Duration LOOK_AGAIN = Duration.ofMillis(100);

    /**
     * The result of a round.
     *
     * @param abandoned whether a thread is left that does not end
     */
    record Result(List<PushReport.RefusedFile> refused, boolean abandoned) {
        static final Result NOTHING = new Result(List.of(), false);
    }

    private static final class Work {
        private final PushAttempt attempt;
        private final PendingQueue queue;
        private final QueueListing listing;
        private @Nullable Thread thread;
        private volatile @Nullable DeliveryReport delivered;
        private boolean begun;

        Work(PushAttempt attempt, PendingQueue queue, QueueListing listing) {
            this.attempt = attempt;
            this.queue = queue;
            this.listing = listing;
        }

        /**
         * At least one: on a slow host the time may be over before the first, and then the queue would never shrink.
         */
        boolean mayGoOn(long until) {
            boolean first = !begun;
            begun = true;
            return first || System.nanoTime() - until < 0;
        }
    }

    /** Whether PostgreSQL's disk may fill while a queue is delivered. */
    enum Urgency {
        /** The file is safe: only while PostgreSQL has nothing else to archive. */
        WHILE_NOTHING_WAITS,
        /** A push fails, and with it archiving, unless there is room in the spool. */
        TO_MAKE_ROOM
    }

    Result run(List<PushAttempt> attempts, long deadline, Urgency urgency) {
        if (urgency == Urgency.WHILE_NOTHING_WAITS && waiting.any()) {
            return Result.NOTHING;
        }
        long until = Math.min(
                deadline, System.nanoTime() + acknowledgement.patience().toNanos());
        List<Work> works = new ArrayList<>();
        for (PushAttempt attempt : attempts) {
            Optional<PendingQueue> queue = attempt.queue();
            // One that has just failed, or did a moment ago, is left alone.
            if (queue.isPresent()
                    && attempt.failure().isEmpty()
                    && attempt.hasBacklog()
                    && !pause(queue.get()).lasts(acknowledgement.clock())) {
                try {
                    works.add(new Work(attempt, queue.get(), attempt.listing()));
                } catch (IOException e) {
                    attempt.backlogStopped(e);
                }
            }
        }
        works.forEach(work -> begin(work, holders(work.attempt, attempts), until, urgency));
        boolean abandoned = false;
        List<PushReport.RefusedFile> refused = new ArrayList<>();
        for (Work work : works) {
            // One object that is under way may need longer than the patience: else a slow line would never get it done.
            boolean ended = await(work, until, deadline, urgency);
            DeliveryReport delivered = work.delivered;
            if (!ended || delivered == null || delivered.stoppedBy().isPresent()) {
                pause(work.queue).failed(acknowledgement.clock());
            } else {
                pause(work.queue).succeeded();
            }
            if (delivered != null) {
                delivered.stoppedBy().ifPresent(work.attempt::backlogStopped);
                work.attempt.delivered(delivered.objects()
                        + delivered.refused().size()
                        + delivered.removed().size());
                delivered
                        .refused()
                        .forEach(each -> refused.add(new PushReport.RefusedFile(
                                work.attempt.target().name(), each.keyName(), each.problem(), true)));
                delivered
                        .removed()
                        .forEach(each -> refused.add(new PushReport.RefusedFile(
                                work.attempt.target().name(), each.keyName(), each.problem(), false)));
            }
            abandoned |= !ended;
        }
        return new Result(refused, abandoned);
    }

    private RetryPause pause(PendingQueue queue) {
        return acknowledgement.spool().pause(queue.repository());
    }

    private static Holders holders(PushAttempt late, List<PushAttempt> attempts) {
        return id -> {
            List<Holders.Holder> holders = new ArrayList<>();
            for (PushAttempt attempt : attempts) {
                boolean named = attempt.repository().filter(id::equals).isPresent();
                if (attempt != late && (named || attempt.target().hasKeysOf(late.target()))) {
                    holders.add(
                            named ? 0 : holders.size(),
                            new Holders.Holder(
                                    attempt.target().name(), attempt.target().opening()));
                }
            }
            return holders;
        };
    }

    private void begin(Work work, Holders holders, long until, Urgency urgency) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.delivered = new BacklogDelivery(
                                        work.queue,
                                        work.attempt.target().opening().open(system),
                                        holders,
                                        acknowledgement.spool().histories(acknowledgement.clock()),
                                        acknowledgement.clock())
                                .deliver(
                                        work.listing,
                                        MOST_OBJECTS,
                                        () -> work.mayGoOn(until)
                                                && (urgency == Urgency.TO_MAKE_ROOM || !waiting.any())
                                                && !Thread.currentThread().isInterrupted());
                    } catch (IOException | RuntimeException e) {
                        work.delivered = new DeliveryReport(0, 0, List.of(), Optional.of(e));
                    }
                },
                "backlog-" + work.attempt.target().name());
        thread.setDaemon(true);
        thread.start();
        work.thread = thread;
    }

    /** Until the deadline; but no longer than the patience once more after {@code until}, where PostgreSQL waits. */
    private boolean await(Work work, long until, long deadline, Urgency urgency) {
        Thread thread = work.thread;
        if (thread == null) {
            return true;
        }
        try {
            long patient = until + acknowledgement.patience().toNanos();
            long now = System.nanoTime();
            while (now - deadline < 0 && (now - patient < 0 || urgency == Urgency.TO_MAKE_ROOM || !waiting.any())) {
                if (thread.join(Duration.ofNanos(Math.clamp(deadline - now, 1, LOOK_AGAIN.toNanos())))) {
                    return true;
                }
                now = System.nanoTime();
            }
            thread.interrupt();
            return thread.join(Duration.ofMillis(100));
        } catch (InterruptedException e) {
            thread.interrupt();
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /**
     * The files that PostgreSQL is going to hand over after a file: it waits for archive_command, and its disk fills
     * meanwhile. Thread-safe.
     *
     * @param file the name of the one that is pushed now
     */
    record WaitingFiles(ArchiveStatus status, String file) {
        static WaitingFiles besides(PushRequest request) {
            return new WaitingFiles(
                    new ArchiveStatus(request.path().resolveSibling("archive_status")),
                    String.valueOf(request.path().getFileName()));
        }

        /** Whether there is one at least. */
        boolean any() {
            return status.isReadyBesides(file);
        }
    }
}
