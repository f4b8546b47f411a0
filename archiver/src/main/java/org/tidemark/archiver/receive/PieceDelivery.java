// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.receive;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.tidemark.archiver.PushTarget;
import org.tidemark.archiver.WalOrigin;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.format.ObjectEncoder;
import org.tidemark.catalog.layout.WalPiece;
import org.tidemark.catalog.wal.WalArchive;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.Sha256;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalFile.TimelineHistoryFile;
import org.tidemark.store.ObjectSource;

/**
 * Stores what has arrived of the segment that is being received, in every repository, so that a disaster costs seconds
 * of WAL and not a segment. Each repository has a thread of its own; what fails is tried again, and keeps nobody
 * waiting. Each piece goes back over as many of those before it as the lowest bit of its number says: so a reader needs
 * few of them, however many there are (docs/adr/0030-pieces-of-a-segment.md). Thread-safe; {@link #begin} and
 * {@link #written} are for the thread that receives.
 */
public final class PieceDelivery implements AutoCloseable {
    /** A longer piece would need more memory. */
    static final int MAX_BYTES = 16 << 20;

    /** The one that is received, and the one before it, whose end may not be stored yet. */
    private static final int SEGMENTS = 2;

    private static final Duration LOOK = Duration.ofMillis(200);
    private static final Duration AFTER_A_FAILURE = Duration.ofSeconds(5);
    private static final Duration CLOSING = Duration.ofSeconds(10);

    private final WalOrigin origin;
    private final Duration interval;
    private final Into into;
    private final WalReceiver.Observer observer;
    private final List<Sender> senders = new ArrayList<>();
    private final Deque<Received> segments = new ArrayDeque<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition advanced = lock.newCondition();
    private final SecureRandom random = new SecureRandom();

    /**
     * The repositories.
     *
     * @param needed how many of them must hold what counts as archived
     * @param workDirectory for what does not fit into memory
     */
    public record Into(List<PushTarget> targets, int needed, Path workDirectory) {
        public Into {
            targets = List.copyOf(targets);
        }
    }

    /** @param interval the shortest time between two pieces for one repository; zero: as soon as WAL arrives */
    PieceDelivery(Into into, WalOrigin origin, Duration interval, WalReceiver.Observer observer) {
        this.into = into;
        this.origin = origin;
        this.interval = interval;
        this.observer = observer;
        for (PushTarget target : into.targets()) {
            senders.add(new Sender(target, senders.size()));
        }
        senders.forEach(sender -> sender.thread.start());
    }

    /** A segment of which the first bytes are about to be written. Not thread-safe, but for {@link #part}. */
    private static final class Received implements AutoCloseable {
        private final Segment segment;
        private final String writer;
        private final RandomAccessFile bytes;
        /** How much is stored, by the number of the repository. */
        private final AtomicIntegerArray stored;

        private volatile int written;

        Received(Segment segment, String writer, Path file, int repositories) throws IOException {
            this.segment = segment;
            this.writer = writer;
            this.bytes = new RandomAccessFile(file.toFile(), "r");
            this.stored = new AtomicIntegerArray(repositories);
        }

        /** What is written from one place to another, read as it is needed: many receivers share one memory. */
        ObjectSource part(int from, int to) {
            return new ObjectSource() {
                @Override
                public long sizeBytes() {
                    return (long) to - from;
                }

                @Override
                public InputStream open() {
                    return new PartStream(from, to);
                }
            };
        }

        private synchronized void read(int from, byte[] buffer, int offset, int length) throws IOException {
            bytes.seek(from);
            bytes.readFully(buffer, offset, length);
        }

        private final class PartStream extends InputStream {
            private final int end;
            private int at;

            PartStream(int from, int end) {
                this.at = from;
                this.end = end;
            }

            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
            }

            @Override
            public int read(byte[] buffer, int offset, int length) throws IOException {
                if (at == end && length > 0) {
                    return -1;
                }
                int count = Math.min(length, end - at);
                Received.this.read(at, buffer, offset, count);
                at += count;
                return count;
            }
        }

        /** The digest of all that is written, which is the whole segment. */
        Sha256 digest() throws IOException {
            MessageDigest digest = Sha256.newDigest();
            try (InputStream in = part(0, written).open()) {
                in.transferTo(new DigestOutputStream(OutputStream.nullOutputStream(), digest));
            }
            return Sha256.finish(digest);
        }

        @Override
        public synchronized void close() throws IOException {
            bytes.close();
        }
    }

    /**
     * A segment is received from its start, perhaps not for the first time: what is stored of another attempt has
     * another writer, since a server that crashed may have written other bytes.
     *
     * @param file to which it is written; may be renamed and removed meanwhile
     */
    void begin(Segment segment, Path file) throws IOException {
        byte[] name = new byte[8];
        random.nextBytes(name);
        Received fresh = new Received(segment, HexFormat.of().formatHex(name), file, senders.size());
        lock.lock();
        try {
            if (!segments.isEmpty()
                    && (!isWhole(segments.getLast())
                            || segments.getLast().segment.equals(segment))) {
                segments.removeLast().close();
            }
            while (segments.size() >= SEGMENTS) {
                segments.removeFirst().close();
            }
            segments.addLast(fresh);
        } finally {
            lock.unlock();
        }
    }

    private boolean isWhole(Received each) {
        return each.written == origin.walSegmentSize().bytes();
    }

    /** How many bytes of the segment that was begun last are in its file. */
    void written(int bytes) {
        lock.lock();
        try {
            segments.getLast().written = bytes;
            if (interval.isZero()) {
                advanced.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Up to where as many repositories as must hold WAL do.
     *
     * @param archived all before it is archived
     */
    Lsn storedFrom(Lsn archived, Timeline timeline) {
        Lsn stored = archived;
        for (Received each : snapshot()) {
            if (each.segment.timeline().equals(timeline)
                    && each.segment.start(origin.walSegmentSize()).equals(stored)) {
                List<Integer> counts = new ArrayList<>();
                for (int i = 0; i < each.stored.length(); i++) {
                    counts.add(each.stored.get(i));
                }
                counts.sort(Comparator.reverseOrder());
                stored = stored.plus(counts.get(into.needed() - 1));
            }
        }
        return stored;
    }

    private List<Received> snapshot() {
        lock.lock();
        try {
            return List.copyOf(segments);
        } finally {
            lock.unlock();
        }
    }

    /** Sends to one repository. All but {@link #thread} is for that thread. */
    private final class Sender {
        private final PushTarget target;
        private final int number;
        private final Thread thread;
        private Map<Received, List<Integer>> ends = new HashMap<>();

        Sender(PushTarget target, int number) {
            this.target = target;
            this.number = number;
            this.thread = new Thread(this::run, "pieces-" + target.name());
            thread.setDaemon(true); // it may hang in the kernel, on a dead network file system
        }

        private void run() {
            try {
                while (true) {
                    awaitWork();
                    long begun = System.nanoTime();
                    Duration pause = interval;
                    try {
                        send();
                    } catch (IOException | RuntimeException | Error e) {
                        if (Thread.interrupted()) {
                            return;
                        }
                        observer.pieceNotStored(target.name(), explain(e));
                        pause = interval.compareTo(AFTER_A_FAILURE) < 0 ? AFTER_A_FAILURE : interval;
                    }
                    Thread.sleep(Duration.ofNanos(Math.max(0, begun + pause.toNanos() - System.nanoTime())));
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt(); // closed
            }
        }

        private static UserFacingException explain(Throwable failure) {
            return failure instanceof Exception known
                            && (failure instanceof IOException || failure instanceof UserFacingException)
                    ? StorageErrors.explain(known)
                    : new UserFacingException(
                            ExitCode.INTERNAL,
                            "an error in Tidemark itself: " + failure,
                            "Please report it. Complete segments are still archived.",
                            failure);
        }

        private void awaitWork() throws InterruptedException {
            lock.lockInterruptibly();
            try {
                while (segments.stream().noneMatch(each -> each.stored.get(number) < each.written)) {
                    boolean _ = advanced.await(LOOK.toNanos(), TimeUnit.NANOSECONDS);
                }
            } finally {
                lock.unlock();
            }
        }

        /** The end of a segment is stored before the begin of the next one, so that pieces leave no hole. */
        private void send() throws IOException {
            List<Received> all = snapshot();
            Map<Received, List<Integer>> known = new HashMap<>();
            for (Received each : all) {
                known.put(each, ends.getOrDefault(each, new ArrayList<>(List.of(0))));
            }
            ends = known; // without those that are done with
            ClusterArchive archive = target.opening().open(origin.system());
            origin.refuseOther(archive.identity());
            for (Received each : all) {
                if (each.stored.get(number) == each.written) {
                    continue;
                }
                if (!hasHistory(archive.wal(), each.segment.timeline())) {
                    return; // it is archived before any segment of its timeline
                }
                try {
                    send(archive.wal(), each, Objects.requireNonNull(known.get(each)));
                } catch (IOException e) {
                    if (isReceived(each)) {
                        throw e;
                    }
                    // Its file is closed: it is received again, or its end was never stored here.
                }
            }
        }

        private void send(WalArchive archive, Received each, List<Integer> sent) throws IOException {
            int written = each.written;
            if (isWhole(each) && isArchived(archive, each)) {
                each.stored.set(number, written);
                return;
            }
            while (sent.getLast() < written) {
                int start = start(sent, written);
                int end = Math.min(written, start + MAX_BYTES);
                put(archive, each, start, each.part(start, end));
                sent.add(end);
                each.stored.set(number, end);
            }
        }

        private boolean hasHistory(WalArchive archive, Timeline timeline) throws IOException {
            return timeline.equals(Timeline.FIRST) || archive.containsStored(new TimelineHistoryFile(timeline).name());
        }

        /** Another server may have stored its own content under this name. */
        private boolean isArchived(WalArchive archive, Received each) throws IOException {
            Optional<Sha256> stored = archive.digest(each.segment);
            return stored.isPresent() && stored.get().equals(each.digest());
        }

        private void put(WalArchive archive, Received each, int from, ObjectSource content) throws IOException {
            Lsn start = each.segment.start(origin.walSegmentSize()).plus(from);
            WalPiece piece = new WalPiece(each.segment, start, start.plus(content.sizeBytes()), each.writer);
            try (EncodedObject encoded = ObjectEncoder.encode(
                    ContainerKind.PIECE,
                    piece.name(),
                    origin.system(),
                    target.encoding(),
                    content,
                    into.workDirectory())) {
                archive.put(piece, encoded);
            }
        }
    }

    private boolean isReceived(Received each) {
        return snapshot().stream().anyMatch(other -> other == each);
    }

    /**
     * The position at which the next piece begins: it is the n-th, and covers as many of the last pieces, and what is
     * new, as the lowest bit of n says, as far as its length allows.
     *
     * @param ends of the pieces until now, with a 0 before them
     */
    static int start(List<Integer> ends, int written) {
        int number = ends.size();
        for (int step = Integer.lowestOneBit(number); step > 1; step /= 2) {
            int start = ends.get(number - step);
            if (written - start <= MAX_BYTES) {
                return start;
            }
        }
        return ends.getLast();
    }

    /** Ends the delivery. A piece that is not stored by now is never stored; the segments are in the spool. */
    @Override
    public void close() {
        senders.forEach(sender -> sender.thread.interrupt());
        boolean interrupted = Thread.interrupted();
        long end = System.nanoTime() + CLOSING.toNanos();
        for (Sender sender : senders) {
            try {
                boolean _ = sender.thread.join(Duration.ofNanos(Math.max(1, end - System.nanoTime())));
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        for (Received each : snapshot()) {
            try {
                each.close();
            } catch (IOException e) {
                // It was only read.
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
