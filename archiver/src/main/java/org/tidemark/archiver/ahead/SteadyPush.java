// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.ahead;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.tidemark.archiver.ahead.Station.Notes;
import org.tidemark.archiver.push.WalPusher.PushRequest;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.ArchiveStatus;
import org.tidemark.postgres.ControlFile;

/**
 * Archives each segment of one server as soon as it is ready, as its call of archive_command would, several at once,
 * and notes it for the launcher. It ends at the first failure: PostgreSQL's own call reports what is wrong.
 * Thread-safe.
 */
public final class SteadyPush implements AutoCloseable {
    /** The most memory for segments in the clear and compressed. */
    private static final long MEMORY_BYTES = 96L << 20;
    /** The launcher waits about as long. */
    private static final Duration IN_TIME = Duration.ofSeconds(2);
    /** After this time it is tried again whether the launcher need not wait in vain. */
    private static final Duration FORGIVEN = Duration.ofSeconds(30);

    private final Path walDirectory;
    private final WalSegmentSize size;
    private final Pushing pushing;
    private final Notes notes;
    private final int most;
    private final Deque<Segment> candidates = new ArrayDeque<>();
    private final Map<Segment, Work> underWay = new HashMap<>();
    /** Pushed by this object: what could not be noted is not pushed again and again. */
    private final Set<String> pushed = new HashSet<>();

    private int threads;
    private boolean closed;
    private @Nullable Failure failure;

    /** Archives one file. */
    @FunctionalInterface
    public interface Pushing {
        /** Returns only when the file is as durable as the policy asks. */
        void push(PushRequest request) throws IOException;
    }

    /** The failure that ended the work. */
    public record Failure(Segment segment, Exception problem) {}

    private record Work(Thread thread, long began) {}

    /**
     * Nothing is begun before {@link #look}.
     *
     * @param walDirectory pg_wal
     * @param pushing archives a file as wal-push does; called by several threads at once
     * @param notes closed with this
     * @param most how many segments may be archived that PostgreSQL has not handed over
     * @param archived what PostgreSQL has handed over; with it, this server has shown that it is not in conflict
     */
    public SteadyPush(
            Path walDirectory, WalSegmentSize size, Pushing pushing, Notes notes, int most, Segment archived) {
        this.walDirectory = walDirectory;
        this.size = size;
        this.pushing = pushing;
        this.notes = notes;
        this.most = most;
        pushed.add(archived.name());
    }

    /**
     * Looks at what is ready, and has it archived by other threads.
     *
     * @return how many files are ready
     */
    public int look(Clock clock) throws IOException {
        TreeSet<String> ready = ArchiveStatus.of(walDirectory).ready();
        Set<String> noted = notes.keep(ready);
        Optional<FileTime> late = notes.lateSince();
        if (late.isPresent() && late.get().toInstant().plus(FORGIVEN).isBefore(clock.instant())) {
            notes.inTime();
        }
        // A history comes first, and no note answers for it. One that is late leaves the first segment to wal-push.
        boolean first = ready.stream().anyMatch(name -> name.endsWith(".history"));
        synchronized (this) {
            String handedOver = late.isPresent() && !ready.isEmpty() ? ready.getFirst() : "";
            List<Segment> next = first ? List.of() : next(ready, handedOver, most);
            pushed.retainAll(ready);
            candidates.clear();
            if (closed || failure != null) {
                return ready.size();
            }
            for (Segment each : next) {
                if (!noted.contains(each.name()) && !pushed.contains(each.name()) && !underWay.containsKey(each)) {
                    candidates.add(each);
                }
            }
            startThreads();
        }
        return ready.size();
    }

    private synchronized void startThreads() {
        int mostThreads = threads();
        for (int i = candidates.size(); i > 0 && threads < mostThreads; i--) {
            threads++;
            Thread thread = new Thread(this::work, "push-" + walDirectory);
            thread.setDaemon(true);
            thread.start();
        }
    }

    private void work() {
        for (Segment segment = take(); segment != null; segment = take()) {
            try {
                push(segment);
            } finally {
                ended(segment);
            }
        }
    }

    private synchronized @Nullable Segment take() {
        Segment segment = closed || failure != null ? null : candidates.poll();
        if (segment == null) {
            threads--;
            notifyAll();
        } else {
            pushed.add(segment.name());
            underWay.put(segment, new Work(Thread.currentThread(), System.nanoTime()));
        }
        return segment;
    }

    private void push(Segment segment) {
        long began = System.nanoTime();
        Path path = walDirectory.resolve(segment.name());
        try {
            notes.begin(segment);
            Optional<FileTime> modified = pushUnchanged(new PushRequest(segment, path, control()));
            if (modified.isPresent()) {
                notes.acknowledge(segment, modified.get());
            }
            if (System.nanoTime() - began < IN_TIME.toNanos()
                    && notes.lateSince().isPresent()) {
                notes.inTime();
            }
        } catch (IOException | RuntimeException e) {
            // PostgreSQL may have removed it, since its own call was earlier.
            if (ArchiveStatus.of(walDirectory).isReady(segment.name())) {
                failed(new Failure(segment, e));
            }
        } catch (Error e) {
            failed(new Failure(segment, new IllegalStateException(e)));
        }
    }

    /** Reads the present control file: from it, wal-push knows whether a segment of a standby is whole. */
    private ControlFile control() throws IOException {
        Path dataDirectory = walDirectory.toAbsolutePath().getParent();
        return ControlFile.read(dataDirectory == null ? walDirectory : dataDirectory);
    }

    private synchronized void failed(Failure problem) {
        if (failure == null) {
            failure = problem;
        }
    }

    private void ended(Segment segment) {
        try {
            notes.end(segment);
        } catch (IOException e) {
            // The launcher waits for it once, for a short time.
        }
        synchronized (this) {
            underWay.remove(segment);
        }
    }

    /** The failure that ended the work; empty while it goes on. */
    public synchronized Optional<Failure> failure() {
        return Optional.ofNullable(failure);
    }

    /** Interrupts what has been under way for longer than this; whether there is something. */
    public synchronized boolean interruptOlderThan(Duration age) {
        boolean found = false;
        for (Work each : underWay.values()) {
            if (System.nanoTime() - each.began() > age.toNanos()) {
                each.thread().interrupt();
                found = true;
            }
        }
        return found;
    }

    /** Whether threads are left. */
    public synchronized boolean isWorking() {
        return threads > 0;
    }

    /** Begins nothing more, and waits until what is under way has ended, and is noted; whether it has. */
    public synchronized boolean finish(Duration patience) throws InterruptedException {
        candidates.clear();
        long end = System.nanoTime() + patience.toNanos();
        for (long left = patience.toNanos(); threads > 0 && left > 0; left = end - System.nanoTime()) {
            wait(Math.max(1, left / 1_000_000));
        }
        return threads == 0;
    }

    /** From now on nothing is begun and nothing is noted. */
    @Override
    public void close() throws IOException {
        synchronized (this) {
            closed = true;
            candidates.clear();
        }
        notes.close();
    }

    /**
     * The segments that come next: in the order of their names, which is PostgreSQL's own. Those before {@code pushed}
     * count as well, since a timeline that has ended may be archived late.
     */
    static List<Segment> next(Set<String> ready, String pushed, int most) {
        List<Segment> next = new ArrayList<>();
        for (String name : new TreeSet<>(ready)) {
            if (next.size() == most) {
                break;
            }
            if (!name.equals(pushed)
                    && WalFile.NAME.matcher(name).matches()
                    && WalFile.parse(name) instanceof Segment segment) {
                next.add(segment);
            }
        }
        return next;
    }

    /** How many segments are pushed at once. */
    private int threads() {
        long fit = MEMORY_BYTES / (2L * size.bytes());
        return Math.clamp(fit, 1, Runtime.getRuntime().availableProcessors());
    }

    /** Pushes a file, and gives its time of modification; empty if it changed meanwhile. */
    private Optional<FileTime> pushUnchanged(PushRequest request) throws IOException {
        Map<String, Object> before = state(request.path());
        pushing.push(request);
        return state(request.path()).equals(before) && before.get("lastModifiedTime") instanceof FileTime modified
                ? Optional.of(modified)
                : Optional.empty();
    }

    /** The attributes that change with the file. */
    private static Map<String, Object> state(Path path) throws IOException {
        return Files.readAttributes(path, "unix:dev,ino,size,lastModifiedTime,ctime");
    }
}
