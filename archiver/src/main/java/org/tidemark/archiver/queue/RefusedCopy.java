// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.queue;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SpoolHint;
import org.tidemark.core.SpoolPart;

/**
 * The last server of this host whose archive_command was refused, since it runs in a copy of the cluster's data
 * directory. Only the log of that server tells it otherwise.
 *
 * @param directory where it runs
 * @param at when it was refused last
 */
public record RefusedCopy(Path directory, Instant at) {
    private static SpoolHint hint(Path spool, ClusterName cluster) {
        return new SpoolHint(spool, SpoolPart.COPIES, cluster.value());
    }

    /** Does nothing if there is no spool. */
    public void note(Path spool, ClusterName cluster) {
        hint(spool, cluster).write(at.toEpochMilli() + " " + directory);
    }

    /** The one that was noted last. */
    public static Optional<RefusedCopy> last(Path spool, ClusterName cluster) {
        try {
            return hint(spool, cluster)
                    .read()
                    .map(line -> line.split(" ", 2))
                    .map(words -> new RefusedCopy(Path.of(words[1]), Instant.ofEpochMilli(Long.parseLong(words[0]))));
        } catch (RuntimeException e) {
            return Optional.empty(); // it is not one
        }
    }
}
