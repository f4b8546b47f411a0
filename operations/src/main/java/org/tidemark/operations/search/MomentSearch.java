// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.search;

import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Bound;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.postgres.wal.RestorePoint;
import org.tidemark.postgres.wal.WalRecords;
import org.tidemark.postgres.wal.WalRecords.Points;
import org.tidemark.postgres.wal.change.ReplayStop;
import org.tidemark.postgres.wal.change.ReplayStop.Ended;
import org.tidemark.postgres.wal.change.ReplayStop.HalfDropped;
import org.tidemark.postgres.wal.change.StopFollower;
import org.tidemark.session.RepositoryReadings;
import org.tidemark.session.Session;
import org.tidemark.walsearch.ChangeSearch;
import org.tidemark.walsearch.SegmentWalk;
import org.tidemark.walsearch.SegmentWalk.Extent;
import org.tidemark.walsearch.UnreadWal;

/**
 * What the archived WAL says of a moment: of a time, or of a restore point. Immutable.
 *
 * @param timeline whose path was searched
 * @param others the timelines beside the path
 * @param missing WAL that could not be read
 * @param time empty if a restore point was asked for
 * @param points those of the name, the newest first
 * @param unreachable those positions of what was found to which no backup and archived WAL lead
 */
public record MomentSearch(
        ClusterIdentity identity,
        Timeline timeline,
        List<Timeline> others,
        List<UnreadWal> missing,
        Optional<AroundTime> time,
        List<RestorePoint> points,
        Set<Lsn> unreachable,
        RepositoryReadings repositories) {
    /** A quiet server writes many segments between two commits. */
    private static final int FURTHER_BACK = 256;

    public MomentSearch {
        others = List.copyOf(others);
        missing = List.copyOf(missing);
        points = List.copyOf(points);
        unreachable = Set.copyOf(unreachable);
    }

    /** Whether a backup and archived WAL lead to a position of what was found. */
    public boolean isReachable(Lsn position) {
        return !unreachable.contains(position);
    }

    /**
     * The transactions around a time.
     *
     * @param stop where a recovery to this time ends; empty if no transaction ended later
     * @param before the last one that was committed until then, in the order of the WAL
     * @param after the first one that ended later
     * @param databases which such a recovery leaves half dropped
     */
    public record AroundTime(
            Instant time,
            Optional<Lsn> stop,
            Optional<Ended> before,
            Optional<Ended> after,
            List<HalfDropped> databases) {
        public AroundTime {
            databases = List.copyOf(databases);
        }
    }

    /** Looks for the transactions around a time, in the path of a timeline; throws as {@link ArchiveSearch#run}. */
    public static MomentSearch around(Session session, Instant time, Optional<Timeline> timeline, Clock clock)
            throws IOException {
        SearchedArchive archive = SearchedArchive.of(session, timeline, clock);
        List<Segment> all = archive.whole().segments();
        List<Segment> near = archive.whole()
                // PostgreSQL stops before a transaction that ended later, not at the same time.
                .within(Optional.of(time), Optional.of(time.plus(1, ChronoUnit.MICROS)), archive.times())
                .segments();
        Followed followed = Followed.of(archive, near, time);
        if (followed.follower().kept().isEmpty() && !near.isEmpty()) {
            int first = all.indexOf(near.getFirst());
            near = all.subList(Math.max(0, first - FURTHER_BACK), first + near.size());
            followed = Followed.of(archive, near, time);
        }
        Optional<ReplayStop> stop = followed.follower().stop();
        List<Lsn> positions = stop.stream()
                .flatMap(each -> Stream.concat(
                        Stream.of(each.at()),
                        each.databases().stream().map(lost -> lost.before().at())))
                .toList();
        return new MomentSearch(
                archive.identity(),
                archive.timeline(),
                archive.whole().others(),
                followed.missing(),
                Optional.of(new AroundTime(
                        time,
                        stop.map(ReplayStop::at),
                        followed.follower().kept(),
                        stop.flatMap(ReplayStop::left),
                        stop.map(ReplayStop::databases).orElse(List.of()))),
                List.of(),
                archive.unreachable(positions, followed.missing()),
                archive.reading().repositories());
    }

    /** What a follower has read, and what it could not read. */
    private record Followed(StopFollower follower, List<UnreadWal> missing) {
        /** Begins again as long as a copy was found damaged: there may be another one. */
        static Followed of(SearchedArchive archive, List<Segment> segments, Instant time) throws IOException {
            while (true) {
                int damaged = archive.sources().damagedCopies();
                Followed followed = once(archive, segments, time);
                if (followed.missing().isEmpty() || archive.sources().damagedCopies() == damaged) {
                    return followed;
                }
            }
        }

        private static Followed once(SearchedArchive archive, List<Segment> segments, Instant time) throws IOException {
            StopFollower follower = new StopFollower(new RecoveryTarget.AtTime(time, Bound.INCLUSIVE), new Lsn(0));
            return new Followed(
                    follower,
                    SegmentWalk.walk(
                            segments,
                            archive.size(),
                            (segment, next) -> SegmentWalk.extent(archive.sources()
                                    .readOnce(
                                            segment,
                                            (in, rest) -> follower.read(
                                                    in, () -> rest.openIntact(next), segment, archive.size()))),
                            (bytes, all) -> {}));
        }
    }

    /** Looks for all restore points of a name in the path of a timeline; throws as {@link ArchiveSearch#run}. */
    public static MomentSearch ofRestorePoint(
            Session session, String name, Optional<Timeline> timeline, Clock clock, ChangeSearch.Progress progress)
            throws IOException {
        SearchedArchive archive = SearchedArchive.of(session, timeline, clock);
        List<RestorePoint> found = new ArrayList<>();
        List<UnreadWal> missing = SegmentWalk.walk(
                archive.whole().segments(),
                archive.size(),
                (segment, next) -> {
                    Optional<Points> read = archive.sources()
                            .read(
                                    segment,
                                    (in, rest) -> WalRecords.allRestorePoints(
                                            in, () -> rest.openIntact(next), segment, archive.size()));
                    read.ifPresent(all -> all.points().stream()
                            .filter(each -> each.name().equals(name))
                            .forEach(found::add));
                    return read.map(all -> all.isWhole() ? Extent.WHOLE : Extent.BEGINNING)
                            .orElse(Extent.NOTHING);
                },
                progress);
        return new MomentSearch(
                archive.identity(),
                archive.timeline(),
                archive.whole().others(),
                missing,
                Optional.empty(),
                found.reversed(),
                archive.unreachable(found.stream().map(RestorePoint::end).toList(), missing),
                archive.reading().repositories());
    }
}
