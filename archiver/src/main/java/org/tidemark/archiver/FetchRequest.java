// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalSegmentSize;

/**
 * What PostgreSQL asks for, and how hard to try. Immutable.
 *
 * @param file the file that is wanted
 * @param target where PostgreSQL expects it: it did not exist when PostgreSQL asked
 * @param system whose WAL it must be
 * @param goal the timeline that the command names; it counts where {@code setting} cannot be told
 * @param setting the timeline that PostgreSQL's own setting names; only asked where it counts
 * @param walDirectory the pg_wal of the data directory, in which PostgreSQL keeps the histories that it goes by
 * @param patience how long to ask again
 * @param absence what "absent" needs
 * @param reached positions that this recovery has replayed; may be empty
 * @param beforeDelivery runs just before the file appears at its target; throws if it must not any more
 */
public record FetchRequest(
        WalFile file,
        Path target,
        SystemIdentifier system,
        WalSegmentSize segmentSize,
        Optional<Timeline> goal,
        Supplier<Destination> setting,
        Path walDirectory,
        Patience patience,
        Absence absence,
        List<Position> reached,
        Runnable beforeDelivery) {

    public FetchRequest {
        reached = List.copyOf(reached);
    }

    /**
     * A request of a recovery of which it is not known how far it has come: to the timeline that the command names, or
     * else to the newest.
     */
    public FetchRequest(
            WalFile file,
            Path target,
            SystemIdentifier system,
            WalSegmentSize segmentSize,
            Optional<Timeline> goal,
            Path walDirectory,
            Duration patience,
            Absence absence,
            Runnable beforeDelivery) {
        this(
                file,
                target,
                system,
                segmentSize,
                goal,
                () -> goal.isPresent() ? new Destination.Unknown("nothing is known of it") : new Destination.Newest(),
                walDirectory,
                new Patience(patience, patience),
                absence,
                List.of(),
                beforeDelivery);
    }

    /**
     * How long to ask again.
     *
     * @param answer while a repository does not answer
     * @param late while a segment is absent although later ones are there
     */
    public record Patience(Duration answer, Duration late) {}

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
