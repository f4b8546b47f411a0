// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.tidemark.archiver.Answer.Failure;
import org.tidemark.archiver.Answer.Retry;
import org.tidemark.archiver.RepositoryFailover.Located;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
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
        return switch (recovery.setting().get()) {
            case TargetTimeline.Fixed fixed -> fixed.timeline().equals(timeline);
            case TargetTimeline.Newest newest ->
                recovery.timelineOption().filter(timeline::equals).isPresent();
            case TargetTimeline.Unknown unknown ->
                recovery.timelineOption().filter(timeline::equals).isPresent();
        };
    }

    /** The path as far as a request for {@code asked} needs it; empty if every segment belongs to it as it is. */
    Optional<TimelinePath> neededFor(Segment asked) throws CouldNotTellException {
        try {
            Optional<TimelinePath> child = followed.descendantOf(asked).map(this::pathOf);
            if (recovery.timelineOption().isEmpty() && child.isEmpty()) {
                return Optional.empty();
            }
            return switch (targetTimeline(asked, child)) {
                case TargetTimeline.Newest newest -> child;
                case TargetTimeline.Fixed fixed -> Optional.of(pathTo(fixed.timeline()));
                case TargetTimeline.Unknown unknown -> {
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
                    Retry.MAY_HELP)));
        }
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
        return switch (setting) {
            case TargetTimeline.Unknown unknown -> new TargetTimeline.Fixed(named);
            case TargetTimeline.Fixed fixed -> agreeing(fixed.timeline(), fixed, named);
            case TargetTimeline.Newest newest ->
                agreeing(child.map(path -> path.history().timeline()).orElse(asked.timeline()), newest, named);
        };
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
}
