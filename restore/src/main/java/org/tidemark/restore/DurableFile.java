// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

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

/** Small files that appear whole or not at all, and stay. */
final class DurableFile {
    /** What a write that was cut off leaves behind; the next one of the same name replaces it. */
    static final String TEMPORARY = ".tidemark-new";

    private DurableFile() {}

    /** Creates or replaces a file. When this returns, name and content are durable. */
    static void write(Path file, byte[] content, int mode, FileOwner owner) throws IOException {
        Path temporary = file.resolveSibling(file.getFileName() + TEMPORARY);
        Files.deleteIfExists(temporary);
        fill(temporary, content, mode, owner);
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        sync(parent(file));
    }

    /**
     * Creates a file. When this returns, name and content are durable.
     *
     * @throws java.nio.file.FileAlreadyExistsException if there is one, which stays as it is
     */
    static void create(Path file, byte[] content, int mode, FileOwner owner) throws IOException {
        // Another process may do the same at the same time: each has its own temporary file.
        Path temporary = file.resolveSibling(file.getFileName() + "." + UUID.randomUUID() + TEMPORARY);
        try {
            fill(temporary, content, mode, owner);
            Files.createLink(file, temporary);
        } finally {
            Files.deleteIfExists(temporary);
        }
        sync(parent(file));
    }

    private static void fill(Path temporary, byte[] content, int mode, FileOwner owner) throws IOException {
        try (FileChannel channel = FileChannel.open(
                temporary,
                Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW, LinkOption.NOFOLLOW_LINKS),
                PosixFilePermissions.asFileAttribute(permissions(mode)))) {
            writeFully(channel, ByteBuffer.wrap(content), 0);
            owner.give(temporary);
            Files.setPosixFilePermissions(temporary, permissions(mode));
            channel.force(true);
        }
    }

    /** Makes the names in a directory, or the content of a file, durable. */
    static void sync(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    static void writeFully(FileChannel channel, ByteBuffer bytes, long at) throws IOException {
        long position = at;
        while (bytes.hasRemaining()) {
            position += channel.write(bytes, position);
        }
    }

    /** @param mode the nine low bits of a Unix mode */
    static Set<PosixFilePermission> permissions(int mode) {
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

    private static Path parent(Path file) {
        Path parent = file.getParent();
        if (parent == null) {
            throw new IllegalArgumentException("not a file in a directory: '" + file + "'");
        }
        return parent;
    }
}
