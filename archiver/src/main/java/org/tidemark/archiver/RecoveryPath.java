// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.tidemark.archiver.Answer.Failure;
import org.tidemark.archiver.Answer.Passing;
import org.tidemark.archiver.SourcesAsked.Holding;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.TimelinePath;
import org.tidemark.core.TimelinePath.Course;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;

/**
 * Finds out which timelines a recovery goes by: from PostgreSQL's own setting, the command, the histories in pg_wal,
 * and at last the archive's. Not thread-safe.
 */
final class RecoveryPath {
    private final SourcesAsked sources;
    private final Recovery recovery;
    private final WalSegmentSize segmentSize;
    private final FollowedTimeline followed;

    RecoveryPath(SourcesAsked sources, Recovery recovery, WalSegmentSize segmentSize) {
        this.sources = sources;
        this.recovery = recovery;
        this.segmentSize = segmentSize;
        this.followed = new FollowedTimeline(recovery.walDirectory(), segmentSize, recovery.reached());
    }

    /** Below 0 if the timeline comes before the one that recovery certainly goes to, above 0 if after; else 0. */
    int compareWithTarget(Timeline timeline) {
        return recovery.setting().get() instanceof Destination.Fixed fixed
                        && recovery.goal()
                                .filter(named -> !named.equals(fixed.timeline()))
                                .isEmpty()
                ? timeline.compareTo(fixed.timeline())
                : 0;
    }

    boolean goesNoFurtherThan(Timeline timeline) {
        return switch (recovery.setting().get()) {
            case Destination.Fixed fixed -> fixed.timeline().equals(timeline);
            case Destination.Newest newest ->
                recovery.goal().filter(timeline::equals).isPresent();
            case Destination.Unknown unknown ->
                recovery.goal().filter(timeline::equals).isPresent();
        };
    }

    /** The path as far as a request for {@code asked} needs it; empty if every segment belongs to it as it is. */
    Optional<TimelinePath> neededFor(Segment asked) throws CouldNotTellException {
        try {
            Optional<TimelinePath> child = followed.descendantOf(asked).map(this::pathOf);
            if (recovery.goal().isEmpty() && child.isEmpty()) {
                return Optional.empty();
            }
            return switch (targetTimeline(asked, child)) {
                case Destination.Newest newest -> child;
                case Destination.Fixed fixed -> Optional.of(pathTo(fixed.timeline()));
                case Destination.Unknown unknown -> {
                    if (child.isPresent()) {
                        requireNoMatter(asked, child.get(), unknown);
                    }
                    yield child;
                }
            };
        } catch (IOException e) {
            throw new CouldNotTellException(List.of(new Failure(
                    String.valueOf(recovery.walDirectory()),
                    "its histories cannot be read: " + e.getMessage(),
                    ExitCode.LOCAL_FILES,
                    Passing.PERHAPS)));
        }
    }

    /**
     * What PostgreSQL follows is what its own setting says; the command counts where that cannot be told. Where both
     * are told and differ, an operator has changed one of them, and a recovery is not to guess which one is meant. A
     * standby may have been made from a server whose command still names a timeline.
     */
    private Destination targetTimeline(Segment asked, Optional<TimelinePath> child) {
        Destination setting = recovery.setting().get();
        if (recovery.goal().isEmpty()) {
            return setting;
        }
        Timeline named = recovery.goal().get();
        return switch (setting) {
            case Destination.Unknown unknown -> new Destination.Fixed(named);
            case Destination.Fixed fixed -> agreeing(fixed.timeline(), fixed, named);
            case Destination.Newest newest ->
                agreeing(child.map(path -> path.history().timeline()).orElse(asked.timeline()), newest, named);
        };
    }

    private Destination agreeing(Timeline followed, Destination setting, Timeline named) {
        if (recovery.isStandby()) {
            return setting;
        }
        if (followed.equals(named)) {
            return new Destination.Fixed(named);
        }
        throw new UserFacingException(
                ExitCode.USAGE,
                "restore_command says --timeline " + named + ", but by recovery_target_timeline PostgreSQL recovers to"
                        + " timeline " + followed,
                "Set both to the timeline that you want, recovery_target_timeline = '" + named + "' or --timeline "
                        + followed + ", and start PostgreSQL again.");
    }

    /**
     * Before the switch it is the same whether PostgreSQL goes to the child or not. Behind it the one recovery must not
     * see this segment, and the other would end too early without it. A standby that is told "absent" asks again.
     */
    private void requireNoMatter(Segment asked, TimelinePath child, Destination.Unknown unknown)
            throws CouldNotTellException {
        if (recovery.isStandby() || child.courseOf(asked) instanceof Course.AsArchived) {
            return;
        }
        Timeline timeline = child.history().timeline();
        throw new CouldNotTellException(List.of(new Failure(
                String.valueOf(recovery.walDirectory()),
                "it holds the history of timeline " + timeline + ", and whether this recovery goes there is not known,"
                        + " since " + unknown.reason() + "; write --timeline " + timeline + " or --timeline "
                        + asked.timeline() + " into restore_command, as recovery_target_timeline has it",
                ExitCode.USAGE,
                Passing.NO)));
    }

    private TimelinePath pathTo(Timeline goal) throws IOException, CouldNotTellException {
        if (goal.equals(Timeline.FIRST)) {
            return pathOf(TimelineHistory.root(goal));
        }
        Optional<TimelineHistory> local = followed.history(goal);
        return pathOf(local.isPresent() ? local.get() : archivedHistory(goal));
    }

    private TimelinePath pathOf(TimelineHistory history) {
        return new TimelinePath(history, segmentSize);
    }

    private TimelineHistory archivedHistory(Timeline goal) throws CouldNotTellException {
        Optional<Holding<TimelineHistory>> found = sources.first(archive -> archive.history(goal));
        if (found.isEmpty()) {
            throw new CouldNotTellException(List.of(new Failure(
                    sources.names(),
                    "the history of timeline " + goal + ", to which recovery goes, is not archived",
                    ExitCode.WAL_MISSING,
                    Passing.PERHAPS)));
        }
        return found.get().value();
    }
}
