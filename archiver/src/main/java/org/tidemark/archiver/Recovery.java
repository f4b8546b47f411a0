// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;

/**
 * Who recovers, how far it has come, and where it goes. Immutable.
 *
 * @param walDirectory the pg_wal of the data directory, in which PostgreSQL keeps the histories that it goes by
 * @param goal the timeline that the command names; it counts where {@code setting} cannot be told
 * @param setting the timeline that PostgreSQL's own setting names; only asked where it counts
 * @param absence what "absent" needs
 * @param reached positions that it has replayed; may be empty
 * @param otherWay whether PostgreSQL has another way to what the archive does not give, as a standby that streams has;
 *     only asked once the archive has been silent for a while, and empty where it is known that there is none
 */
public record Recovery(
        Path walDirectory,
        Optional<Timeline> goal,
        Supplier<Destination> setting,
        Absence absence,
        List<Position> reached,
        Optional<BooleanSupplier> otherWay) {

    public Recovery {
        reached = List.copyOf(reached);
    }

    /** Of which it is not known how far it has come: to the timeline that the command names, or else to the newest. */
    public Recovery(Path walDirectory, Optional<Timeline> goal, Absence absence) {
        this(
                walDirectory,
                goal,
                () -> goal.isPresent() ? new Destination.Unknown("nothing is known of it") : new Destination.Newest(),
                absence,
                List.of(),
                Optional.empty());
    }

    /** Whether it asks again by itself, and ends neither by "absent" nor by an error. */
    boolean isStandby() {
        return absence == Absence.FOR_NOW;
    }

    /** A place in the log of a timeline. */
    public record Position(Timeline timeline, Lsn lsn) {}

    /** What must be known before a segment is called absent. */
    public enum Absence {
        /** No later WAL is archived either: recovery ends here. */
        AT_THE_END,
        /** The repositories' word is enough: a standby asks again by itself. */
        FOR_NOW
    }
}
