// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.resident;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.tidemark.archiver.WalOrigin;
import org.tidemark.archiver.push.WalPusher.PushRequest;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.ArchiveStatus;

/**
 * Archives the segments that PostgreSQL is going to hand over after one that is archived, several at once, and notes
 * each as acknowledged as soon as it is durable: PostgreSQL's next calls then need no Java. It never touches
 * {@code archive_status}. What fails here is not told: PostgreSQL hands the file over later, and hears of it then.
 *
 * @param walDirectory pg_wal
 * @param origin the cluster that writes it
 * @param pushing archives a file as wal-push does; called by several threads at once
 */
public record PushAhead(Path walDirectory, WalOrigin origin, Pushing pushing) {
    /** The most memory for segments in the clear and compressed; one at a time needs no more than a single push. */
    private static final long MEMORY_BYTES = 128L << 20;

    /** Archives one file. */
    @FunctionalInterface
    public interface Pushing {
        /** Returns only when the file is as durable as the policy asks. */
        void push(PushRequest request) throws IOException;
    }

    /**
     * How much is done before the present call returns. Immutable.
     *
     * @param segments at most so many
     * @param beginning no segment is begun after this time
     * @param end what is under way is abandoned after this time
     */
    public record Bounds(int segments, Duration beginning, Duration end) {}

    /**
     * The result. Immutable.
     *
     * @param acknowledged how many segments the launcher now knows of
     * @param abandoned whether threads are left that still push
     */
    public record Report(int acknowledged, boolean abandoned) {
        static final Report NOTHING = new Report(0, false);
    }

    /**
     * Archives ahead.
     *
     * @param pushed the segment that PostgreSQL handed over, which is archived
     * @param root {@code v1/archived} of a spool that the launcher looks at
     * @param environment of the call
     * @throws IOException if that cannot be written; nothing is lost by it
     */
    public Report after(
            Segment pushed, Path root, CallIdentity call, Map<String, String> environment, Bounds bounds, Clock clock)
            throws IOException {
        Set<String> ready = ArchiveStatus.of(walDirectory).ready();
        List<Segment> next = next(ready, pushed.name(), bounds.segments());
        Path dataDirectory = walDirectory.toAbsolutePath().getParent();
        if (next.isEmpty() || dataDirectory == null) {
            return Report.NOTHING;
        }
        Optional<Station> station = Station.of(root, dataDirectory);
        if (station.isEmpty()
                || UnusedNotes.prevent(station.get(), pushed.name(), ready, call, environment, clock.instant())) {
            return Report.NOTHING;
        }
        Optional<Acknowledgements> opened = Acknowledgements.open(
                root, station.get().server(), station.get().written(), call);
        if (opened.isEmpty()) {
            return Report.NOTHING;
        }
        try (Acknowledgements acknowledgements = opened.get()) {
            Set<String> known = acknowledgements.keep(ready);
            List<Segment> missing =
                    next.stream().filter(each -> !known.contains(each.name())).toList();
            return new Round(this, acknowledgements, missing.iterator())
                    .run(threads(origin.walSegmentSize(), MEMORY_BYTES), bounds);
        }
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
    static int threads(WalSegmentSize size, long memoryBytes) {
        long fit = memoryBytes / (2L * size.bytes());
        return Math.clamp(fit, 1, Runtime.getRuntime().availableProcessors());
    }

    /** Pushes a file, and gives its time of modification; empty if it changed meanwhile. */
    static Optional<FileTime> pushUnchanged(PushRequest request, Pushing pushing) throws IOException {
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

    /** One call's work ahead, which the threads share. Thread-safe. */
    private static final class Round {
        private final PushAhead ahead;
        private final Acknowledgements acknowledgements;
        private final Iterator<Segment> left;
        private final AtomicInteger acknowledged = new AtomicInteger();
        private final AtomicBoolean stopped = new AtomicBoolean();

        Round(PushAhead ahead, Acknowledgements acknowledgements, Iterator<Segment> left) {
            this.ahead = ahead;
            this.acknowledgements = acknowledgements;
            this.left = left;
        }

        Report run(int count, Bounds bounds) {
            long start = System.nanoTime();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                Thread thread = new Thread(() -> work(start + bounds.beginning().toNanos()), "push-ahead-" + i);
                thread.setDaemon(true);
                thread.start();
                threads.add(thread);
            }
            boolean ended = true;
            try {
                for (Thread thread : threads) {
                    long nanos = start + bounds.end().toNanos() - System.nanoTime();
                    ended &= thread.join(Duration.ofNanos(Math.max(1, nanos)));
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                ended = false;
            }
            stopped.set(true);
            return new Report(acknowledged.get(), !ended);
        }

        private void work(long until) {
            try {
                for (Segment segment = take(until); segment != null; segment = take(until)) {
                    push(segment);
                }
            } catch (IOException | RuntimeException e) {
                stopped.set(true); // what comes after it has to wait for it
            }
        }

        private @Nullable Segment take(long until) {
            synchronized (left) {
                return !stopped.get() && System.nanoTime() - until < 0 && left.hasNext() ? left.next() : null;
            }
        }

        private void push(Segment segment) throws IOException {
            Path path = ahead.walDirectory().resolve(segment.name());
            Optional<FileTime> modified =
                    pushUnchanged(new PushRequest(segment, path, ahead.origin()), ahead.pushing());
            if (!stopped.get() && modified.isPresent()) {
                acknowledgements.acknowledge(segment, modified.get());
                acknowledged.incrementAndGet();
            }
        }
    }
}
