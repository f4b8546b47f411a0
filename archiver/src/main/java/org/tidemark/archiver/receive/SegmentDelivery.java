// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.receive;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.tidemark.archiver.WalOrigin;
import org.tidemark.archiver.push.WalPusher;
import org.tidemark.archiver.push.WalPusher.PushReport;
import org.tidemark.archiver.push.WalPusher.PushRequest;
import org.tidemark.catalog.EncryptedOnlyStore.NotEncryptedException;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.PartialSegment;
import org.tidemark.core.WalFile.Segment;

/**
 * Archives received files in a thread of its own, one after the other, so that slow repositories do not keep the server
 * waiting. A file that cannot be archived now is tried again until it is, and then removed from the spool. All methods
 * but {@link #close} return at once, or within the time that is given. Thread-safe.
 */
final class SegmentDelivery implements AutoCloseable {
    private static final Duration CLOSING = Duration.ofSeconds(10);

    /** Nothing but the operator's decision ends these. */
    private static final Set<ExitCode> FINAL =
            Set.of(ExitCode.WAL_CONFLICT, ExitCode.WAL_REFUSED, ExitCode.WRONG_CLUSTER, ExitCode.USAGE);

    private final WalPusher pusher;
    private final ReceiveSpool spool;
    private final WalOrigin origin;
    private final WalReceiver.Observer observer;
    private final Deque<WalFile> waiting = new ArrayDeque<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Thread thread = new Thread(this::run, "archive-received");
    private boolean ended;
    private @Nullable UserFacingException failure;

    SegmentDelivery(WalPusher pusher, ReceiveSpool spool, WalOrigin origin, WalReceiver.Observer observer) {
        this.pusher = pusher;
        this.spool = spool;
        this.origin = origin;
        this.observer = observer;
        thread.setDaemon(true); // it may hang in the kernel, on a dead network file system
        thread.start();
    }

    /** Takes files that are complete in the spool. */
    void add(Collection<? extends WalFile> files) {
        lock.lock();
        try {
            waiting.addAll(files);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** How much of the spool the segments take that are not archived yet. */
    long waitingBytes() {
        lock.lock();
        try {
            return waiting.stream()
                            .filter(file -> file instanceof Segment || file instanceof PartialSegment)
                            .count()
                    * origin.walSegmentSize().bytes();
        } finally {
            lock.unlock();
        }
    }

    /** The start of the first segment that is not archived yet; {@code open} if all of them are. */
    Lsn archivedUpTo(Lsn open) {
        lock.lock();
        try {
            return waiting.stream()
                    .flatMap(file -> segment(file).stream())
                    .map(segment -> segment.start(origin.walSegmentSize()))
                    .reduce(open, (one, other) -> one.isBefore(other) ? one : other);
        } finally {
            lock.unlock();
        }
    }

    private static Optional<Segment> segment(WalFile file) {
        return switch (file) {
            case Segment segment -> Optional.of(segment);
            case PartialSegment partial -> Optional.of(partial.segment());
            case WalFile.BackupHistoryFile _, WalFile.TimelineHistoryFile _ -> Optional.empty();
        };
    }

    /** Throws what ended the delivery before {@link #close}, if something did. */
    void requireWorking() {
        lock.lock();
        try {
            if (failure != null) {
                throw failure;
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the number of waiting files changes, or the time is over; true if none waits. */
    @SuppressWarnings("WaitNotInLoop") // the caller looks again, also after a spurious wake-up
    boolean awaitChange(Duration limit) throws InterruptedException {
        lock.lock();
        try {
            if (!waiting.isEmpty()) {
                boolean _ = changed.await(limit.toNanos(), TimeUnit.NANOSECONDS);
            }
            return waiting.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        try {
            GrowingPause pause = new GrowingPause();
            while (true) {
                WalFile file = next();
                if (deliver(file)) {
                    done();
                    pause.reset();
                } else {
                    Thread.sleep(pause.take());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed; what is left, the next process delivers
        } catch (UserFacingException e) {
            fail(e);
        } catch (IOException e) {
            fail(StorageErrors.explain(e));
        } catch (RuntimeException | Error e) {
            // Without this thread everything would be received and nothing archived: a host may lack threads.
            fail(new UserFacingException(
                    ExitCode.INTERNAL,
                    "an error in Tidemark itself: " + e,
                    "What was received stays in the spool. Run it again with -v, and report what it prints.",
                    e));
        }
    }

    private WalFile next() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (waiting.isEmpty()) {
                changed.await();
            }
            return waiting.getFirst();
        } finally {
            lock.unlock();
        }
    }

    private void done() {
        lock.lock();
        try {
            waiting.removeFirst();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void fail(UserFacingException problem) {
        lock.lock();
        try {
            failure = ended ? null : problem;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Whether the file is done with. */
    private boolean deliver(WalFile file) throws IOException, InterruptedException {
        try {
            PushReport report = pusher.push(new PushRequest(file, spool.path(file), origin));
            if (segment(file).isPresent()) {
                spool.remove(file); // histories stay, beside the segments of their timelines
            }
            observer.archived(file, report);
            return true;
        } catch (IOException | UserFacingException e) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            UserFacingException problem = StorageErrors.explain(e);
            if (file instanceof PartialSegment partial && problem.exitCode() == ExitCode.WAL_REFUSED) {
                spool.refuse(partial);
                observer.putAside(partial, problem);
                return true;
            }
            if (FINAL.contains(problem.exitCode()) || problem instanceof NotEncryptedException) {
                throw problem;
            }
            observer.notArchived(file, problem);
            return false;
        }
    }

    /**
     * Stops; what is not archived stays in the spool.
     *
     * @return whether the thread has ended, so that the stores can be closed
     */
    boolean stop() {
        lock.lock();
        try {
            ended = true;
        } finally {
            lock.unlock();
        }
        thread.interrupt();
        boolean interrupted = Thread.interrupted();
        try {
            return thread.join(CLOSING);
        } catch (InterruptedException e) {
            interrupted = true;
            return false;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() {
        boolean _ = stop();
    }
}
