// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.queue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Sha256;
import org.tidemark.core.SpoolPart;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.WalFile.TimelineHistoryFile;

/**
 * The timeline histories that this host has seen in each repository, so that not each segment costs a request. It is a
 * hint: an entry that cannot be read or written, or is older than an hour, counts as absent. So a repository that lost
 * a history, since it was set back to an older state, gets it again; one that was wiped has another id. Thread-safe,
 * and safe between processes.
 */
public final class KnownHistories {
    static final Duration BELIEVED = Duration.ofHours(1);

    private final Path directory;
    private final Clock clock;

    public KnownHistories(Path spool, Clock clock) {
        this.directory = SpoolPart.HISTORY.in(spool);
        this.clock = clock;
    }

    /** One incarnation of a cluster in one repository. */
    public record StoredIncarnation(RepositoryId repository, ClusterName cluster, SystemIdentifier system) {
        public static StoredIncarnation of(ClusterArchive archive) {
            return new StoredIncarnation(
                    archive.repository().id(),
                    archive.identity().cluster(),
                    archive.identity().system());
        }

        public static StoredIncarnation of(PendingQueue queue) {
            return new StoredIncarnation(queue.repository(), queue.cluster(), queue.system());
        }
    }

    /** The digest of the content that was seen there; empty if none is known. */
    public Optional<Sha256> in(StoredIncarnation place, TimelineHistoryFile file) {
        Path mark = mark(place, file);
        try {
            long age = clock.millis() - Files.getLastModifiedTime(mark).toMillis();
            // A moment in the future is that of a clock that was set back.
            return Math.abs(age) < BELIEVED.toMillis()
                    ? Optional.of(new Sha256(Files.readString(mark).strip()))
                    : Optional.empty();
        } catch (IOException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Whether the repository was seen to hold exactly this content. */
    public boolean isIn(StoredIncarnation place, TimelineHistoryFile file, Sha256 content) {
        return in(place, file).equals(Optional.of(content));
    }

    /** Notes that the repository holds this content durably. */
    public void isNowIn(StoredIncarnation place, TimelineHistoryFile file, Sha256 content) {
        Path mark = mark(place, file);
        try {
            Path parent = mark.getParent();
            if (parent != null && !Files.isDirectory(parent)) {
                Files.createDirectories(
                        parent, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            // Neither synced nor renamed: what is cut off is not a digest, and then the repository is asked.
            Files.write(mark, (content.hex() + "\n").getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            // Then it is asked each time.
        }
    }

    private Path mark(StoredIncarnation place, TimelineHistoryFile file) {
        return directory
                .resolve(place.repository().value())
                .resolve(place.cluster().value())
                .resolve(place.system().toString())
                .resolve(file.name());
    }
}
