// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.wal;

import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.wal.TimelineBeginning;
import org.tidemark.postgres.wal.WalRecords;
import org.tidemark.recoverability.WrittenTimes;

/** The times in the WAL of one repository. Reads a segment when it is asked for it, and once. Thread-safe. */
public final class TimesInWal implements WrittenTimes {
    private final ClusterArchive archive;
    private final Map<Segment, Optional<Instant>> newest = new ConcurrentHashMap<>();
    private final Map<Segment, Optional<TimelineBeginning>> beginnings = new ConcurrentHashMap<>();

    public TimesInWal(ClusterArchive archive) {
        this.archive = archive;
    }

    @Override
    public Optional<Instant> newest(Segment segment) {
        return newest.computeIfAbsent(segment, each -> read(each, WalRecords::newestTime));
    }

    @Override
    public Optional<TimelineBeginning> beginning(Segment first) {
        return beginnings.computeIfAbsent(first, each -> read(each, WalRecords::beginning));
    }

    @FunctionalInterface
    private interface Question<T> {
        Optional<T> ask(InputStream content, Segment name, WalSegmentSize size) throws IOException;
    }

    /** What cannot be read says nothing, and then the times of the store count. */
    private <T> Optional<T> read(Segment segment, Question<T> question) {
        try {
            Optional<? extends InputStream> found = archive.wal().open(segment);
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
