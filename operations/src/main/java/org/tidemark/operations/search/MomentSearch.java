// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.search;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.wal.SegmentSources;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Bound;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.postgres.wal.RestorePoint;
import org.tidemark.postgres.wal.WalRecords;
import org.tidemark.postgres.wal.change.ReplayStop;
import org.tidemark.postgres.wal.change.ReplayStop.Ended;
import org.tidemark.postgres.wal.change.StopFollower;
import org.tidemark.session.RepositoryReadings;
import org.tidemark.session.Session;
import org.tidemark.walsearch.ChangeSearch;

/**
 * What the archived WAL says of a moment: of a time, or of a restore point. Immutable.
 *
 * @param timeline whose path was searched
 * @param missing the segments before which something is missing: what happened there is not known
 * @param time empty if a restore point was asked for
 * @param points those of the name, the newest first
 */
public record MomentSearch(
        ClusterIdentity identity,
        Timeline timeline,
        List<Segment> missing,
        Optional<AroundTime> time,
        List<RestorePoint> points,
        RepositoryReadings repositories) {
    private static final int BUFFER_BYTES = 1 << 20;

    /** A quiet server writes many segments between two commits. */
    private static final int FURTHER_BACK = 256;

    public MomentSearch {
        missing = List.copyOf(missing);
        points = List.copyOf(points);
    }

    /**
     * The transactions around a time.
     *
     * @param stop where a recovery to this time ends; empty if no transaction ended later
     * @param before the last one that was committed until then, in the order of the WAL
     * @param after the first one that ended later
     */
    public record AroundTime(Instant time, Optional<Lsn> stop, Optional<Ended> before, Optional<Ended> after) {}

    /** Looks for the transactions around a time, in the path of a timeline; throws as {@link ArchiveSearch#run}. */
    public static MomentSearch around(Session session, Instant time, Optional<Timeline> timeline, Clock clock)
            throws IOException {
        SearchedArchive archive = SearchedArchive.of(session, timeline, clock);
        List<Segment> all = archive.whole().segments();
        List<Segment> near = archive.whole()
                .within(Optional.of(time), Optional.of(time), archive.times())
                .segments();
        StopFollower follower = follow(archive, near, time);
        if (follower.kept().isEmpty() && !near.isEmpty()) {
            int first = all.indexOf(near.getFirst());
            near = all.subList(Math.max(0, first - FURTHER_BACK), first + near.size());
            follower = follow(archive, near, time);
        }
        Optional<ReplayStop> stop = follower.stop();
        return new MomentSearch(
                archive.identity(),
                archive.timeline(),
                holes(archive, near),
                Optional.of(new AroundTime(
                        time, stop.map(ReplayStop::at), follower.kept(), stop.flatMap(ReplayStop::left))),
                List.of(),
                archive.reading().repositories());
    }

    private static StopFollower follow(SearchedArchive archive, List<Segment> segments, Instant time)
            throws IOException {
        StopFollower follower = new StopFollower(new RecoveryTarget.AtTime(time, Bound.INCLUSIVE), new Lsn(0));
        for (int place = 0; place < segments.size(); place++) {
            Segment segment = segments.get(place);
            Optional<Segment> next = next(archive, segments, place);
            AtomicBoolean isBegun = new AtomicBoolean();
            try {
                archive.sources().read(segment, (in, from) -> {
                    if (isBegun.getAndSet(true)) {
                        throw new IOException("'" + segment.name() + "' broke off while it was searched");
                    }
                    follower.read(
                            new BufferedInputStream(in, BUFFER_BYTES),
                            () -> next.isEmpty()
                                    ? InputStream.nullInputStream()
                                    : SegmentSources.open(next.get(), from).orElseGet(InputStream::nullInputStream),
                            segment,
                            archive.size());
                    return segment;
                });
            } catch (DamagedObjectException e) {
                // What follows is a gap for the follower.
            }
        }
        return follower;
    }

    private static Optional<Segment> next(SearchedArchive archive, List<Segment> segments, int place) {
        return place + 1 < segments.size()
                        && segments.get(place + 1).index(archive.size())
                                == segments.get(place).index(archive.size()) + 1
                ? Optional.of(segments.get(place + 1))
                : Optional.empty();
    }

    private static List<Segment> holes(SearchedArchive archive, List<Segment> segments) {
        List<Segment> after = new ArrayList<>();
        for (int place = 0; place + 1 < segments.size(); place++) {
            if (next(archive, segments, place).isEmpty()) {
                after.add(segments.get(place + 1));
            }
        }
        return after;
    }

    /** Looks for all restore points of a name in the path of a timeline; throws as {@link ArchiveSearch#run}. */
    public static MomentSearch ofRestorePoint(
            Session session, String name, Optional<Timeline> timeline, Clock clock, ChangeSearch.Progress progress)
            throws IOException {
        SearchedArchive archive = SearchedArchive.of(session, timeline, clock);
        List<Segment> all = archive.whole().segments();
        List<RestorePoint> found = new ArrayList<>();
        List<Segment> missing = new ArrayList<>(holes(archive, all));
        for (int place = 0; place < all.size(); place++) {
            Segment segment = all.get(place);
            Optional<Segment> next = next(archive, all, place);
            try {
                archive.sources()
                        .read(
                                segment,
                                (in, from) -> WalRecords.restorePoints(
                                        in,
                                        () -> next.isEmpty()
                                                ? InputStream.nullInputStream()
                                                : SegmentSources.open(next.get(), from)
                                                        .orElseGet(InputStream::nullInputStream),
                                        segment,
                                        archive.size()))
                        .ifPresent(points -> points.stream()
                                .filter(each -> each.name().equals(name))
                                .forEach(found::add));
            } catch (DamagedObjectException e) {
                missing.add(segment);
            }
            progress.read(
                    (place + 1L) * archive.size().bytes(),
                    (long) all.size() * archive.size().bytes());
        }
        return new MomentSearch(
                archive.identity(),
                archive.timeline(),
                missing,
                Optional.empty(),
                found.reversed(),
                archive.reading().repositories());
    }
}
