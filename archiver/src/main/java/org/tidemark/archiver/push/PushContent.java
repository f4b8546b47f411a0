// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.push;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Optional;
import java.util.OptionalInt;
import org.tidemark.archiver.push.WalPusher.PushRequest;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.BackupLabel;
import org.tidemark.postgres.CorruptFileException;
import org.tidemark.postgres.WalSegmentCheck;
import org.tidemark.postgres.WalSegmentContent;
import org.tidemark.store.ObjectSource;

/**
 * The bytes of a file that PostgreSQL hands over, after they were found to be what the name says and what the cluster
 * writes. Immutable.
 *
 * @param file as what it is archived: a segment that was cut off is a partial one, whatever its name
 * @param source what was checked: it gives other bytes at no time
 * @param endOfContent of a segment or a partial one the end of its last page that is not all zero; else 0/0
 */
record PushContent(WalFile file, ObjectSource source, Lsn endOfContent) {
    // PostgreSQL writes one line per promotion, and some lines per backup.
    private static final int SMALL_FILE_BYTES = 1 << 20;

    /**
     * Reads and checks.
     *
     * @throws org.tidemark.postgres.WalRefusedException if the bytes are not that segment of that cluster
     * @throws UserFacingException if the file is no history or backup file, or is larger than one can be
     */
    static PushContent of(PushRequest request) throws IOException {
        // No switch over patterns on the way of a WAL command: linking the first one takes 12 ms of each.
        if (request.file() instanceof WalFile.TimelineHistoryFile history) {
            return history(request, history);
        }
        if (request.file() instanceof WalFile.BackupHistoryFile backup) {
            return backup(request, backup);
        }
        SystemIdentifier system = request.origin().system();
        WalSegmentSize size = request.origin().walSegmentSize();
        OptionalInt postgresMajor = OptionalInt.of(request.origin().postgresMajor());
        return segment(
                request,
                request.file() instanceof WalFile.PartialSegment partial
                        ? WalSegmentCheck.of(partial, system, size, postgresMajor)
                        : WalSegmentCheck.of((WalFile.Segment) request.file(), system, size, postgresMajor));
    }

    private static PushContent segment(PushRequest request, WalSegmentCheck check) throws IOException {
        ObjectSource source = new ReReadableFile(request.path(), Files.size(request.path()));
        Optional<PushContent> cutOff = cutOff(request, source);
        if (cutOff.isPresent()) {
            return cutOff.get();
        }
        try (InputStream in = source.open()) {
            return whole(request, check.check(in), source);
        }
    }

    private static PushContent whole(PushRequest request, WalSegmentContent content, ObjectSource source)
            throws IOException {
        return new PushContent(archivedAs(request, content, source), source, content.endOfContent());
    }

    /** A segment that ends where the histories beside it say that its timeline did. */
    private static Optional<PushContent> cutOff(PushRequest request, ObjectSource source) throws IOException {
        Optional<EndedTimeline> ended = EndedTimeline.of(request);
        if (ended.isEmpty() || !(request.file() instanceof WalFile.Segment segment)) {
            return Optional.empty();
        }
        Optional<WalSegmentContent> content = ended.get().cutOff(source);
        return content.isEmpty()
                ? Optional.empty()
                : Optional.of(new PushContent(
                        new WalFile.PartialSegment(segment),
                        source,
                        content.get().endOfContent()));
    }

    /**
     * Under the full name the cut-off segment of a standby would stand in the way of the whole one, which may come yet.
     */
    private static WalFile archivedAs(PushRequest request, WalSegmentContent content, ObjectSource source)
            throws IOException {
        WalSegmentSize size = request.origin().walSegmentSize();
        if (!(request.file() instanceof WalFile.Segment segment)
                || !content.endOfContent().isBefore(segment.end(size))) {
            return request.file();
        }
        int pageBytes = content.walPageSizeBytes();
        long lastPage = content.endOfContent().minus(segment.start(size)) - pageBytes;
        try (InputStream in = source.open()) {
            in.skipNBytes(lastPage);
            return content.isCutOff(in.readNBytes(pageBytes), lastPage == 0)
                    ? new WalFile.PartialSegment(segment)
                    : segment;
        }
    }

    private static PushContent history(PushRequest request, WalFile.TimelineHistoryFile file) throws IOException {
        byte[] bytes = small(request);
        try {
            TimelineHistory history =
                    TimelineHistory.parse(file.timeline(), new String(bytes, StandardCharsets.ISO_8859_1));
            if (history.switches().isEmpty()) {
                throw new IllegalArgumentException("it names no parent timeline");
            }
        } catch (IllegalArgumentException e) {
            throw refused(request, String.valueOf(e.getMessage()));
        }
        return new PushContent(file, ObjectSource.of(bytes), new Lsn(0));
    }

    private static PushContent backup(PushRequest request, WalFile.BackupHistoryFile file) throws IOException {
        byte[] bytes = small(request);
        try {
            BackupLabel label = BackupLabel.parse(new String(bytes, StandardCharsets.UTF_8), file.name());
            WalSegmentSize size = request.origin().walSegmentSize();
            if (!WalFile.Segment.containing(file.timeline(), label.start(), size)
                            .equals(file.segment())
                    || size.offset(label.start()) != file.offset()) {
                throw new IllegalArgumentException("it tells of a backup that starts at " + label.start());
            }
        } catch (CorruptFileException | IllegalArgumentException e) {
            throw refused(request, String.valueOf(e.getMessage()));
        }
        return new PushContent(file, ObjectSource.of(bytes), new Lsn(0));
    }

    private static byte[] small(PushRequest request) throws IOException {
        if (Files.size(request.path()) > SMALL_FILE_BYTES) {
            throw refused(request, "it is larger than " + SMALL_FILE_BYTES + " bytes");
        }
        return Files.readAllBytes(request.path());
    }

    private static UserFacingException refused(PushRequest request, String problem) {
        return new UserFacingException(
                ExitCode.WAL_REFUSED,
                "'" + request.file().name() + "' is refused: " + problem,
                "Was the file cut or changed? PostgreSQL wrote it in '" + request.path() + "'; look at it there.");
    }
}
