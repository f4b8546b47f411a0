// SPDX-License-Identifier: Apache-2.0
package org.tidemark.server.promotion;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.wal.WalInventory.WalHole;
import org.tidemark.core.Finding;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.postgres.wal.Commits;

/**
 * What is known of a standby, of its primary, and of the archive, at one moment. Immutable.
 *
 * @param unread findings about repositories that could not be read
 */
record PromotionFacts(Standby standby, OldPrimary primary, Archive archive, LeftBehind left, List<Finding> unread) {
    PromotionFacts {
        unread = List.copyOf(unread);
    }

    /**
     * The server that is to be promoted.
     *
     * @param recovers false if it is a primary already
     * @param timeline that it replays
     * @param streams whether it receives WAL from its primary now
     * @param received up to where; empty if it has never streamed
     * @param commit the time of the last commit that it has replayed
     * @param isPaused whether its replay is paused
     * @param delay how long after a commit it is replayed; zero if it is not delayed
     */
    record Standby(
            boolean recovers,
            Timeline timeline,
            boolean streams,
            Optional<Lsn> received,
            Lsn replayed,
            Optional<Instant> commit,
            boolean isPaused,
            Duration delay) {}

    /** What answers at the conninfo of the cluster. */
    sealed interface OldPrimary {
        /** Nothing: it is down, or cannot be reached from here. */
        record Silent(String why) implements OldPrimary {}

        /** A server that does not let this role in, or starts up. */
        record Alive(String why) implements OldPrimary {}

        /** A server that takes writes. */
        record Open() implements OldPrimary {}

        /** A standby, which does not tell whether its primary runs. */
        record Follower() implements OldPrimary {}

        /** The very server that is to be promoted. */
        record Itself() implements OldPrimary {}
    }

    /**
     * The WAL of the standby's system, in all repositories that were read together.
     *
     * @param newest the last segment of the timeline that the standby replays
     * @param highest timeline that has begun
     * @param ahead the holes after what the standby has replayed
     */
    record Archive(Optional<Segment> newest, Optional<Timeline> highest, List<WalHole> ahead) {
        Archive {
            ahead = List.copyOf(ahead);
        }
    }

    /**
     * What the promotion leaves to the old primary.
     *
     * @param kept up to where its WAL was received or is archived
     * @param there the commits after that in its pg_wal; empty if that is not on this host, or was not read
     */
    record LeftBehind(Lsn kept, Optional<Commits> there) {}
}
