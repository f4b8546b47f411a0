// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.wal;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.wal.ArchivedWal;
import org.tidemark.catalog.wal.SegmentSources;
import org.tidemark.core.Lsn;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.wal.TimelineBeginning;
import org.tidemark.postgres.wal.WalRecords;
import org.tidemark.postgres.wal.change.LastCommit;
import org.tidemark.recoverability.WrittenTimes;

/** The times in the WAL of one repository. Reads a segment when it is asked for it, and once. Thread-safe. */
public final class TimesInWal implements WrittenTimes {
    private static final int BUFFER_BYTES = 1 << 18;

    private final ClusterArchive archive;
    private final Map<Segment, Optional<Instant>> newest = new ConcurrentHashMap<>();
    private final Map<Segment, Optional<TimelineBeginning>> beginnings = new ConcurrentHashMap<>();

    /** Whole segments that are remembered, and when they were stored; nothing is remembered otherwise. */
    private final Function<Segment, Optional<Instant>> stored;

    private final Optional<RememberedCommits> remembered;

    public TimesInWal(ClusterArchive archive) {
        this(archive, Optional.empty(), _ -> Optional.empty());
    }

    /**
     * One that spares a reading of commits where this host has read them before.
     *
     * @param memory a file for this incarnation in this repository; need neither exist nor be writable
     */
    public TimesInWal(ClusterArchive archive, ArchivedWal wal, Optional<Path> memory) {
        this(archive, memory, wal::stored);
    }

    private TimesInWal(ClusterArchive archive, Optional<Path> memory, Function<Segment, Optional<Instant>> stored) {
        this.archive = archive;
        this.remembered = memory.map(RememberedCommits::new);
        this.stored = stored;
    }

    @Override
    public Optional<Instant> newest(Segment segment) {
        return newest.computeIfAbsent(segment, each -> read(each, WalRecords::newestTime));
    }

    @Override
    public Optional<TimelineBeginning> beginning(Segment first) {
        return beginnings.computeIfAbsent(first, each -> read(each, WalRecords::beginning));
    }

    @Override
    public Optional<Commits> commits(Segment segment, Lsn until) {
        WalSegmentSize size = archive.identity().walSegmentSize();
        // What is remembered is all of a whole segment; its last record counts only if what follows is there, too.
        Optional<Instant> at = until.isBefore(segment.end(size)) ? Optional.empty() : stored.apply(segment);
        boolean isFollowed = until.isAfter(segment.end(size));
        Optional<Commits> known = at.flatMap(time -> remembered.flatMap(each -> each.of(segment, time, isFollowed)));
        if (known.isPresent()) {
            return known;
        }
        Optional<Commits> read = read(
                segment,
                (in, name, _) -> Optional.of(new Commits(LastCommit.find(
                        until,
                        new BufferedInputStream(in, BUFFER_BYTES),
                        () -> SegmentSources.open(name.next(size), archive.wal())
                                .orElseGet(InputStream::nullInputStream),
                        name,
                        size))));
        if (at.isPresent() && read.isPresent()) {
            remembered.ifPresent(each -> each.remember(segment, at.get(), isFollowed, read.get()));
        }
        return read;
    }

    @FunctionalInterface
    private interface Question<T> {
        Optional<T> ask(InputStream content, Segment name, WalSegmentSize size) throws IOException;
    }

    /** What cannot be read says nothing, and then the times of the store count. */
    private <T> Optional<T> read(Segment segment, Question<T> question) {
        try {
            Optional<InputStream> found = SegmentSources.open(segment, archive.wal());
            if (found.isEmpty()) {
                return Optional.empty();
            }
            try (InputStream content = found.get()) {
                return question.ask(content, segment, archive.identity().walSegmentSize());
            }
        } catch (IOException | UserFacingException e) {
            return Optional.empty();
        }
    }
}
