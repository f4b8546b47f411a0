// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.push;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.tidemark.archiver.PushTarget;
import org.tidemark.archiver.push.SinglePush.Encodings;
import org.tidemark.archiver.push.WalPusher.PushRequest;
import org.tidemark.archiver.queue.KnownHistories;
import org.tidemark.archiver.queue.KnownHistories.StoredIncarnation;
import org.tidemark.archiver.queue.PendingQueue;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.Sha256;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalSegmentSize;

/**
 * Ensures that a repository holds the history of a timeline before it holds WAL of that timeline: without the history
 * no recovery can use it. PostgreSQL hands a history over once, at the promotion, and never again where archiving was
 * off at that moment; but it keeps the file in pg_wal. Thread-safe.
 */
final class HistoryFirst implements AutoCloseable {
    /** For timeline 1, which has no history, and for files other than WAL. */
    static final HistoryFirst NOT_NEEDED = new HistoryFirst(Optional.empty());

    private final Optional<Need> need;
    private final Map<RepositoryId, Sha256> seen = new ConcurrentHashMap<>();

    /**
     * The need for a history.
     *
     * @param wal what is archived after it
     * @param beside the history that is beside the WAL
     * @param problem why what is there is not one; empty if nothing is there
     */
    private record Need(
            WalFile.TimelineHistoryFile file,
            PushRequest wal,
            KnownHistories known,
            Optional<Beside> beside,
            Optional<String> problem) {}

    /**
     * A history with what it takes to archive it.
     *
     * @param begin the number of the segment in which its timeline begins
     */
    private record Beside(Sha256 content, long begin, SinglePush push) {}

    private HistoryFirst(Optional<Need> need) {
        this.need = need;
    }

    /** For a file that is to be archived. */
    static HistoryFirst of(PushRequest request, Path spool, Clock clock) throws IOException {
        Optional<Timeline> timeline = timelineOf(request.file());
        if (timeline.isEmpty() || timeline.get().equals(Timeline.FIRST)) {
            return NOT_NEEDED;
        }
        WalFile.TimelineHistoryFile file = new WalFile.TimelineHistoryFile(timeline.get());
        Path path = request.path().resolveSibling(file.name());
        Optional<Beside> beside = Optional.empty();
        Optional<String> problem = Optional.empty();
        if (Files.exists(path)) {
            try {
                beside = Optional.of(read(new PushRequest(file, path, request.origin()), spool));
            } catch (UserFacingException e) {
                // A file that was cut off by a crash is not to stop archiving where the repository has a good one.
                problem = Optional.of(e.getMessage());
            }
        }
        return new HistoryFirst(
                Optional.of(new Need(file, request, new KnownHistories(spool, clock), beside, problem)));
    }

    private static Beside read(PushRequest history, Path spool) throws IOException {
        PushContent content = PushContent.of(history);
        WalSegmentSize size = history.origin().walSegmentSize();
        try (InputStream in = content.source().open()) {
            byte[] bytes = in.readAllBytes();
            Lsn begin = TimelineHistory.parse(history.file().timeline(), new String(bytes, StandardCharsets.UTF_8))
                    .begin();
            return new Beside(
                    Sha256.of(bytes),
                    size.segmentNumber(begin),
                    new SinglePush(history, content, new Encodings(history, content, spool), NOT_NEEDED, spool));
        }
    }

    private static Optional<Timeline> timelineOf(WalFile file) {
        return file instanceof WalFile.Segment || file instanceof WalFile.PartialSegment
                ? Optional.of(file.timeline())
                : Optional.empty();
    }

    /** The history that a repository must hold before the file; empty if none. */
    Optional<WalFile.TimelineHistoryFile> file() {
        return need.map(Need::file);
    }

    private Optional<Beside> beside() {
        return need.flatMap(Need::beside);
    }

    /** The history that a repository holds, after {@link #archiveInto}; empty if it is not known to hold one. */
    Optional<Sha256> seenIn(RepositoryId repository) {
        return Optional.ofNullable(seen.get(repository));
    }

    /** Whether a repository that is not asked now was seen to hold this content a while ago. */
    boolean isKnownIn(PendingQueue queue, Sha256 content) {
        return need.isPresent()
                && need.get()
                        .known()
                        .isIn(StoredIncarnation.of(queue), need.get().file(), content);
    }

    /**
     * When this returns, the repository holds the history durably, and it is remembered which one.
     *
     * @throws org.tidemark.catalog.wal.WalConflictException if the repository holds another history of this timeline
     * @throws UserFacingException if the history is neither there nor beside the WAL, or if it is damaged there
     */
    void archiveInto(ClusterArchive archive, PushTarget target) throws IOException {
        if (need.isEmpty()) {
            return;
        }
        WalFile.TimelineHistoryFile file = need.get().file();
        StoredIncarnation place = StoredIncarnation.of(archive);
        Optional<Sha256> expected = beside().map(Beside::content);
        // The repository may have been set back since; the first segment of a timeline believes no note.
        Optional<Sha256> known =
                isFirstOfItsTimeline() ? Optional.empty() : need.get().known().in(place, file);
        if (known.isPresent() && (expected.isEmpty() || expected.equals(known))) {
            seen.put(place.repository(), known.get());
            return;
        }
        Sha256 content = expected.isPresent() ? store(beside().get(), archive, target) : read(archive, target);
        need.get().known().isNowIn(place, file, content);
        seen.put(place.repository(), content);
    }

    /** Whether the file is of the segment in which its timeline begins, as the history beside it says. */
    private boolean isFirstOfItsTimeline() {
        PushRequest wal = need.orElseThrow().wal();
        return beside().isPresent()
                && wal.file() instanceof WalFile.Segment segment
                && beside().get().begin() == segment.index(wal.origin().walSegmentSize());
    }

    private Sha256 store(Beside beside, ClusterArchive archive, PushTarget target) throws IOException {
        try {
            beside.push().store(archive, target);
            return beside.content();
        } catch (DamagedObjectException e) {
            throw damaged(
                    e,
                    archive,
                    "Archive the intact one of pg_wal in its place with: tidemark wal-resolve "
                            + need.orElseThrow().file().name());
        }
    }

    private Sha256 read(ClusterArchive archive, PushTarget target) throws IOException {
        Need needed = need.orElseThrow();
        try {
            return Sha256.of(archive.wal().content(needed.file()).orElseThrow(() -> missing(needed, target)));
        } catch (DamagedObjectException e) {
            throw damaged(
                    e,
                    archive,
                    "Find it with tidemark verify --all, then repair it from another repository with tidemark sync. Or"
                            + " run on the server that was promoted to this timeline: tidemark wal-resolve "
                            + needed.file().name());
        }
    }

    private static UserFacingException missing(Need need, PushTarget target) {
        WalFile.TimelineHistoryFile file = need.file();
        PushRequest wal = need.wal();
        return new UserFacingException(
                ExitCode.WAL_REFUSED,
                "'" + wal.file().name() + "' is refused: '" + file.name() + "' is not in '" + target.name() + "', and "
                        + need.problem()
                                .map(problem -> "the history file in pg_wal cannot be archived (" + problem + ")")
                                .orElse("it is not in the same directory as '" + wal.path() + "'")
                        + "; without it no restore can use WAL of timeline " + file.timeline(),
                "It is in pg_wal of the server that was promoted to this timeline, and of its standbys: copy it beside"
                        + " the segment, or run there: tidemark wal-push pg_wal/" + file.name()
                        + ". If nobody has it any more, run here: tidemark wal-resolve " + file.name() + " --lost");
    }

    private static UserFacingException damaged(DamagedObjectException damage, ClusterArchive archive, String hint) {
        return new UserFacingException(
                ExitCode.DAMAGED,
                damage.getMessage() + "; until it is replaced in "
                        + archive.repository().store().description() + ", no WAL of its timeline is archived there",
                hint,
                damage);
    }

    @Override
    public void close() throws IOException {
        if (beside().isPresent()) {
            beside().get().push().encodings().close();
        }
    }
}
