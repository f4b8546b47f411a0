// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import org.tidemark.archiver.spool.KnownHistories;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;

/**
 * Sees to it that a repository holds the history of a timeline before it holds WAL of that timeline: without the
 * history no recovery can use it. PostgreSQL hands a history over once, at the promotion, and never again where
 * archiving was off at that moment; but it keeps the file in pg_wal. Thread-safe.
 */
final class HistoryFirst implements AutoCloseable {
    /** For timeline 1, which has no history, and for files other than WAL. */
    static final HistoryFirst NOT_NEEDED = new HistoryFirst(Optional.empty());

    private final Optional<Need> need;

    /**
     * Which history is needed.
     *
     * @param wal what is archived after it
     * @param beside the history that lies beside the WAL
     */
    private record Need(
            WalFile.TimelineHistoryFile file, PushRequest wal, KnownHistories known, Optional<Beside> beside) {}

    /** A history with what it takes to archive it. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    private record Beside(byte[] content, SinglePush push) {}

    private HistoryFirst(Optional<Need> need) {
        this.need = need;
    }

    /**
     * For a file that is to be archived.
     *
     * @throws UserFacingException if the file beside it is not a timeline history
     */
    static HistoryFirst of(PushRequest request, Path spool, Clock clock) throws IOException {
        Optional<Timeline> timeline = timelineOf(request.file());
        if (timeline.isEmpty() || timeline.get().equals(Timeline.FIRST)) {
            return NOT_NEEDED;
        }
        WalFile.TimelineHistoryFile file = new WalFile.TimelineHistoryFile(timeline.get());
        KnownHistories known = new KnownHistories(spool, clock);
        Path path = request.path().resolveSibling(file.name());
        if (!Files.exists(path)) {
            return new HistoryFirst(Optional.of(new Need(file, request, known, Optional.empty())));
        }
        PushRequest history = new PushRequest(file, path, request.control());
        PushContent content = PushContent.of(history);
        byte[] bytes;
        try (InputStream in = content.source().open()) {
            bytes = in.readAllBytes();
        }
        SinglePush push = new SinglePush(history, content, new Encodings(history, content, spool), NOT_NEEDED);
        return new HistoryFirst(Optional.of(new Need(file, request, known, Optional.of(new Beside(bytes, push)))));
    }

    private static Optional<Timeline> timelineOf(WalFile file) {
        return switch (file) {
            case WalFile.Segment segment -> Optional.of(segment.timeline());
            case WalFile.PartialSegment partial -> Optional.of(partial.segment().timeline());
            case WalFile.BackupHistoryFile backup -> Optional.empty();
            case WalFile.TimelineHistoryFile history -> Optional.empty();
        };
    }

    /**
     * When this returns, the repository holds the history durably.
     *
     * @throws org.tidemark.catalog.WalConflictException if the repository holds another history of this timeline
     * @throws UserFacingException if the history is neither there nor beside the WAL
     */
    void archiveInto(ClusterArchive archive, PushTarget target) throws IOException {
        if (need.isEmpty()) {
            return;
        }
        WalFile.TimelineHistoryFile file = need.get().file();
        if (need.get().beside().isEmpty()) {
            if (!archive.wal().containsStored(file.name())) {
                throw missing(file, need.get().wal(), target);
            }
            return;
        }
        Beside beside = need.get().beside().get();
        KnownHistories known = need.get().known();
        if (!known.isIn(archive, file, beside.content())) {
            beside.push().store(archive, target);
            known.isNowIn(archive, file, beside.content());
        }
    }

    /** What has to be queued for a repository before the WAL; empty if nothing has, or nothing is at hand. */
    Optional<SinglePush> toQueue() {
        return need.flatMap(Need::beside).map(Beside::push);
    }

    private static UserFacingException missing(WalFile.TimelineHistoryFile file, PushRequest wal, PushTarget target) {
        return new UserFacingException(
                ExitCode.WAL_REFUSED,
                "'" + wal.file().name() + "' is refused: '" + file.name() + "' is neither in '" + target.name()
                        + "' nor beside '" + wal.path() + "', and without it no restore can use WAL of timeline "
                        + file.timeline(),
                "It is in pg_wal of the server that was promoted to this timeline, and of its standbys: copy it beside"
                        + " the segment, or run there: tidemark wal-push pg_wal/" + file.name());
    }

    @Override
    public void close() throws IOException {
        if (toQueue().isPresent()) {
            toQueue().get().encodings().close();
        }
    }
}
