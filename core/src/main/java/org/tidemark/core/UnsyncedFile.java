// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
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

/**
 * Files of this host that other processes read whole or not at all, such as what only spares a request. After a crash a
 * file may be empty or gone, and its reader finds that out. {@link DurableFile} is for all that must stay. Safe between
 * processes: of two that write, the last one wins.
 */
public final class UnsyncedFile {
    /** A process that is killed while it writes leaves a file whose name begins with this, then has the file's name. */
    public static final String TEMPORARY = ".new-";

    /** A process that writes for longer was killed. */
    private static final Duration LONGEST_WRITE = Duration.ofHours(1);

    private UnsyncedFile() {}

    /** Writes the content of a file. */
    @FunctionalInterface
    public interface Content {
        void writeTo(DataOutputStream out) throws IOException;
    }

    /** Creates or replaces a small file, which only its owner can read, with the directories that are missing. */
    public static void replace(Path file, byte[] content) throws IOException {
        write(file, channel -> {
            ByteBuffer bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        });
    }

    /**
     * The same for a file that may be large, or nothing if it cannot be written: it only spares requests. What killed
     * processes have left in its directory is removed.
     */
    public static void replaceIfPossible(Path file, Content content) {
        try {
            write(file, channel -> {
                DataOutputStream out =
                        new DataOutputStream(new BufferedOutputStream(Channels.newOutputStream(channel)));
                content.writeTo(out);
                out.flush();
            });
            removeAbandoned(file);
        } catch (IOException e) {
            // The next process does without it.
        }
    }

    private interface Writing {
        void writeTo(FileChannel channel) throws IOException;
    }

    private static void write(Path file, Writing writing) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        if (directory != null && !Files.isDirectory(directory)) {
            Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(DurableFile.permissions(0700)));
        }
        // Two processes may write the same file at once. A name by chance would need a generator, which starts slowly.
        Path temporary =
                file.resolveSibling(TEMPORARY + file.getFileName() + "." + Long.toHexString(System.nanoTime()));
        try {
            try (FileChannel channel = FileChannel.open(
                    temporary,
                    Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
                    PosixFilePermissions.asFileAttribute(DurableFile.permissions(0600)))) {
                writing.writeTo(channel);
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary); // on a full disk each attempt would leave one
        }
    }

    private static void removeAbandoned(Path file) throws IOException {
        FileTime now = Files.getLastModifiedTime(file);
        try (DirectoryStream<Path> temporaries = Files.newDirectoryStream(file.resolveSibling("."), TEMPORARY + "*")) {
            for (Path each : temporaries) {
                Duration age = Duration.between(Files.getLastModifiedTime(each).toInstant(), now.toInstant());
                if (age.compareTo(LONGEST_WRITE) > 0) {
                    removeIfPossible(each);
                }
            }
        }
    }

    /** Removes a file, if there is one and that can be done. */
    public static void removeIfPossible(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // It is harmless.
        }
    }
}
