// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;
import java.util.UUID;

/**
 * Small files that appear whole or not at all, and survive a crash: temporary name in the same directory, fsync, rename
 * or link, fsync of the directory.
 */
public final class DurableFile {
    /** A process that is killed while it writes leaves a file whose name ends with this. */
    public static final String TEMPORARY = ".tidemark-new";

    private DurableFile() {}

    /** Gives a file its mode, and its owner if that is another one. The file is private until then. */
    @FunctionalInterface
    public interface Rights {
        void applyTo(Path file) throws IOException;
    }

    /**
     * The mode of a new file, whatever the umask is.
     *
     * @param mode the nine low bits of a Unix mode
     */
    public static Rights mode(int mode) {
        return file -> Files.setPosixFilePermissions(file, permissions(mode));
    }

    /** Creates or replaces a file. When this returns, name and content are durable. */
    public static void replace(Path file, byte[] content, Rights rights) throws IOException {
        Path temporary = file.resolveSibling(file.getFileName() + TEMPORARY);
        Files.deleteIfExists(temporary);
        try {
            fill(temporary, content, rights);
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
        sync(directoryOf(file));
    }

    /**
     * Creates a file. When this returns, name and content are durable.
     *
     * @throws java.nio.file.FileAlreadyExistsException if the file exists; it stays as it is
     */
    public static void create(Path file, byte[] content, Rights rights) throws IOException {
        // Other processes may create the same file at the same time: each has its own temporary file.
        Path temporary = file.resolveSibling(file.getFileName() + "." + UUID.randomUUID() + TEMPORARY);
        try {
            fill(temporary, content, rights);
            // A link fails where a rename would replace what another process has made.
            Files.createLink(file, temporary);
        } finally {
            Files.deleteIfExists(temporary);
        }
        sync(directoryOf(file));
    }

    private static void fill(Path temporary, byte[] content, Rights rights) throws IOException {
        try (FileChannel channel = FileChannel.open(
                temporary,
                Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW, LinkOption.NOFOLLOW_LINKS),
                PosixFilePermissions.asFileAttribute(permissions(0600)))) {
            ByteBuffer bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            rights.applyTo(temporary);
            channel.force(true);
        }
    }

    /**
     * Makes a directory and those above it that are missing. On return their names are durable.
     *
     * @param mode the nine low bits of a Unix mode, for each new one
     */
    public static void makeDirectories(Path directory, int mode) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        Path parent = directoryOf(directory);
        makeDirectories(parent, mode);
        Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(permissions(mode)));
        sync(parent);
    }

    /** Makes the names in a directory, or the content of a file, durable. */
    public static void sync(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /**
     * A mode as the JDK has it.
     *
     * @param mode the nine low bits of a Unix mode
     */
    public static Set<PosixFilePermission> permissions(int mode) {
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        PosixFilePermission[] all = PosixFilePermission.values();
        for (int bit = 0; bit < all.length; bit++) {
            // They are declared in the order of the bits, OWNER_READ being the highest.
            if ((mode & 0400 >> bit) != 0) {
                permissions.add(all[bit]);
            }
        }
        return permissions;
    }

    private static Path directoryOf(Path file) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null) {
            throw new IOException("'" + file + "' is not a file in a directory");
        }
        return directory;
    }
}
