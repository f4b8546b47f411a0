// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Optional;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.ClusterName;
import org.tidemark.core.LockedFile;

/**
 * Which backups of a cluster this host has begun: an empty file for each in the spool, locked as long as its process
 * works on it. So a backup that failed, or whose process was killed, is told from one that runs, and no clock decides
 * it. Hints: what cannot be read or written says nothing.
 */
public final class BegunBackups {
    private static final String DIRECTORY = "begun";

    private final Path directory;
    private final ClusterName cluster;

    /** @param attempts the part of the spool that tells of attempts */
    public BegunBackups(Path attempts, ClusterName cluster) {
        this.directory = attempts.resolve(DIRECTORY);
        this.cluster = cluster;
    }

    /** A backup begins; it ends, with or without success, when the answer is closed. Forgets those that are too old. */
    public Closeable begin(BackupId id, Instant now) {
        try {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            forget(now.minus(Intent.PUBLICATION_LIMIT));
            Optional<LockedFile> lock = LockedFile.take(file(id), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (lock.isPresent()) {
                return lock.get()::close;
            }
            // Somebody looks at it in this moment: better no note than one that says it has ended.
            Files.deleteIfExists(file(id));
        } catch (IOException e) {
            // Then its age tells whether it runs, as on another host.
        }
        return () -> {};
    }

    /** Whether this host began it, and works on it no more. False where nothing is known. */
    public boolean hasEnded(BackupId id) {
        return Files.exists(file(id)) && isUnlocked(file(id));
    }

    private void forget(Instant limit) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path each : files) {
                if (Files.getLastModifiedTime(each).toInstant().isBefore(limit) && isUnlocked(each)) {
                    Files.deleteIfExists(each);
                }
            }
        }
    }

    private static boolean isUnlocked(Path file) {
        try {
            Optional<LockedFile> lock = LockedFile.take(file, StandardOpenOption.WRITE);
            if (lock.isPresent()) {
                lock.get().close();
            }
            return lock.isPresent();
        } catch (IOException e) {
            return false;
        }
    }

    private Path file(BackupId id) {
        return directory.resolve(cluster.value() + "-" + id.value());
    }
}
