// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.time.Clock;
import java.time.Duration;
import org.tidemark.archiver.spool.Spool;
import org.tidemark.core.ClusterName;

/**
 * When a file counts as archived, where there are several repositories. Immutable.
 *
 * @param repositories how many must hold it; for the others it is queued in the spool
 * @param spool where it is queued
 * @param cluster whose WAL it is
 * @param limit how long all of them together may take, and how long any one may
 * @param patience how long the others are waited for when enough hold it, and how long a backlog is worked on
 * @param clock for the pauses of repositories that failed
 */
public record Acknowledgement(
        int repositories, Spool spool, ClusterName cluster, Duration limit, Duration patience, Clock clock) {
    public Acknowledgement {
        if (repositories < 1 || limit.isNegative() || patience.isNegative()) {
            throw new IllegalArgumentException(
                    "not an acknowledgement: " + repositories + " repositories within " + limit + ", " + patience);
        }
    }
}
