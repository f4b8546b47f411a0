// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.spool;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.core.WalFile.TimelineHistoryFile;

/**
 * Which timeline histories this host has seen in which repository, so that not each segment costs a question. It is a
 * hint: what cannot be read or written, and what is older than an hour, is as if it were not there. So a repository
 * that lost a history, since it was set back to an older state, gets it again; one that was wiped has another id.
 * Thread-safe, and safe between processes.
 */
public final class KnownHistories {
    static final Duration BELIEVED = Duration.ofHours(1);

    private final Path directory;
    private final Clock clock;

    public KnownHistories(Path spool, Clock clock) {
        this.directory = spool.resolve("v1").resolve("history");
        this.clock = clock;
    }

    /** Whether the repository was seen to hold exactly this content. */
    public boolean isIn(ClusterArchive archive, TimelineHistoryFile file, byte[] content) {
        Path mark = mark(archive, file);
        try {
            long age = clock.millis() - Files.getLastModifiedTime(mark).toMillis();
            // A moment in the future is that of a clock that was set back.
            return Math.abs(age) < BELIEVED.toMillis() && Arrays.equals(Files.readAllBytes(mark), content);
        } catch (IOException e) {
            return false;
        }
    }

    /** Notes that the repository holds this content durably. */
    public void isNowIn(ClusterArchive archive, TimelineHistoryFile file, byte[] content) {
        Path mark = mark(archive, file);
        try {
            Path parent = mark.getParent();
            if (parent != null && !Files.isDirectory(parent)) {
                Files.createDirectories(
                        parent, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            // Neither synced nor renamed: what is cut off is not equal, and then the repository is asked.
            Files.write(mark, content);
        } catch (IOException e) {
            // Then it is asked each time.
        }
    }

    private Path mark(ClusterArchive archive, TimelineHistoryFile file) {
        return directory
                .resolve(archive.repository().id().value())
                .resolve(archive.identity().cluster().value())
                .resolve(archive.identity().system().toString())
                .resolve(file.name());
    }
}
