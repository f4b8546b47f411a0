// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.tidemark.archiver.fetch.Answer.Certain;
import org.tidemark.archiver.fetch.Answer.CouldNotTellException;
import org.tidemark.archiver.fetch.Answer.Failure;
import org.tidemark.archiver.fetch.Answer.Retry;
import org.tidemark.archiver.fetch.Answer.Unknown;
import org.tidemark.archiver.fetch.RepositoryFailover.Found;
import org.tidemark.archiver.fetch.RepositoryFailover.Located;
import org.tidemark.archiver.fetch.WalFetcher.FetchRequest;
import org.tidemark.archiver.fetch.WalFetcher.FetchResult;
import org.tidemark.catalog.layout.StoredPartial;
import org.tidemark.catalog.wal.StreamedSegment;
import org.tidemark.catalog.wal.WalArchive;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.TimelinePath;
import org.tidemark.core.TimelinePath.SegmentSource;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.postgres.wal.WalRecords;

/** One round of a fetch: asks every repository once for the file of the request. Not thread-safe. */
final class FetchRound {
    private final RepositoryFailover sources;
    private final FetchRequest request;
    private final RecoveryPath recoveryPath;
    private final VerifiedCopy copy;
    private final ReceivedPieces received;

    FetchRound(List<WalSource> sources, FetchRequest request, HedgedRequest.Limits limits) {
        this.sources = new RepositoryFailover(sources, request.recovery().alternative(), limits);
        this.request = request;
        this.recoveryPath = new RecoveryPath(this.sources, request.recovery(), request.segmentSize());
        this.copy = new VerifiedCopy(request);
        this.received = new ReceivedPieces(this.sources, request.segmentSize(), copy);
    }

    Answer ask() {
        try {
            // No switch over patterns on the way of a WAL command: linking the first one takes 12 ms of each.
            if (request.file() instanceof Segment segment) {
                return segment(segment);
            }
            if (request.file() instanceof WalFile.PartialSegment partial) {
                return asPartial(partial.segment());
            }
            return request.file() instanceof WalFile.TimelineHistoryFile history
                    ? history(history)
                    : asArchived(request.file());
        } catch (CouldNotTellException e) {
            return new Unknown(e.failures());
        }
    }

    /**
     * Delivers a segment that recovery will ask for later, if it belongs to its timeline as a whole; otherwise it
     * counts as absent.
     */
    Answer ahead(Segment segment) {
        try {
            boolean whole = recoveryPath
                    .neededFor(segment)
                    .map(path -> path.sourceOf(segment) instanceof SegmentSource.AsArchived)
                    .orElse(true);
            if (!whole) {
                return new Certain(new FetchResult.Absent("'" + segment.name() + "' is not wholly on this path"));
            }
            Optional<Answer> left = leftByAPromotion(segment);
            return left.isPresent() ? left.get() : asArchived(segment);
        } catch (CouldNotTellException e) {
            return new Unknown(e.failures());
        }
    }

    private Answer segment(Segment segment) throws CouldNotTellException {
        Optional<TimelinePath> path = recoveryPath.neededFor(segment);
        SegmentSource source = path.map(known -> known.sourceOf(segment)).orElse(new SegmentSource.AsArchived());
        if (source instanceof SegmentSource.OffThePath off) {
            return new Certain(new FetchResult.Absent(off.reason()));
        }
        if (source instanceof SegmentSource.EndsHere ends) {
            return lastOfParent(segment, ends, path);
        }
        Optional<Answer> left = leftByAPromotion(segment);
        return left.isPresent() ? left.get() : ownSegment(segment, path);
    }

    /**
     * "Absent", for the last segment of a timeline that another one has left inside it. An old primary archives it when
     * it is shut down, perhaps after the promotion of another server; a standby that replayed it to its end could
     * follow the new timeline no more. One that is told "absent" asks its primary, and where that does not stream,
     * looks for the newest timeline again and goes there (WaitForWALToBecomeAvailable() in
     * src/backend/access/transam/xlogrecovery.c). So this is only for a standby that has a primary to ask, and only
     * while no later segment of the old timeline is archived: a test copy that was promoted and archives cuts nobody
     * off from a primary that goes on. Where that cannot be told, the segment is delivered as ever: it may be the last
     * that a standby needs before it is promoted itself.
     */
    private Optional<Answer> leftByAPromotion(Segment segment) {
        if (!request.recovery().isStandby()) {
            return Optional.empty();
        }
        try {
            Segment next =
                    Segment.of(segment.timeline(), segment.index(request.segmentSize()) + 1, request.segmentSize());
            if (sources.first(archive -> archive.contains(next) ? Optional.of(next) : Optional.empty())
                    .isPresent()) {
                return Optional.empty();
            }
            Optional<TimelineHistory> newest = recoveryPath.newestArchivedAfter(segment.timeline());
            if (newest.isEmpty()
                    || !recoveryPath.mayLeaveIn(segment, newest.get())
                    || laterThan(segment, Optional.empty()).isPresent()) {
                return Optional.empty();
            }
            return Optional.of(new Certain(new FetchResult.Absent("timeline "
                    + newest.get().timeline() + " began at "
                    + newest.get().endOf(segment.timeline()).orElseThrow() + ", inside '" + segment.name()
                    + "': a standby that replayed all of it could not go there")));
        } catch (CouldNotTellException e) {
            // Where none has answered, none has the segment either: a silent one is waited for once.
            return sources.areAll(e.failures()) ? Optional.of(new Unknown(e.failures())) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /**
     * A timeline of which WAL is archived exists: without its history PostgreSQL would take another path, or its id. A
     * recovery to an earlier timeline only wants to know whether the id is taken (existsTimeLineHistory() in
     * src/backend/access/transam/timeline.c opens the file and does not read it), so for it a comment will do. A
     * recovery to a later one asks for every history in between, but goes by that of its target alone
     * (restoreTimeLineHistoryFiles() there), so it can do without.
     */
    private Answer history(WalFile.TimelineHistoryFile file) throws CouldNotTellException {
        Answer answer = asArchived(file);
        if (request.recovery().phase() == Recovery.Phase.BEFORE_REPLAY
                && answer instanceof Certain certain
                && certain.result() instanceof FetchResult.Restored) {
            return new WithheldHistory(sources, request)
                    .insteadOf(file)
                    .<Answer>map(Certain::new)
                    .orElse(answer);
        }
        if (isAbsent(answer) && recoveryPath.compareWithTarget(file.timeline()) < 0) {
            return answer;
        }
        boolean endsEarlier = isAbsent(answer) && recoveryPath.compareWithTarget(file.timeline()) > 0;
        if (!isAbsent(answer) || (request.recovery().isStandby() && !endsEarlier)) {
            return answer;
        }
        Optional<Answer.Hole> later = laterThan(new Segment(file.timeline(), 0, 0), Optional.empty());
        if (later.isEmpty()) {
            return answer;
        }
        if (!endsEarlier) {
            return later.get();
        }
        try {
            copy.comment("WAL of timeline " + file.timeline() + " is archived, its history is not: this only keeps a"
                    + " recovery to an earlier timeline from taking its id");
        } catch (IOException e) {
            throw new CouldNotTellException(List.of(
                    new Failure("pg_wal", String.valueOf(e.getMessage()), ExitCode.LOCAL_FILES, Retry.MAY_HELP)));
        }
        return new Certain(
                new FetchResult.IdTaken(later.get().laterFile(), later.get().repository()));
    }

    /** A segment that belongs to its timeline as a whole. */
    private Answer ownSegment(Segment segment, Optional<TimelinePath> path) throws CouldNotTellException {
        Answer answer = asArchived(segment);
        if (!isAbsent(answer) || request.recovery().isStandby()) {
            return answer;
        }
        Optional<Answer.Hole> hole = laterThan(segment, path);
        if (hole.isPresent()) {
            return hole.get();
        }
        // Where a recovery is to end on a timeline that a promotion ended, its last bytes are in the .partial alone.
        Optional<Answer> end = recoveryPath.goesNoFurtherThan(segment.timeline())
                ? longestEnd(segment, Optional.empty())
                : received.longest(segment).map(streamed -> received.deliver(streamed, Optional.empty()));
        return end.orElse(answer);
    }

    /**
     * The .partial that goes furthest in any repository, since recovery goes no further on this timeline: by its last
     * page, and among those that end in the same page, by its last record. One that is known to reach the switch will
     * do, and no other repository is waited for.
     *
     * @param switchPoint where the timeline ended, after which nothing is delivered
     */
    private Optional<Answer> longestEnd(Segment segment, Optional<Lsn> switchPoint) throws CouldNotTellException {
        Optional<StoredPartial> furthest = Optional.empty();
        Set<StoredPartial> compared = new HashSet<>();
        List<Failure> unread = new ArrayList<>();
        while (true) {
            Optional<Lsn> least = furthest.map(StoredPartial::end).or(() -> switchPoint);
            Set<StoredPartial> excluded = Set.copyOf(compared); // one that hangs may still be reading it
            Optional<Located<StoredPartial>> other =
                    sources.first(archive -> archive.listing().partials(segment).stream()
                            .filter(partial -> !excluded.contains(partial))
                            .filter(partial -> least.filter(end -> partial.end().isBefore(end))
                                    .isEmpty())
                            .max(Comparator.comparing(StoredPartial::end)));
            if (other.isEmpty()) {
                if (!unread.isEmpty()) {
                    throw new CouldNotTellException(unread); // one of them could be the one that goes furthest
                }
                return furthest(segment, furthest, switchPoint);
            }
            StoredPartial next = other.get().value();
            compared.add(next);
            try {
                if (switchPoint.isPresent() && !endOfRecords(next).isBefore(switchPoint.get())) {
                    return Optional.of(deliver(next, switchPoint));
                }
                boolean inOnePage = furthest.map(StoredPartial::end)
                        .filter(next.end()::equals)
                        .isPresent();
                if (!inOnePage || endOfRecords(next).compareTo(endOfRecords(furthest.orElseThrow())) > 0) {
                    furthest = Optional.of(next);
                }
            } catch (CouldNotTellException e) {
                unread.addAll(e.failures());
            }
        }
    }

    /** The .partial, or what was received of a segment that nobody archived, if that goes further. */
    private Optional<Answer> furthest(Segment segment, Optional<StoredPartial> partial, Optional<Lsn> switchPoint)
            throws CouldNotTellException {
        Optional<StreamedSegment> streamed = received.longest(segment);
        boolean goesFurther = streamed.isPresent()
                && (partial.isEmpty() || received.endOfRecords(streamed.get()).isAfter(endOfRecords(partial.get())));
        return goesFurther
                ? streamed.map(each -> received.deliver(each, switchPoint))
                : partial.map(each -> deliver(each, switchPoint));
    }

    private Answer deliver(StoredPartial partial, Optional<Lsn> switchPoint) {
        return sources.firstAnswer(
                partial.file().name(),
                archive -> Found.of(archive.open(partial)),
                (found, claim) -> copy.upTo(switchPoint.orElse(partial.end()), partial.segment(), found, claim));
    }

    /** @throws CouldNotTellException if no repository has it undamaged */
    private Lsn endOfRecords(StoredPartial partial) throws CouldNotTellException {
        AtomicReference<Lsn> end = new AtomicReference<>(partial.segment().start(request.segmentSize()));
        Answer answer = sources.firstAnswer(
                partial.file().name(), archive -> Found.of(archive.open(partial)), (found, claim) -> {
                    Optional<Lsn> read = WalRecords.end(found.content(), partial.segment(), request.segmentSize());
                    found.content().transferTo(OutputStream.nullOutputStream()); // its digest is known at its end
                    claim.run();
                    read.ifPresent(end::set);
                });
        if (answer instanceof Unknown unknown) {
            throw new CouldNotTellException(unknown.failures());
        }
        return end.get();
    }

    /** The segment in which the parent ended: only if no child has a copy, and then no byte after the switch. */
    private Answer lastOfParent(Segment segment, SegmentSource.EndsHere ends, Optional<TimelinePath> path)
            throws CouldNotTellException {
        for (Segment child : ends.children()) {
            Optional<Located<Segment>> holder =
                    sources.first(archive -> archive.contains(child) ? Optional.of(child) : Optional.empty());
            if (holder.isPresent()) {
                throw new CouldNotTellException(List.of(new Failure(
                        holder.get().repository(),
                        "timeline " + child.timeline() + " has its own copy of this segment, '" + child.name()
                                + "', which must be used",
                        ExitCode.STORE_UNAVAILABLE,
                        Retry.USELESS)));
            }
        }
        Optional<Answer> partial = longestEnd(segment, Optional.of(ends.switchPoint()));
        if (partial.isPresent()) {
            return partial.get();
        }
        Answer whole = sources.firstAnswer(
                segment.name(),
                archive -> Found.of(archive.open(segment)),
                (found, claim) -> copy.upTo(ends.switchPoint(), segment, found, claim));
        // What an ancestor that owns nothing of this path wrote later is not missing, and PostgreSQL goes on to ask for
        // the segment of the timeline that does own it.
        if (!isAbsent(whole)
                || request.recovery().isStandby()
                || path.filter(known -> known.ownsNothing(segment.timeline())).isPresent()) {
            return whole;
        }
        return laterThan(segment, path).<Answer>map(hole -> hole).orElse(whole);
    }

    /** The longest .partial of the first repository that has one, as it is. */
    private Answer asPartial(Segment segment) {
        return sources.firstAnswer(
                segment.name() + ".partial",
                archive -> {
                    Optional<StoredPartial> longest =
                            archive.listing().partials(segment).stream().max(Comparator.comparing(StoredPartial::end));
                    return longest.isPresent() ? Found.of(archive.open(longest.get())) : Optional.empty();
                },
                (found, claim) -> copy.upTo(segment.end(request.segmentSize()), segment, found, claim));
    }

    private Answer asArchived(WalFile file) throws CouldNotTellException {
        return sources.firstAnswer(
                file.name(),
                archive -> Found.of(archive.open(file), () -> following(file, archive)),
                (found, claim) -> copy.of(file, found, claim));
    }

    /** Nothing if it is not there: then PostgreSQL asks for the segment before it again once it is. */
    private InputStream following(WalFile file, WalArchive archive) throws IOException {
        if (file instanceof Segment segment) {
            Optional<? extends InputStream> next = archive.open(
                    Segment.of(segment.timeline(), segment.index(request.segmentSize()) + 1, request.segmentSize()));
            if (next.isPresent()) {
                return next.get();
            }
        }
        return InputStream.nullInputStream();
    }

    private static boolean isAbsent(Answer answer) {
        return answer instanceof Certain certain && certain.result() instanceof FetchResult.Absent;
    }

    /** WAL after {@code segment} for which this recovery would need the segment. */
    private Optional<Answer.Hole> laterThan(Segment segment, Optional<TimelinePath> path) throws CouldNotTellException {
        List<Segment> starts = new ArrayList<>(List.of(segment));
        path.map(known -> known.later(segment.timeline()))
                .orElse(Stream.empty())
                .forEach(timeline ->
                        // A child's copy of this very segment counts as well, and firstAfter() looks after what it is
                        // given.
                        before(segment).map(previous -> previous.on(timeline)).ifPresent(starts::add));
        for (Segment start : starts) {
            Optional<Located<Segment>> later =
                    sources.first(archive -> archive.listing().firstStoredAfter(start));
            if (later.isPresent()) {
                return Optional.of(
                        new Answer.Hole(later.get().value().name(), later.get().repository()));
            }
        }
        return Optional.empty();
    }

    private Optional<Segment> before(Segment segment) {
        long index = segment.index(request.segmentSize());
        return index == 0
                ? Optional.empty()
                : Optional.of(Segment.of(segment.timeline(), index - 1, request.segmentSize()));
    }

    /** Reads something of an archive. */
    @FunctionalInterface
    interface Reading<T> {
        T of(WalArchive archive) throws IOException;
    }
}
