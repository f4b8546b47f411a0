// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.layout.StoredPartial;
import org.tidemark.catalog.wal.ArchivedWal;
import org.tidemark.catalog.wal.ArchivedWal.Stored;
import org.tidemark.core.Lsn;
import org.tidemark.core.Sha256;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.WalFile.PartialSegment;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.wal.TimelineBeginning;
import org.tidemark.postgres.wal.change.LastCommit;
import org.tidemark.recoverability.BackupCandidate.TablespacePlace;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectSource;
import org.tidemark.testkit.MovableClock;

/** Builds catalogs of 16 MiB segments in which segment n is stored n minutes after midnight. */
public final class Archives {
    public static final WalSegmentSize SIZE = WalSegmentSize.DEFAULT;
    public static final Instant MIDNIGHT = Instant.parse("2026-11-20T00:00:00Z");

    private final List<BackupCandidate> backups = new ArrayList<>();
    private final List<String> unreadable = new ArrayList<>();
    private final List<Stored> stored = new ArrayList<>();
    private final List<ArchivedWal.Partial> partials = new ArrayList<>();
    private final Map<Timeline, TimelineHistory> histories = new HashMap<>();
    private final Map<Timeline, Instant> historiesStored = new HashMap<>();
    private final Set<Timeline> damagedHistories = new HashSet<>();
    private final Map<Timeline, List<Lsn>> minimal = new HashMap<>();
    private final Map<Segment, Instant> newest = new HashMap<>();
    private final Map<Segment, TimelineBeginning> beginnings = new HashMap<>();
    private final Map<Segment, Optional<LastCommit>> commits = new HashMap<>();
    private final WrittenTimes written = new WrittenTimes() {
        @Override
        public Optional<Instant> newest(Segment segment) {
            return Optional.ofNullable(newest.get(segment));
        }

        @Override
        public Optional<TimelineBeginning> beginning(Segment first) {
            return Optional.ofNullable(beginnings.get(first));
        }

        @Override
        public Optional<Commits> commits(Segment segment, Lsn until) {
            return Optional.ofNullable(commits.get(segment))
                    .map(each -> new Commits(each.filter(last -> !last.end().isAfter(until))));
        }
    };
    private Sha256 description = Sha256.of(new byte[0]);

    public static Instant minute(long minute) {
        return MIDNIGHT.plusSeconds(60 * minute);
    }

    /** The position {@code bytes} into segment {@code index}. */
    public static Lsn at(long index, long bytes) {
        return SIZE.start(index).plus(bytes);
    }

    public static Segment segment(int timeline, long index) {
        return Segment.of(new Timeline(timeline), index, SIZE);
    }

    /** The server ran with wal_level = minimal from here on. */
    public Archives minimal(int timeline, Lsn position) {
        minimal.computeIfAbsent(new Timeline(timeline), any -> new ArrayList<>())
                .add(position);
        return this;
    }

    public Archives wal(int timeline, long first, long last) {
        return walStored(timeline, first, last, 0);
    }

    public Archives walStored(int timeline, long first, long last, long minutesLate) {
        return walStored(timeline, first, last, Duration.ofMinutes(minutesLate));
    }

    public Archives walStored(int timeline, long first, long last, Duration late) {
        for (long index = first; index <= last; index++) {
            stored.add(new Stored(segment(timeline, index), 1000, minute(index).plus(late)));
        }
        return this;
    }

    /** One that goes as far as a segment can. */
    public Archives partial(int timeline, long index) {
        return partial(timeline, index, at(index + 1, 0));
    }

    public Archives partial(int timeline, long index, Lsn end) {
        partials.add(new ArchivedWal.Partial(segment(timeline, index), end, minute(index)));
        return this;
    }

    public Archives history(int timeline, String content) {
        Timeline of = new Timeline(timeline);
        histories.put(of, TimelineHistory.parse(of, content));
        return this;
    }

    /** When the history was stored, in minutes after midnight. */
    public Archives promoted(int timeline, long minute) {
        historiesStored.put(new Timeline(timeline), minute(minute));
        return this;
    }

    /** The newest time in a segment, in minutes after midnight. */
    public Archives written(int timeline, long index, long minute) {
        return written(timeline, index, minute(minute));
    }

    public Archives written(int timeline, long index, Instant time) {
        newest.put(segment(timeline, index), time);
        return this;
    }

    /** The last commit in a segment, 64 bytes into it, in minutes after midnight. */
    public Archives commit(int timeline, long index, int xid, long minute) {
        commits.put(segment(timeline, index), Optional.of(new LastCommit(xid, minute(minute), at(index, 64))));
        return this;
    }

    /** Segments that can be read and have no commit. */
    public Archives quiet(int timeline, long first, long last) {
        for (long index = first; index <= last; index++) {
            commits.put(segment(timeline, index), Optional.empty());
        }
        return this;
    }

    /** When the timeline began, as its first segment says it, in minutes after midnight. */
    public Archives begun(int timeline, long index, long minute) {
        return begun(timeline, index, minute(minute), minute(minute));
    }

    /** When the timeline began, where its first segment does not say it to the microsecond. */
    public Archives begun(int timeline, long index, Instant earliest, Instant latest) {
        beginnings.put(segment(timeline, index), new TimelineBeginning(earliest, latest, Optional.empty()));
        return this;
    }

    public Archives damagedHistory(int timeline) {
        damagedHistories.add(new Timeline(timeline));
        return this;
    }

    /** A backup that starts and stops within segment {@code index}, and ends in that minute. */
    public Archives backup(String id, int timeline, long index) {
        return backup(id, timeline, at(index, 0x28), at(index, 0x1000), OptionalLong.of(1000 * index), 0);
    }

    public Archives damagedBackup(String id, int timeline, long index) {
        return backup(id, timeline, at(index, 0x28), at(index, 0x1000), OptionalLong.of(1000 * index), 3);
    }

    public Archives backup(String id, int timeline, Lsn start, Lsn stop, OptionalLong nextXid, long damagedPages) {
        backups.add(new BackupCandidate(
                id,
                15,
                new Timeline(timeline),
                start,
                stop,
                minute(SIZE.segmentNumber(stop)),
                nextXid,
                10,
                5000,
                2000,
                List.of(),
                damagedPages,
                "host",
                description,
                List.of(new BackupCandidate.Copy("local", Optional.empty()))));
        return this;
    }

    public Archives backupWithTablespaces(String id, long index, TablespacePlace... tablespaces) {
        backups.add(new BackupCandidate(
                id,
                15,
                Timeline.FIRST,
                at(index, 0x28),
                at(index, 0x1000),
                minute(index),
                OptionalLong.empty(),
                10,
                5000,
                2000,
                List.of(tablespaces),
                0,
                "host",
                description,
                List.of(new BackupCandidate.Copy("local", Optional.empty()))));
        return this;
    }

    /** The backups that are added from now on say this of themselves. */
    public Archives describedAs(String text) {
        description = Sha256.of(text.getBytes(StandardCharsets.UTF_8));
        return this;
    }

    /** Verify found two problems in the newest one that was added. */
    public Archives verifiedBroken() {
        BackupCandidate last = backups.removeLast();
        Mark.Verified mark = new Mark.Verified(minute(500), 2, Mark.Scope.ALL);
        backups.add(last.heldBy(List.of(new BackupCandidate.Copy("local", Optional.of(mark)))));
        return this;
    }

    public Archives unreadableBackup(String id) {
        unreadable.add(id);
        return this;
    }

    public CatalogSnapshot build() {
        return build("local");
    }

    /** Stores its WAL, of which only keys and times mean anything. */
    public void store(MemoryStore store, ClusterArchive archive, MovableClock clock) throws IOException {
        for (Stored each : stored) {
            clock.set(each.stored());
            store.putIfAbsent(archive.wal().key(each.segment()), ObjectSource.of(new byte[1]));
        }
        for (ArchivedWal.Partial each : partials) {
            clock.set(each.stored());
            String name = StoredPartial.of(new PartialSegment(each.segment()), each.end(), "0".repeat(64))
                    .keyName();
            store.putIfAbsent(archive.wal().key(name), ObjectSource.of(new byte[1]));
        }
    }

    /** As one repository holds it. */
    public CatalogSnapshot build(String repository) {
        return new CatalogSnapshot(
                List.of(repository),
                backups.stream()
                        .map(each -> each.heldBy(List.of(new BackupCandidate.Copy(
                                repository, each.copies().getFirst().damage()))))
                        .toList(),
                unreadable,
                new ArchivedWal(SIZE, stored, partials),
                histories,
                historiesStored,
                damagedHistories,
                new MinimalWal(minimal),
                List.of(),
                written);
    }
}
