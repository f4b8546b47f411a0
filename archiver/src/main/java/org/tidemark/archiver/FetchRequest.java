// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.nio.file.Path;
import java.time.Duration;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalSegmentSize;

/**
 * What PostgreSQL asks for, and how hard to try. Immutable.
 *
 * @param file the file that is wanted
 * @param target where PostgreSQL expects it: it did not exist when PostgreSQL asked
 * @param system whose WAL it must be
 * @param recovery for which it is
 * @param patience how long to ask again
 * @param beforeDelivery runs just before the file appears at its target; throws if it must not any more
 */
public record FetchRequest(
        WalFile file,
        Path target,
        SystemIdentifier system,
        WalSegmentSize segmentSize,
        Recovery recovery,
        Patience patience,
        Runnable beforeDelivery) {

    /**
     * How long to ask again.
     *
     * @param answer while a repository does not answer
     * @param late while a segment is absent although later ones are there
     */
    public record Patience(Duration answer, Duration late) {
        /** The same for both. */
        public Patience(Duration both) {
            this(both, both);
        }
    }
}
