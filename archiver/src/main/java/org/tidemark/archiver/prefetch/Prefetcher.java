// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.prefetch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.tidemark.archiver.fetch.WalFetcher;
import org.tidemark.archiver.fetch.WalFetcher.FetchRequest;
import org.tidemark.archiver.fetch.WalFetcher.FetchResult;
import org.tidemark.archiver.prefetch.PrefetchDirectory.Request;
import org.tidemark.archiver.prefetch.PrefetchDirectory.Verdict;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.ServerRun;

/**
 * Fetches the segments that follow the one that a recovery asked for last, while PostgreSQL replays, and answers the
 * launcher when a file is not there yet. The launcher takes a segment by renaming it, and that is how this knows how
 * far recovery has come. {@link #run} is for one thread.
 */
public final class Prefetcher {
    private static final Duration LOOK = Duration.ofSeconds(1);
    /** The pause between two looks if the kernel has no watch left for this user. */
    private static final Duration LOOK_WITHOUT_WATCH = Duration.ofMillis(20);
    /** The launcher waits no longer for an answer. */
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private final PrefetchDirectory directory;
    private final Server server;
    private final Limits limits;
    private final Requests requests;
    private final Object lock = new Object();

    // All guarded by the lock.
    private final SortedMap<Long, Step> window = new TreeMap<>();
    private @Nullable Segment position;
    private long generation;
    private boolean ended;
    private long lastUse = System.nanoTime();

    /** A prefetcher; {@code directory} is taken by {@link #run}. */
    public Prefetcher(PrefetchDirectory directory, Server server, Limits limits, Requests requests) {
        this.directory = directory;
        this.server = server;
        this.limits = limits;
        this.requests = requests;
    }

    /**
     * The server that recovers.
     *
     * @param options of its restore_command, as the launcher gave them
     * @param unchanged whether the configuration is still the one that this was started with
     */
    public record Server(Path dataDirectory, ServerRun run, String options, BooleanSupplier unchanged) {
        private boolean goesOn() {
            return run.recovers(dataDirectory) && unchanged.getAsBoolean();
        }
    }

    /**
     * How much is fetched ahead.
     *
     * @param segments how many segments at most
     * @param threads how many at the same time
     * @param idle it ends when nothing was asked for so long
     */
    public record Limits(int segments, int threads, Duration idle) {}

    /** How files are fetched. Thread-safe. */
    public interface Requests {
        /** A new fetcher: one is not for several threads. */
        WalFetcher fetcher(WalFile file);

        WalSegmentSize segmentSize();

        /** A request that asks each repository once. */
        FetchRequest of(WalFile file, Path target) throws IOException;
    }

    private enum Step {
        BEING_FETCHED,
        READY,
        NOT_NOW
    }

    /**
     * Works until the recovery has ended, the configuration has changed, an answer was not certain, or nothing was
     * asked for a while; then removes the directory. Returns at once if another process works there.
     *
     * @param first a segment that was delivered; empty: nothing is fetched ahead yet
     */
    public void run(Optional<Segment> first) throws IOException, InterruptedException {
        if (!directory.lock()) {
            return;
        }
        try (Signals signals = Signals.of(directory.directory(), directory.segments())) {
            directory.withdraw();
            directory.empty();
            directory.removeLeftovers();
            String histories = histories();
            directory.publish(server.options(), histories.lines().findFirst().orElse(""), server.run());
            first.ifPresent(this::moveTo);
            for (int i = 0; i < limits.threads(); i++) {
                Thread worker = new Thread(this::fetchAhead, "prefetch-" + i);
                worker.setDaemon(true);
                worker.start();
            }
            long looked = 0;
            boolean goesOn = true;
            while (goesOn) {
                if (System.nanoTime() - looked > TimeUnit.SECONDS.toNanos(1)) {
                    looked = System.nanoTime();
                    goesOn = server.goesOn() && directory.isOurs() && !isIdle();
                }
                String present = histories();
                if (!present.equals(histories)) {
                    histories = present;
                    startAgain(histories);
                }
                Optional<Request> request = directory.takeRequest();
                if (goesOn && request.isPresent()) {
                    goesOn = server.goesOn() && answer(request.get());
                } else if (goesOn) {
                    lookForTaken();
                    signals.await();
                }
            }
        } finally {
            end();
        }
    }

    /**
     * Wakes up when something happens in the directory of the segments and of the launcher's requests. Not thread-safe.
     */
    private record Signals(@Nullable WatchService watch) implements AutoCloseable {
        static Signals of(Path... directories) throws IOException {
            WatchService watch = null;
            try {
                watch = directories[0].getFileSystem().newWatchService();
                for (Path directory : directories) {
                    directory.register(
                            watch,
                            StandardWatchEventKinds.ENTRY_CREATE,
                            StandardWatchEventKinds.ENTRY_MODIFY,
                            StandardWatchEventKinds.ENTRY_DELETE);
                }
                return new Signals(watch);
            } catch (IOException e) {
                if (watch != null) {
                    watch.close();
                }
                return new Signals(null);
            }
        }

        void await() throws InterruptedException {
            if (watch == null) {
                Thread.sleep(LOOK_WITHOUT_WATCH);
                return;
            }
            WatchKey key = watch.poll(LOOK.toMillis(), TimeUnit.MILLISECONDS);
            if (key != null) {
                key.pollEvents();
                key.reset();
            }
        }

        @Override
        public void close() throws IOException {
            if (watch != null) {
                watch.close();
            }
        }
    }

    private void end() throws IOException {
        synchronized (lock) {
            ended = true;
            generation++;
            directory.remove();
            lock.notifyAll();
        }
        directory.close();
    }

    private boolean isIdle() {
        synchronized (lock) {
            return System.nanoTime() - lastUse > limits.idle().toNanos();
        }
    }

    /**
     * The histories in pg_wal, since they decide which timelines recovery goes by: a line of names as the launcher
     * lists them, then one for each that changes when the file does.
     */
    private String histories() throws IOException {
        Path wal = server.dataDirectory().resolve("pg_wal");
        StringBuilder names = new StringBuilder();
        StringBuilder states = new StringBuilder();
        String[] files = wal.toFile().list((directory, name) -> name.endsWith(".history"));
        List<String> sorted = new ArrayList<>(files == null ? List.of() : List.of(files));
        sorted.sort(null);
        for (String name : sorted) {
            try {
                names.append(name).append(' ');
                states.append('\n').append(Files.readAttributes(wal.resolve(name), "unix:ino,size,ctime"));
            } catch (NoSuchFileException e) {
                states.append("gone");
            }
        }
        return names.append(states).toString();
    }

    /** Starts again: the prefetched WAL belongs to another path through the timelines, perhaps. */
    private void startAgain(String histories) throws IOException {
        synchronized (lock) {
            generation++;
            directory.withdraw();
            removeReady();
            window.clear();
            directory.publish(server.options(), histories.lines().findFirst().orElse(""), server.run());
            lock.notifyAll();
        }
    }

    private void removeReady() throws IOException {
        Segment at = position;
        if (at != null) {
            for (var entry : window.entrySet()) {
                if (entry.getValue() == Step.READY) {
                    Files.deleteIfExists(directory.ready(name(at, entry.getKey())));
                }
            }
        }
    }

    private String name(Segment like, long index) {
        return Segment.of(like.timeline(), index, requests.segmentSize()).name();
    }

    /** Notices which segments the launcher has taken. */
    private void lookForTaken() {
        synchronized (lock) {
            Segment at = position;
            if (at == null) {
                return;
            }
            long last = -1;
            for (var entry : window.entrySet()) {
                if (entry.getValue() == Step.READY
                        && !Files.exists(directory.ready(name(at, entry.getKey())), LinkOption.NOFOLLOW_LINKS)) {
                    last = entry.getKey();
                }
            }
            if (last >= 0) {
                lastUse = System.nanoTime();
                moveTo(Segment.of(at.timeline(), last, requests.segmentSize()));
            }
        }
    }

    /** PostgreSQL has been given this segment: what follows it is wanted, and nothing else. */
    private void moveTo(Segment delivered) {
        synchronized (lock) {
            Segment before = position;
            long index = delivered.index(requests.segmentSize());
            if (before != null && !before.timeline().equals(delivered.timeline())) {
                generation++;
                removeQuietly(before, window);
                window.clear();
            }
            position = delivered;
            SortedMap<Long, Step> past = window.headMap(index + 1);
            removeQuietly(delivered, past);
            past.clear();
            SortedMap<Long, Step> beyond = window.tailMap(index + 1 + limits.segments());
            removeQuietly(delivered, beyond);
            beyond.clear();
            window.values().removeIf(step -> step == Step.NOT_NOW);
            lock.notifyAll();
        }
    }

    private void removeQuietly(Segment like, SortedMap<Long, Step> steps) {
        steps.forEach((index, step) -> {
            if (step == Step.READY) {
                try {
                    Files.deleteIfExists(directory.ready(name(like, index)));
                } catch (IOException e) {
                    // It stays until the directory is removed; the launcher may still deliver it, for it is verified.
                }
            }
        });
    }

    /** @return false if the launcher has to do it, and this is of no use any more */
    private boolean answer(Request request) throws IOException, InterruptedException {
        synchronized (lock) {
            lastUse = System.nanoTime();
        }
        WalFile file;
        try {
            file = WalFile.parse(request.file());
        } catch (IllegalArgumentException e) {
            directory.answer(request, Verdict.UNCERTAIN);
            return true;
        }
        Path target = directory.requested(request);
        Verdict verdict;
        if (file instanceof Segment segment && takeFetched(segment, target)) {
            verdict = Verdict.DELIVERED;
        } else {
            verdict = fetch(file, target);
        }
        if (verdict == Verdict.DELIVERED && file instanceof Segment segment) {
            moveTo(segment);
        }
        if (verdict == Verdict.UNCERTAIN) {
            directory.withdraw();
        }
        directory.answer(request, verdict);
        return verdict != Verdict.UNCERTAIN;
    }

    /** A segment that is ready, or will be in a moment. */
    private boolean takeFetched(Segment segment, Path target) throws IOException, InterruptedException {
        synchronized (lock) {
            Segment at = position;
            if (at == null || !at.timeline().equals(segment.timeline())) {
                return false;
            }
            long index = segment.index(requests.segmentSize());
            long begun = generation;
            long limit = System.nanoTime() + PATIENCE.toNanos();
            while (window.get(index) == Step.BEING_FETCHED
                    && begun == generation
                    && !ended
                    && System.nanoTime() < limit) {
                lock.wait(100);
            }
            if (window.get(index) != Step.READY || begun != generation) {
                return false;
            }
            try {
                Files.move(directory.ready(segment.name()), target, StandardCopyOption.ATOMIC_MOVE);
                return true;
            } catch (NoSuchFileException e) {
                return false; // the launcher has just taken it
            } finally {
                window.remove(index);
            }
        }
    }

    private Verdict fetch(WalFile file, Path target) throws InterruptedException {
        try {
            Files.deleteIfExists(target);
            FetchResult result = requests.fetcher(file).fetch(requests.of(file, target));
            if (result instanceof FetchResult.Absent) {
                return Verdict.ABSENT;
            }
            if (result instanceof FetchResult.Restored restored
                    && restored.passedOver().isEmpty()) {
                return Verdict.DELIVERED;
            }
        } catch (IOException | UserFacingException e) {
            // The launcher's own call says what is wrong, and asks again for as long as it may.
        }
        return Verdict.UNCERTAIN;
    }

    private void fetchAhead() {
        try {
            while (true) {
                Segment segment;
                long begun;
                synchronized (lock) {
                    Optional<Segment> next = next();
                    while (next.isEmpty() && !ended) {
                        lock.wait(1000); // room on the disk may come back
                        next = next();
                    }
                    if (ended) {
                        return;
                    }
                    segment = next.orElseThrow();
                    begun = generation;
                    window.put(segment.index(requests.segmentSize()), Step.BEING_FETCHED);
                }
                boolean fetched = fetchAhead(segment);
                synchronized (lock) {
                    finish(segment, begun, fetched);
                    lock.notifyAll();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean fetchAhead(Segment segment) {
        try {
            Path unfinished = directory.unfinished(segment.name());
            Files.deleteIfExists(unfinished);
            return requests.fetcher(segment).fetchAhead(segment, requests.of(segment, unfinished));
        } catch (IOException | RuntimeException e) {
            return false; // it is asked for again when its turn comes, and then it is said what is wrong
        }
    }

    private void finish(Segment segment, long begun, boolean fetched) {
        long index = segment.index(requests.segmentSize());
        boolean wanted = begun == generation && window.get(index) == Step.BEING_FETCHED && !ended;
        boolean named = false;
        try {
            Path unfinished = directory.unfinished(segment.name());
            if (fetched && wanted) {
                Files.move(unfinished, directory.ready(segment.name()), StandardCopyOption.ATOMIC_MOVE);
                named = true;
            } else {
                Files.deleteIfExists(unfinished);
            }
        } catch (IOException e) {
            // Not named, so nobody takes it.
        }
        if (wanted) {
            window.put(index, named ? Step.READY : Step.NOT_NOW);
        }
    }

    /** The next segment to fetch; empty if the window is full, or ends before it. */
    private Optional<Segment> next() {
        Segment at = position;
        if (at == null || ended || !hasRoom()) {
            return Optional.empty();
        }
        long first = at.index(requests.segmentSize()) + 1;
        for (long index = first; index < first + limits.segments(); index++) {
            Step step = window.get(index);
            if (step == null) {
                return Optional.of(Segment.of(at.timeline(), index, requests.segmentSize()));
            }
            if (step == Step.NOT_NOW) {
                return Optional.empty();
            }
        }
        return Optional.empty();
    }

    private boolean hasRoom() {
        long beingWritten = window.values().stream()
                .filter(step -> step == Step.BEING_FETCHED)
                .count();
        return directory.hasRoomFor((beingWritten + 1) * requests.segmentSize().bytes());
    }
}
