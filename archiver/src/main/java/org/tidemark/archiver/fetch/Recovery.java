// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.fetch;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.Timeline;

/**
 * The recovery that asks for a file: how far it has come, and its target timeline. Immutable.
 *
 * @param walDirectory the pg_wal of the data directory, in which PostgreSQL keeps the histories that it goes by
 * @param timelineOption the timeline that the command names ({@code --timeline}); it counts where {@code setting} is
 *     unknown
 * @param setting PostgreSQL's own setting; only read where it counts
 * @param absence what must be known before a segment is called absent
 * @param reached positions that it has replayed; may be empty
 * @param alternative whether PostgreSQL can get the WAL elsewhere, as a standby that streams can; only asked once the
 *     archive has been silent for a while, and empty where it is known that there is no alternative
 * @param phase what is known of the server's present run
 * @param target where it ends; the end of the archived WAL where that is not known
 */
public record Recovery(
        Path walDirectory,
        Optional<Timeline> timelineOption,
        Supplier<TargetTimeline> setting,
        Absence absence,
        List<Position> reached,
        Optional<BooleanSupplier> alternative,
        Phase phase,
        Supplier<RecoveryTarget> target) {

    public Recovery {
        reached = List.copyOf(reached);
    }

    /** A recovery of unknown progress: to the timeline that the command names, or else to the newest. */
    public Recovery(Path walDirectory, Optional<Timeline> timelineOption, Absence absence) {
        this(
                walDirectory,
                timelineOption,
                () -> timelineOption.isPresent()
                        ? new TargetTimeline.Unknown("nothing is known of it")
                        : new TargetTimeline.Newest(),
                absence,
                List.of(),
                Optional.empty());
    }

    /** One that may have replayed something, or be promoted. */
    public Recovery(
            Path walDirectory,
            Optional<Timeline> timelineOption,
            Supplier<TargetTimeline> setting,
            Absence absence,
            List<Position> reached,
            Optional<BooleanSupplier> alternative) {
        this(
                walDirectory,
                timelineOption,
                setting,
                absence,
                reached,
                alternative,
                Phase.UNKNOWN,
                RecoveryTarget.Latest::new);
    }

    /** Whether it asks again by itself, and ends neither by "absent" nor by an error. */
    boolean isStandby() {
        return absence == Absence.FOR_NOW;
    }

    /** A place in the log of a timeline. */
    public record Position(Timeline timeline, Lsn lsn) {}

    /** What a server has done since it was started. */
    public enum Phase {
        /**
         * It has replayed nothing: it looks for the timeline to follow, and not, as a promotion does, for a free id.
         */
        BEFORE_REPLAY,
        /** It may have replayed something, or be promoted. */
        UNKNOWN
    }

    /** The condition under which a segment is called absent. */
    public enum Absence {
        /** No later WAL is archived either: recovery ends here. */
        AT_THE_END,
        /** The repositories' word is enough: a standby asks again by itself. */
        FOR_NOW
    }

    /** The target timeline of a recovery, as {@code recovery_target_timeline} sets it. */
    public sealed interface TargetTimeline {
        /** One timeline, even if there are newer ones. */
        record Fixed(Timeline timeline) implements TargetTimeline {}

        /** The newest timeline that PostgreSQL knows. */
        record Newest() implements TargetTimeline {}

        /**
         * It is not known: a parent's WAL after the switch to a child is neither delivered nor called absent.
         *
         * @param reason why it is not known, to follow "since"
         */
        record Unknown(String reason) implements TargetTimeline {}
    }
}
