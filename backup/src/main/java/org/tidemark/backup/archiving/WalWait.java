// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.archiving;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.tidemark.backup.request.BackupListener;
import org.tidemark.catalog.wal.WalArchive;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalRange;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ElapsedTime;

/**
 * Waits until WAL is in the repository. Each segment that arrives there restarts the time limit, even an earlier one: a
 * long queue may be on its way. Used by one thread.
 */
public final class WalWait {
    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(50);
    /** At first the segment is expected at any moment, and the backup is to end soon after it arrives. */
    private static final Duration QUICK = Duration.ofSeconds(10);

    private static final Duration LONGEST_QUICK_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);
    private static final int PAUSE_PART_OF_WAIT = 10;
    /**
     * After this time without an arrival, or a part of the limit, some requests are spent to see whether earlier
     * segments arrive.
     */
    private static final Duration SILENCE = Duration.ofSeconds(5);

    private static final int PART_OF_LIMIT = 4;

    /** The maximum number of runs of segments without a hole that the search for the newest segment visits. */
    private static final int MAX_RUNS = 64;

    private static final int MAX_ARRIVALS_AT_ONCE = 256;

    private final String repository;
    private final WalArchive wal;
    private final WalSegmentSize segmentSize;
    private final Duration limit;
    private final Duration silence;
    private final String hint;
    private final BackupListener listener;
    private final ElapsedTime time;
    private long lastArrivalNanos;
    private Optional<WalFile.Segment> newestBefore = Optional.empty();

    /**
     * @param repository its name
     * @param limit how long to wait after the last arrival
     * @param hint a sentence: what the operator can look at meanwhile
     */
    public WalWait(
            String repository,
            WalArchive wal,
            WalSegmentSize segmentSize,
            Duration limit,
            String hint,
            BackupListener listener) {
        this(repository, wal, segmentSize, limit, hint, listener, ElapsedTime.SYSTEM);
    }

    WalWait(
            String repository,
            WalArchive wal,
            WalSegmentSize segmentSize,
            Duration limit,
            String hint,
            BackupListener listener,
            ElapsedTime time) {
        this.repository = repository;
        this.wal = wal;
        this.segmentSize = segmentSize;
        this.limit = limit;
        this.silence = shorter(limit.dividedBy(PART_OF_LIMIT), SILENCE);
        this.hint = hint;
        this.listener = listener;
        this.time = time;
        this.lastArrivalNanos = time.nanos();
    }

    /**
     * Waits for everything that replay of the range needs.
     *
     * @return the first file that was not archived, if nothing more arrived for as long as the limit
     */
    public Optional<WalFile> await(WalRange range) throws IOException {
        Optional<WalFile> history = RequiredWal.history(range);
        if (history.isPresent() && !await(history.get())) {
            return history;
        }
        WalFile.Segment last = range.last(segmentSize);
        WalFile.Segment next = range.first(segmentSize);
        while (next.compareTo(last) < 0) {
            Optional<WalFile.Segment> missing = wal.listing().firstMissing(next, last);
            if (missing.isEmpty()) {
                return Optional.empty();
            }
            if (!await(missing.get())) {
                return Optional.of(missing.get());
            }
            next = missing.get().next(segmentSize);
        }
        // One segment is one request, and nothing is left if the last one was awaited above.
        return next.equals(last) && !await(last) ? Optional.of(last) : Optional.empty();
    }

    /** Returns true when the file is archived, or false when nothing has arrived for as long as the limit. */
    boolean await(WalFile file) throws IOException {
        while (!isArchived(file)) {
            if (waited().compareTo(silence) >= 0) {
                lookForEarlier(file);
            }
            Duration waited = waited();
            if (waited.compareTo(limit) >= 0) {
                return false;
            }
            listener.awaitingWal(file, repository, waited, hint);
            Duration left = limit.minus(waited);
            sleep(shorter(pause(waited), left));
        }
        arrived();
        return true;
    }

    /** The time until the next request: a part of the time without an arrival, within limits. */
    static Duration pause(Duration waited) {
        Duration part = waited.dividedBy(PAUSE_PART_OF_WAIT);
        Duration longest = waited.compareTo(QUICK) < 0 ? LONGEST_QUICK_PAUSE : LONGEST_PAUSE;
        return part.compareTo(SHORTEST_PAUSE) < 0 ? SHORTEST_PAUSE : shorter(part, longest);
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    private Duration waited() {
        return Duration.ofNanos(time.nanos() - lastArrivalNanos);
    }

    private void arrived() {
        lastArrivalNanos = time.nanos();
    }

    /** Restarts the time limit if earlier segments have arrived since the last call. */
    private void lookForEarlier(WalFile file) throws IOException {
        if (!(file instanceof WalFile.Segment awaited)) {
            return;
        }
        if (newestBefore.isEmpty()) {
            newestBefore = Optional.of(newestBefore(awaited)); // segments that are there already are not arrivals
            return;
        }
        for (int i = 0; i < MAX_ARRIVALS_AT_ONCE; i++) {
            Optional<WalFile.Segment> next = nextAfter(newestBefore.get(), awaited);
            if (next.isEmpty()) {
                return;
            }
            newestBefore = next;
            arrived();
        }
    }

    /** The newest archived segment of its timeline; segment 0 if none is archived. */
    private WalFile.Segment newestBefore(WalFile.Segment awaited) throws IOException {
        WalFile.Segment newest = at(awaited, 0);
        for (int run = 0; run < MAX_RUNS; run++) {
            Optional<WalFile.Segment> next = nextAfter(newest, awaited);
            if (next.isEmpty()) {
                return newest;
            }
            newest = endOfRun(next.get(), awaited);
        }
        return newest;
    }

    /** The next archived segment before the awaited one; a hole may be in between. */
    private Optional<WalFile.Segment> nextAfter(WalFile.Segment segment, WalFile.Segment awaited) throws IOException {
        return wal.listing().firstAfter(segment).filter(next -> next.compareTo(awaited) < 0);
    }

    /** An archived segment whose successor is not archived, found in few steps. */
    private WalFile.Segment endOfRun(WalFile.Segment first, WalFile.Segment awaited) throws IOException {
        long present = first.index(segmentSize);
        long absent = awaited.index(segmentSize);
        for (long step = 1; present + step < absent; step *= 2) {
            if (wal.contains(at(awaited, present + step))) {
                present += step;
            } else {
                absent = present + step;
            }
        }
        while (absent - present > 1) {
            long middle = (absent + present) / 2;
            if (wal.contains(at(awaited, middle))) {
                present = middle;
            } else {
                absent = middle;
            }
        }
        return at(awaited, present);
    }

    private WalFile.Segment at(WalFile.Segment awaited, long index) {
        return WalFile.Segment.of(awaited.timeline(), index, segmentSize);
    }

    private boolean isArchived(WalFile file) throws IOException {
        return switch (file) {
            case WalFile.Segment segment -> wal.contains(segment);
            case WalFile.TimelineHistoryFile history ->
                wal.history(history.timeline()).isPresent();
            case WalFile.PartialSegment partial -> throw new IllegalArgumentException("not needed: " + partial);
            case WalFile.BackupHistoryFile backup -> throw new IllegalArgumentException("not needed: " + backup);
        };
    }

    private void sleep(Duration pause) {
        try {
            time.pause(pause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw BackgroundWork.interrupted(e);
        }
    }
}
