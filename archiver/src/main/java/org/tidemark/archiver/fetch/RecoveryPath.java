// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.tidemark.archiver.FileNames;
import org.tidemark.archiver.fetch.Answer.CouldNotTellException;
import org.tidemark.archiver.fetch.Answer.Failure;
import org.tidemark.archiver.fetch.Answer.Retry;
import org.tidemark.archiver.fetch.Recovery.Position;
import org.tidemark.archiver.fetch.Recovery.TargetTimeline;
import org.tidemark.archiver.fetch.RepositoryFailover.Located;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.TimelineHistory.Switch;
import org.tidemark.core.TimelinePath;
import org.tidemark.core.TimelinePath.SegmentSource;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;

/**
 * Finds out which timelines a recovery goes by: from PostgreSQL's own setting, the command, the histories in pg_wal,
 * and at last the archive's. Not thread-safe.
 */
final class RecoveryPath {
    private final RepositoryFailover sources;
    private final Recovery recovery;
    private final WalSegmentSize segmentSize;
    private final FollowedTimeline followed;

    RecoveryPath(RepositoryFailover sources, Recovery recovery, WalSegmentSize segmentSize) {
        this.sources = sources;
        this.recovery = recovery;
        this.segmentSize = segmentSize;
        this.followed = new FollowedTimeline(recovery.walDirectory(), segmentSize, recovery.reached());
    }

    /** Below 0 if the timeline comes before the one that recovery certainly goes to, above 0 if after; else 0. */
    int compareWithTarget(Timeline timeline) {
        return recovery.setting().get() instanceof TargetTimeline.Fixed fixed
                        && recovery.timelineOption()
                                .filter(named -> !named.equals(fixed.timeline()))
                                .isEmpty()
                ? timeline.compareTo(fixed.timeline())
                : 0;
    }

    boolean goesNoFurtherThan(Timeline timeline) {
        // No switch over patterns on the way of a WAL command: linking each takes milliseconds.
        return recovery.setting().get() instanceof TargetTimeline.Fixed fixed
                ? fixed.timeline().equals(timeline)
                : recovery.timelineOption().filter(timeline::equals).isPresent();
    }

    /** The path as far as a request for {@code asked} needs it; empty if every segment belongs to it as it is. */
    Optional<TimelinePath> neededFor(Segment asked) throws CouldNotTellException {
        try {
            Optional<TimelinePath> child = followed.descendantOf(asked).map(this::pathOf);
            if (recovery.timelineOption().isEmpty() && child.isEmpty()) {
                return Optional.empty();
            }
            TargetTimeline target = targetTimeline(asked, child);
            if (target instanceof TargetTimeline.Fixed fixed) {
                return Optional.of(pathTo(fixed.timeline()));
            }
            if (target instanceof TargetTimeline.Unknown unknown && child.isPresent()) {
                requireNoMatter(asked, child.get(), unknown);
            }
            return child;
        } catch (IOException e) {
            throw new CouldNotTellException(List.of(new Failure(
                    String.valueOf(recovery.walDirectory()),
                    "its histories cannot be read: " + e.getMessage(),
                    ExitCode.LOCAL_FILES,
                    Retry.MAY_HELP)));
        }
    }

    /** The timeline that a standby finds which looks for a newer one: the last before an id that is not taken. */
    Optional<TimelineHistory> newestArchivedAfter(Timeline timeline) throws CouldNotTellException {
        Optional<TimelineHistory> newest = Optional.empty();
        while (true) {
            Timeline next = new Timeline(
                    newest.map(TimelineHistory::timeline).orElse(timeline).id() + 1);
            Optional<Located<TimelineHistory>> found = sources.first(archive -> archive.history(next));
            if (found.isEmpty()) {
                return newest;
            }
            newest = found.map(Located::value);
        }
    }

    /**
     * Whether this standby, which asks for {@code asked}, can and may leave the timeline for {@code child} inside that
     * segment, and has a primary to ask first. What it has streamed of the old timeline after that point it replays
     * from pg_wal in any case. Where the setting is not known, since the file was changed after the start, the newest
     * timeline is where standbys go.
     *
     * @throws IOException if pg_wal cannot be read
     */
    boolean mayLeaveIn(Segment asked, TimelineHistory child) throws IOException {
        Optional<Lsn> left = child.endOf(asked.timeline());
        return left.isPresent()
                && !left.get().isBefore(asked.start(segmentSize))
                && left.get().isBefore(asked.end(segmentSize))
                && followed.passesAll(child)
                && !followed.hasFrom(left.get(), asked)
                && !(recovery.setting().get() instanceof TargetTimeline.Fixed)
                && recovery.alternative().filter(BooleanSupplier::getAsBoolean).isPresent();
    }

    /**
     * PostgreSQL follows its own setting; the command counts where the setting is unknown. Where both are known and
     * differ, an operator has changed one of them, and a recovery must not guess which one is meant. A standby may have
     * been made from a server whose command still names a timeline.
     */
    private TargetTimeline targetTimeline(Segment asked, Optional<TimelinePath> child) {
        TargetTimeline setting = recovery.setting().get();
        if (recovery.timelineOption().isEmpty()) {
            return setting;
        }
        Timeline named = recovery.timelineOption().get();
        if (setting instanceof TargetTimeline.Unknown) {
            return new TargetTimeline.Fixed(named);
        }
        Timeline followed = setting instanceof TargetTimeline.Fixed fixed
                ? fixed.timeline()
                : child.map(path -> path.history().timeline()).orElse(asked.timeline());
        return agreeing(followed, setting, named);
    }

    private TargetTimeline agreeing(Timeline followed, TargetTimeline setting, Timeline named) {
        if (recovery.isStandby()) {
            return setting;
        }
        if (followed.equals(named)) {
            return new TargetTimeline.Fixed(named);
        }
        throw new UserFacingException(
                ExitCode.USAGE,
                "restore_command says --timeline " + named + ", but by recovery_target_timeline PostgreSQL recovers to"
                        + " timeline " + followed,
                "Set both to the timeline that you want, recovery_target_timeline = '" + named + "' or --timeline "
                        + followed + ", and start PostgreSQL again.");
    }

    /**
     * Before the switch it does not matter whether PostgreSQL goes to the child. After it, a recovery to the child must
     * not see this segment, and a recovery to the parent would end too early without it. A standby that is told
     * "absent" asks again.
     */
    private void requireNoMatter(Segment asked, TimelinePath child, TargetTimeline.Unknown unknown)
            throws CouldNotTellException {
        if (recovery.isStandby() || child.sourceOf(asked) instanceof SegmentSource.AsArchived) {
            return;
        }
        Timeline timeline = child.history().timeline();
        throw new CouldNotTellException(List.of(new Failure(
                String.valueOf(recovery.walDirectory()),
                "it holds the history of timeline " + timeline + ", and whether this recovery goes there is not known,"
                        + " since " + unknown.reason() + "; write --timeline " + timeline + " or --timeline "
                        + asked.timeline() + " into restore_command, as recovery_target_timeline has it",
                ExitCode.USAGE,
                Retry.USELESS)));
    }

    private TimelinePath pathTo(Timeline timeline) throws IOException, CouldNotTellException {
        if (timeline.equals(Timeline.FIRST)) {
            return pathOf(TimelineHistory.root(timeline));
        }
        Optional<TimelineHistory> local = followed.history(timeline);
        return pathOf(local.isPresent() ? local.get() : archivedHistory(timeline));
    }

    private TimelinePath pathOf(TimelineHistory history) {
        return new TimelinePath(history, segmentSize);
    }

    private TimelineHistory archivedHistory(Timeline timeline) throws CouldNotTellException {
        Optional<Located<TimelineHistory>> found = sources.first(archive -> archive.history(timeline));
        if (found.isEmpty()) {
            throw new CouldNotTellException(List.of(new Failure(
                    sources.names(),
                    "the history of timeline " + timeline + ", to which recovery goes, is not archived",
                    ExitCode.WAL_MISSING,
                    Retry.MAY_HELP)));
        }
        return found.get().value();
    }

    /**
     * The timeline that PostgreSQL follows where the command does not name it: PostgreSQL keeps each history file that
     * it goes by in pg_wal. A child of which only the archive knows does not count: a test copy that was promoted and
     * archives would cut everybody else off. A standby also keeps the history of a timeline that it looked at and
     * refused, because it had come further than where that one began (rescanLatestTimeLine() in
     * src/backend/access/transam/xlogrecovery.c). Immutable.
     *
     * @param walDirectory the pg_wal of the data directory in recovery
     * @param reached what this recovery has replayed for certain: a history that does not pass there is not followed
     */
    private record FollowedTimeline(Path walDirectory, WalSegmentSize size, List<Position> reached) {

        /**
         * The newest history in pg_wal that descends from the timeline of {@code asked} and that PostgreSQL can go by.
         */
        Optional<TimelineHistory> descendantOf(Segment asked) throws IOException {
            ReplayedWal replayed = new ReplayedWal(walDirectory, size);
            TimelineHistory newest = null;
            try {
                for (String name : FileNames.in(walDirectory)) {
                    Optional<TimelineHistory> history =
                            name.endsWith(".history") ? read(walDirectory.resolve(name)) : Optional.empty();
                    if (history.isPresent()
                            && history.get().endOf(asked.timeline()).isPresent()
                            && passesAll(history.get())
                            && !replayed.isPast(asked, history.get())
                            && (newest == null || history.get().timeline().compareTo(newest.timeline()) > 0)) {
                        newest = history.get();
                    }
                }
            } catch (NoSuchFileException e) {
                return Optional.empty(); // not a data directory: then nothing is followed
            }
            return Optional.ofNullable(newest);
        }

        /** Whether pg_wal has something of {@code segment} from {@code position} on. */
        boolean hasFrom(Lsn position, Segment segment) throws IOException {
            ReplayedWal replayed = new ReplayedWal(walDirectory, size);
            return replayed.isThere(segment) && replayed.hasContentFrom(position, segment);
        }

        private boolean passesAll(TimelineHistory history) {
            for (Position position : reached) {
                if (!history.passes(position.timeline(), position.lsn())) {
                    return false;
                }
            }
            return true;
        }

        /** The copy of a history that PostgreSQL has already been given. */
        Optional<TimelineHistory> history(Timeline timeline) throws IOException {
            Path file = walDirectory.resolve(timeline.toHex() + ".history");
            return Files.isRegularFile(file) ? read(file) : Optional.empty();
        }

        /** A file that cannot be read as a history is not one that PostgreSQL goes by. */
        private static Optional<TimelineHistory> read(Path file) throws IOException {
            String name = String.valueOf(file.getFileName());
            if (!name.matches("[0-7][0-9A-F]{7}\\.history")) {
                return Optional.empty();
            }
            try {
                TimelineHistory history = TimelineHistory.parse(
                        Timeline.parseHex(name.substring(0, 8)), Files.readString(file, StandardCharsets.ISO_8859_1));
                return history.switches().isEmpty() ? Optional.empty() : Optional.of(history);
            } catch (IllegalArgumentException | NoSuchFileException e) {
                return Optional.empty();
            }
        }

        /**
         * The timelines that PostgreSQL has replayed, according to pg_wal. A standby that is past a switch when a
         * child's history turns up keeps that history in pg_wal anyway, says that the new timeline forked off before
         * its recovery point (rescanLatestTimeLine in src/backend/access/transam/xlogrecovery.c), and goes on along its
         * own. Immutable.
         *
         * @param walDirectory the pg_wal of the data directory in recovery
         */
        private record ReplayedWal(Path walDirectory, WalSegmentSize size) {
            /**
             * XLogPageHeaderData of src/include/access/xlog_internal.h: magic, info, timeline, then the page's address.
             */
            private static final int PAGE_ADDRESS_OFFSET = 8;

            private static final int FIRST_BYTES = 16;

            /**
             * Whether PostgreSQL, which asks for {@code asked}, has come along the same timeline past the point where
             * it ended on the path to {@code child}. The segment before the one that is asked for has just been read
             * and is still in pg_wal: if it is the child's, PostgreSQL follows the child; so it does if it is zero
             * after the switch, as we deliver it where no child has a copy.
             */
            boolean isPast(Segment asked, TimelineHistory child) throws IOException {
                Lsn switchPoint = child.endOf(asked.timeline()).orElseThrow();
                if (asked.index(size) == 0) {
                    return false;
                }
                Segment before = Segment.of(asked.timeline(), asked.index(size) - 1, size);
                return switchPoint.isBefore(before.end(size))
                        && isThere(before)
                        && timelinesAfter(asked.timeline(), child)
                                .map(before::on)
                                .noneMatch(this::isThere)
                        && hasContentFrom(switchPoint, before);
            }

            private static Stream<Timeline> timelinesAfter(Timeline parent, TimelineHistory child) {
                return Stream.concat(child.switches().stream().map(Switch::parent), Stream.of(child.timeline()))
                        .filter(timeline -> timeline.compareTo(parent) > 0);
            }

            private boolean isThere(Segment segment) {
                return Files.exists(walDirectory.resolve(segment.name()));
            }

            /** A file that PostgreSQL keeps for reuse holds older WAL under this name: its first page says so. */
            private boolean hasContentFrom(Lsn position, Segment segment) throws IOException {
                try (InputStream in = Files.newInputStream(walDirectory.resolve(segment.name()))) {
                    byte[] header = in.readNBytes(FIRST_BYTES);
                    if (header.length < FIRST_BYTES
                            || ByteBuffer.wrap(header)
                                            .order(ByteOrder.LITTLE_ENDIAN)
                                            .getLong(PAGE_ADDRESS_OFFSET)
                                    != segment.start(size).value()) {
                        return false;
                    }
                    long skipped = position.minus(segment.start(size)) - FIRST_BYTES;
                    in.skipNBytes(Math.max(0, skipped));
                    byte[] chunk = new byte[1 << 16];
                    for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
                        for (int i = 0; i < count; i++) {
                            if (chunk[i] != 0) {
                                return true;
                            }
                        }
                    }
                    return false;
                }
            }
        }
    }
}
