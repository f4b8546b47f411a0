// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.tidemark.archiver.Answer.Certain;
import org.tidemark.archiver.Answer.Failure;
import org.tidemark.archiver.Answer.Retry;
import org.tidemark.archiver.Answer.Unknown;
import org.tidemark.archiver.RepositoryFailover.Found;
import org.tidemark.archiver.RepositoryFailover.Located;
import org.tidemark.catalog.DecodedObject;
import org.tidemark.catalog.WalArchive;
import org.tidemark.catalog.layout.StoredPartial;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.TimelinePath;
import org.tidemark.core.TimelinePath.SegmentSource;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.postgres.WalRecords;

/** One round of a fetch: asks every repository once for the file of the request. Not thread-safe. */
final class FetchRound {
    private final RepositoryFailover sources;
    private final FetchRequest request;
    private final RecoveryPath recoveryPath;
    private final VerifiedCopy copy;

    FetchRound(List<WalSource> sources, FetchRequest request, HedgedRequest.Limits limits) {
        this.sources = new RepositoryFailover(sources, request.recovery().alternative(), limits);
        this.request = request;
        this.recoveryPath = new RecoveryPath(this.sources, request.recovery(), request.segmentSize());
        this.copy = new VerifiedCopy(request);
    }

    Answer ask() {
        try {
            return switch (request.file()) {
                case Segment segment -> segment(segment);
                case WalFile.PartialSegment partial ->
                    endOfTimeline(partial.segment(), Optional.empty(), Optional.empty());
                case WalFile.TimelineHistoryFile history -> history(history);
                case WalFile.BackupHistoryFile backup -> asArchived(backup);
            };
        } catch (CouldNotTellException e) {
            return new Unknown(e.failures());
        }
    }

    private Answer segment(Segment segment) throws CouldNotTellException {
        Optional<TimelinePath> path = recoveryPath.neededFor(segment);
        SegmentSource source = path.map(known -> known.sourceOf(segment)).orElse(new SegmentSource.AsArchived());
        return switch (source) {
            case SegmentSource.OffThePath off -> new Certain(new FetchResult.Absent(off.reason()));
            case SegmentSource.AsArchived as -> ownSegment(segment, path);
            case SegmentSource.EndsHere ends -> lastOfParent(segment, ends, path);
        };
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
        return recoveryPath.goesNoFurtherThan(segment.timeline()) ? longestEnd(segment, answer) : answer;
    }

    /**
     * Recovery ends with this file, so it must be the one that goes furthest in any repository: by its last page, and
     * among those that end in the same page, by its last record.
     */
    private Answer longestEnd(Segment segment, Answer withoutAny) throws CouldNotTellException {
        Optional<StoredPartial> furthest = Optional.empty();
        Set<StoredPartial> compared = new HashSet<>();
        while (true) {
            Optional<Lsn> known = furthest.map(StoredPartial::end);
            Set<StoredPartial> excluded = Set.copyOf(compared); // one that hangs may still be reading it
            Optional<Located<StoredPartial>> other = sources.first(archive -> archive.partials(segment).stream()
                    .filter(partial -> !excluded.contains(partial))
                    .filter(partial ->
                            known.filter(end -> partial.end().isBefore(end)).isEmpty())
                    .max(Comparator.comparing(StoredPartial::end)));
            if (other.isEmpty()) {
                return furthest.isPresent() ? deliver(furthest.get()) : withoutAny;
            }
            StoredPartial next = other.get().value();
            compared.add(next);
            boolean inOnePage = known.filter(next.end()::equals).isPresent();
            if (!inOnePage || endOfRecords(next).compareTo(endOfRecords(furthest.orElseThrow())) > 0) {
                furthest = Optional.of(next);
            }
        }
    }

    private Answer deliver(StoredPartial partial) {
        return sources.firstAnswer(
                partial.file().name(),
                archive -> Found.of(archive.open(partial)),
                (found, claim) -> copy.upTo(partial.end(), partial.segment(), found.content(), claim));
    }

    /** One that is damaged everywhere could be the one that goes furthest. */
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
        Answer partial = endOfTimeline(segment, Optional.of(ends.switchPoint()), Optional.of(ends.switchPoint()));
        if (!isAbsent(partial)) {
            return partial;
        }
        Answer whole = sources.firstAnswer(
                segment.name(),
                archive -> Found.of(archive.open(segment)),
                (found, claim) -> copy.upTo(ends.switchPoint(), segment, found.content(), claim));
        // What an ancestor that owns nothing of this path wrote later is not missing, and PostgreSQL goes on to ask for
        // the segment of the timeline that does own it.
        if (!isAbsent(whole)
                || request.recovery().isStandby()
                || path.filter(known -> known.ownsNothing(segment.timeline())).isPresent()) {
            return whole;
        }
        return laterThan(segment, path).<Answer>map(hole -> hole).orElse(whole);
    }

    private static Optional<StoredPartial> longest(WalArchive archive, Segment segment, Optional<Lsn> least)
            throws IOException {
        return archive.partials(segment).stream()
                .filter(partial ->
                        least.filter(end -> partial.end().isBefore(end)).isEmpty())
                .max(Comparator.comparing(StoredPartial::end));
    }

    /**
     * The longest .partial of the segment. After its end it may have pages of an older segment, which are zeroed.
     *
     * @param least the position that it must reach
     */
    private Answer endOfTimeline(Segment segment, Optional<Lsn> least, Optional<Lsn> switchPoint)
            throws CouldNotTellException {
        return sources.firstAnswer(
                segment.name() + ".partial",
                archive -> {
                    Optional<StoredPartial> longest = longest(archive, segment, least);
                    if (longest.isEmpty()) {
                        return Optional.empty();
                    }
                    Optional<DecodedObject> content = archive.open(longest.get());
                    return content.isPresent()
                            ? Optional.of(new Found(
                                    content.get(), Optional.of(longest.get().end())))
                            : Optional.empty();
                },
                (found, claim) -> copy.upTo(
                        switchPoint.orElseGet(() -> endOf(found.end().orElseThrow(), segment)),
                        segment,
                        found.content(),
                        claim));
    }

    /** A request for the partial segment itself gets it as it is. */
    private Lsn endOf(Lsn content, Segment segment) {
        return request.file() instanceof Segment ? content : segment.end(request.segmentSize());
    }

    private Answer asArchived(WalFile file) throws CouldNotTellException {
        return sources.firstAnswer(
                file.name(),
                archive -> Found.of(open(archive, file)),
                (found, claim) -> copy.of(file, found.content(), claim));
    }

    private static Optional<DecodedObject> open(WalArchive archive, WalFile file) throws IOException {
        return switch (file) {
            case Segment segment -> archive.open(segment);
            case WalFile.TimelineHistoryFile history -> archive.open(history);
            case WalFile.BackupHistoryFile backup -> archive.open(backup);
            case WalFile.PartialSegment partial ->
                throw new IllegalArgumentException("several may stand side by side: " + partial);
        };
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
            Optional<Located<Segment>> later = sources.first(archive -> archive.firstAfter(start));
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
