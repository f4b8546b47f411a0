// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A file that PostgreSQL passes to archive_command or asks restore_command for. Immutable.
 *
 * @see <a href="https://www.postgresql.org/docs/current/continuous-archiving.html">Continuous archiving</a>
 */
public sealed interface WalFile {
    Pattern NAME = Pattern.compile(
            "([0-9A-F]{8})(?:([0-9A-F]{8})([0-9A-F]{8})(\\.partial|\\.([0-9A-F]{8})\\.backup)?|\\.history)");

    /** The name as PostgreSQL writes it. */
    String name();

    Timeline timeline();

    /**
     * Parses a file name.
     *
     * @throws IllegalArgumentException if {@code name} is not the name of one of the four kinds of files
     */
    static WalFile parse(String name) {
        Matcher matcher = NAME.matcher(name);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not the name of a WAL file: '" + name
                    + "' (expected 24 digits 0-9A-F, a .partial, a .backup, or a .history)");
        }
        Timeline timeline = Timeline.parseHex(matcher.group(1));
        if (matcher.group(2) == null) {
            return new TimelineHistoryFile(timeline);
        }
        Segment segment = new Segment(
                timeline,
                Integer.parseUnsignedInt(matcher.group(2), 16),
                Integer.parseUnsignedInt(matcher.group(3), 16));
        if (matcher.group(4) == null) {
            return segment;
        }
        return matcher.group(5) == null
                ? new PartialSegment(segment)
                : new BackupHistoryFile(segment, Integer.parseUnsignedInt(matcher.group(5), 16));
    }

    /**
     * A complete segment, {@code 00000001000000A900000065}. Segments are ordered by timeline, then by position.
     *
     * @param log the middle eight digits, unsigned
     * @param number the last eight digits, below {@link WalSegmentSize#segmentsPerLog()}
     */
    record Segment(Timeline timeline, int log, int number) implements WalFile, Comparable<Segment> {
        /** The segment of {@code timeline} that holds the byte at {@code position}. */
        public static Segment containing(Timeline timeline, Lsn position, WalSegmentSize size) {
            return of(timeline, size.segmentNumber(position), size);
        }

        /** The segment of {@code timeline} with the number {@code index}, counted from 0/0. */
        public static Segment of(Timeline timeline, long index, WalSegmentSize size) {
            return new Segment(timeline, (int) (index / size.segmentsPerLog()), (int) (index % size.segmentsPerLog()));
        }

        /** The number of this segment, counted from 0/0. */
        public long index(WalSegmentSize size) {
            return Integer.toUnsignedLong(log) * size.segmentsPerLog() + Integer.toUnsignedLong(number);
        }

        /** Whether a cluster with segments of this size can have a segment of this name. */
        public boolean fits(WalSegmentSize size) {
            return Integer.toUnsignedLong(number) < size.segmentsPerLog();
        }

        /** The position of the first byte. */
        public Lsn start(WalSegmentSize size) {
            return size.start(index(size));
        }

        /** The position after the last byte. */
        public Lsn end(WalSegmentSize size) {
            return start(size).plus(size.bytes());
        }

        // The last segment of a log file was FE before PostgreSQL 9.3. Tidemark supports 13 and later, where it is FF.
        public Segment next(WalSegmentSize size) {
            return of(timeline, index(size) + 1, size);
        }

        /** The segment with the same number on another timeline. */
        public Segment on(Timeline other) {
            return new Segment(other, log, number);
        }

        @Override
        public String name() {
            return timeline.toHex() + Timeline.digits(log) + Timeline.digits(number);
        }

        @Override
        public int compareTo(Segment other) {
            // The order of the names, without their text: a listing compares millions of them.
            int byTimeline = timeline.compareTo(other.timeline);
            if (byTimeline != 0) {
                return byTimeline;
            }
            int byLog = Integer.compareUnsigned(log, other.log);
            return byLog != 0 ? byLog : Integer.compareUnsigned(number, other.number);
        }

        @Override
        public String toString() {
            return name();
        }
    }

    /** The last segment of a timeline that ended with a promotion, {@code ….partial}; recovery never asks for it. */
    record PartialSegment(Segment segment) implements WalFile {
        @Override
        public Timeline timeline() {
            return segment.timeline();
        }

        @Override
        public String name() {
            return segment.name() + ".partial";
        }

        @Override
        public String toString() {
            return name();
        }
    }

    /** The file that lists a timeline's ancestors, {@code 00000002.history}. */
    record TimelineHistoryFile(Timeline timeline) implements WalFile {
        @Override
        public String name() {
            return timeline.toHex() + ".history";
        }

        @Override
        public String toString() {
            return name();
        }
    }

    /**
     * PostgreSQL's record of a base backup, {@code 00000001000000A900000065.00000028.backup}.
     *
     * @param offset the backup's start within the segment, in bytes
     */
    record BackupHistoryFile(Segment segment, int offset) implements WalFile {
        @Override
        public Timeline timeline() {
            return segment.timeline();
        }

        @Override
        public String name() {
            return segment.name() + "." + Timeline.digits(offset) + ".backup";
        }

        @Override
        public String toString() {
            return name();
        }
    }
}
