// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/** Keeps a second restore out of a directory: a lock on its marker, which ends with the process at the latest. */
final class RestoreLock implements AutoCloseable {
    private final FileChannel channel;

    private RestoreLock(FileChannel channel) {
        this.channel = channel;
    }

    /** @throws UserFacingException {@link ExitCode#RESTORE_REFUSED} if another restore is at work */
    static RestoreLock take(Path directory) throws IOException {
        FileChannel channel = FileChannel.open(
                directory.resolve(RestoreMarker.NAME),
                Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS));
        boolean taken = false;
        try {
            // Who held the lock may have come to its end, and removed the marker.
            taken = tryLock(channel).isPresent()
                    && Files.exists(directory.resolve(RestoreMarker.NAME), LinkOption.NOFOLLOW_LINKS);
        } finally {
            if (!taken) {
                channel.close();
            }
        }
        if (!taken) {
            throw new UserFacingException(
                    ExitCode.RESTORE_REFUSED,
                    "another restore into '" + directory + "' is under way, or has just ended",
                    "Wait until it has ended, or restore into another directory.");
        }
        return new RestoreLock(channel);
    }

    private static Optional<FileLock> tryLock(FileChannel channel) throws IOException {
        try {
            return Optional.ofNullable(channel.tryLock());
        } catch (OverlappingFileLockException e) {
            return Optional.empty(); // by another thread of this process
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
