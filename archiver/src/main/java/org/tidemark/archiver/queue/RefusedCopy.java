// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.queue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SpoolPart;
import org.tidemark.core.UnsyncedFile;

/**
 * The last server of this host whose archive_command was refused, since it runs in a copy of the cluster's data
 * directory. Only the log of that server tells it otherwise. A hint: it may be lost, and a failure to read or write it
 * is not an error.
 *
 * @param directory where it runs
 * @param at when it was refused last
 */
public record RefusedCopy(Path directory, Instant at) {
    private static Path file(Path spool, ClusterName cluster) {
        return SpoolPart.COPIES.in(spool).resolve(cluster.value());
    }

    /** Does nothing if there is no spool. */
    public void note(Path spool, ClusterName cluster) {
        if (Files.isDirectory(spool)) {
            String line = at.toEpochMilli() + " " + directory + "\n";
            UnsyncedFile.replaceIfPossible(
                    file(spool, cluster), out -> out.write(line.getBytes(StandardCharsets.UTF_8)));
        }
    }

    /** The one that was noted last. */
    public static Optional<RefusedCopy> last(Path spool, ClusterName cluster) {
        try {
            String[] words = Files.readString(file(spool, cluster)).strip().split(" ", 2);
            return Optional.of(new RefusedCopy(Path.of(words[1]), Instant.ofEpochMilli(Long.parseLong(words[0]))));
        } catch (IOException | RuntimeException e) {
            return Optional.empty();
        }
    }
}
