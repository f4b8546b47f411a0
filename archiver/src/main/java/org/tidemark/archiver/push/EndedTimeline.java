// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.push;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;
import org.tidemark.archiver.FileNames;
import org.tidemark.archiver.push.WalPusher.PushRequest;
import org.tidemark.core.Lsn;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.ControlFile.ClusterState;
import org.tidemark.postgres.WalSegmentCheck;
import org.tidemark.postgres.WalSegmentContent;
import org.tidemark.store.ObjectSource;

/**
 * The position inside a segment at which its timeline ended, according to the histories beside it. A standby with
 * archive_mode = always archives the segment up to that point, under its full name; after the end its file holds zeros,
 * or older WAL where it was a recycled file (WalReceiverMain() in src/backend/replication/walreceiver.c).
 *
 * <p>Only the histories prove it: on a server that writes this timeline itself, older pages at a segment's end are lost
 * writes. Immutable.
 */
final class EndedTimeline {
    // XLogRecord of src/include/access/xlogrecord.h: total length, xid, start of the previous record.
    private static final int PREVIOUS_RECORD = 8;
    private static final int SMALLEST_RECORD_BYTES = 24;

    private final PushRequest request;
    private final Segment segment;
    private final WalSegmentSize size;
    private final NavigableSet<Lsn> ends;

    private EndedTimeline(PushRequest request, Segment segment, NavigableSet<Lsn> ends) {
        this.request = request;
        this.segment = segment;
        this.size = request.origin().walSegmentSize();
        this.ends = ends;
    }

    /** Empty if no history beside the segment ends its timeline inside it. */
    static Optional<EndedTimeline> of(PushRequest request) throws IOException {
        Optional<ControlFile> control = request.origin().control();
        if (!(request.file() instanceof Segment segment) || control.isEmpty() || writes(control.get(), segment)) {
            return Optional.empty();
        }
        WalSegmentSize size = request.origin().walSegmentSize();
        Path directory = request.path().toAbsolutePath().getParent();
        NavigableSet<Lsn> ends = new TreeSet<>();
        if (directory == null || !segment.fits(size)) {
            return Optional.empty();
        }
        for (String name : FileNames.in(directory)) {
            if (name.endsWith(".history")) {
                Optional<Lsn> end = end(directory.resolve(name), segment);
                if (end.isPresent()
                        && end.get().isAfter(segment.start(size))
                        && end.get().isBefore(segment.end(size))) {
                    ends.add(end.get());
                }
            }
        }
        return ends.isEmpty() ? Optional.empty() : Optional.of(new EndedTimeline(request, segment, ends));
    }

    /**
     * Whether the server writes the segment's timeline itself, and does not only follow it. Until the first checkpoint
     * after a promotion has ended, only where recovery must go at least tells the new timeline
     * (CreateEndOfRecoveryRecord() in src/backend/access/transam/xlog.c).
     */
    private static boolean writes(ControlFile control, Segment segment) {
        return control.state() == ClusterState.IN_PRODUCTION
                && control.checkpoint().timeline().compareTo(segment.timeline()) <= 0
                && control.recovery().minRecoveryTimeline()
                        <= segment.timeline().id();
    }

    private static Optional<Lsn> end(Path path, Segment segment) throws IOException {
        try {
            return WalFile.parse(String.valueOf(path.getFileName())) instanceof WalFile.TimelineHistoryFile file
                    ? TimelineHistory.parse(file.timeline(), Files.readString(path, StandardCharsets.ISO_8859_1))
                            .endOf(segment.timeline())
                    : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty(); // no history; if PostgreSQL wrote it, it is refused when its turn comes
        }
    }

    /**
     * Reads the segment's content, if it was cut off where its timeline ended: its own pages reach that far, and its
     * records do not go on.
     */
    Optional<WalSegmentContent> cutOff(ObjectSource bytes) throws IOException {
        WalSegmentCheck check = WalSegmentCheck.of(
                new WalFile.PartialSegment(segment),
                request.origin().system(),
                size,
                OptionalInt.of(request.origin().postgresMajor()));
        WalSegmentContent content;
        try (InputStream in = bytes.open()) {
            content = check.check(in);
        }
        for (Lsn end : ends.descendingSet()) {
            if (endOfPage(end, content.walPageSizeBytes()).equals(content.endOfContent())
                    && !goesOn(bytes, end, content.walPageSizeBytes())) {
                return Optional.of(content);
            }
        }
        return Optional.empty();
    }

    private static Lsn endOfPage(Lsn position, int pageBytes) {
        return new Lsn((position.value() + pageBytes - 1) & -pageBytes);
    }

    /**
     * Whether a record of this segment begins at {@code end}: then this is the segment of a server that went on after
     * the others had left. What a recycled file holds there points back to a record that is a segment older at least.
     * Where no record header fits before the segment's end, nothing tells, and it counts as whole.
     */
    private boolean goesOn(ObjectSource bytes, Lsn end, int pageBytes) throws IOException {
        long offset = end.minus(segment.start(size));
        int left = (int) endOfPage(end, pageBytes).minus(end);
        if (left < PREVIOUS_RECORD + Long.BYTES) {
            return endOfPage(end, pageBytes).equals(segment.end(size));
        }
        try (InputStream in = bytes.open()) {
            in.skipNBytes(offset);
            ByteBuffer record =
                    ByteBuffer.wrap(in.readNBytes(PREVIOUS_RECORD + Long.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
            Lsn previous = new Lsn(record.getLong(PREVIOUS_RECORD));
            return Integer.compareUnsigned(record.getInt(0), SMALLEST_RECORD_BYTES) >= 0
                    && previous.isBefore(end)
                    && end.minus(previous) < size.bytes();
        }
    }
}
