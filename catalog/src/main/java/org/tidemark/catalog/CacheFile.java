// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import org.tidemark.core.DurableFile;

/** Writes files that only spare this host requests. Safe between processes: of two that write, the last one wins. */
public final class CacheFile {
    /** A process that writes for longer was killed. */
    private static final Duration LONGEST_WRITE = Duration.ofHours(1);

    private CacheFile() {}

    /** Writes the content of a file. */
    @FunctionalInterface
    public interface Content {
        void writeTo(DataOutputStream out) throws IOException;
    }

    /**
     * Replaces a file, or leaves it as it is if it cannot be written. Not synced: its reader finds what a crash has cut
     * off.
     *
     * @param file its directories are made
     */
    public static void replace(Path file, Content content) {
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null) {
            return;
        }
        Path temporary = directory.resolve(UUID.randomUUID() + DurableFile.TEMPORARY);
        try {
            Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(DurableFile.permissions(0700)));
            write(temporary, content);
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            removeAbandoned(directory, Files.getLastModifiedTime(file));
        } catch (IOException e) {
            remove(temporary);
        }
    }

    private static void write(Path temporary, Content content) throws IOException {
        try (FileChannel channel = FileChannel.open(
                        temporary,
                        Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
                        PosixFilePermissions.asFileAttribute(DurableFile.permissions(0600)));
                DataOutputStream out =
                        new DataOutputStream(new BufferedOutputStream(Channels.newOutputStream(channel)))) {
            content.writeTo(out);
        }
    }

    /** Removes what processes that were killed have left. */
    private static void removeAbandoned(Path directory, FileTime now) throws IOException {
        try (DirectoryStream<Path> temporaries = Files.newDirectoryStream(directory, "*" + DurableFile.TEMPORARY)) {
            for (Path each : temporaries) {
                Duration age = Duration.between(Files.getLastModifiedTime(each).toInstant(), now.toInstant());
                if (age.compareTo(LONGEST_WRITE) > 0) {
                    remove(each);
                }
            }
        }
    }

    /** Removes a file, if there is one and that can be done. */
    public static void remove(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // It is harmless.
        }
    }
}
