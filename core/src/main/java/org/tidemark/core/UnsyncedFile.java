// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Small files of this host that other processes read whole or not at all, such as what only spares a request. After a
 * crash a file may be empty or gone, and its reader finds that out. {@link DurableFile} is for all that must stay.
 */
public final class UnsyncedFile {
    /** A process that is killed while it writes leaves a file whose name begins with this, then has the file's name. */
    public static final String TEMPORARY = ".new-";

    private UnsyncedFile() {}

    /** Creates or replaces a file, which only its owner can read. */
    public static void replace(Path file, byte[] content) throws IOException {
        // Two processes may write the same file at once. A name by chance would need a generator, which starts slowly.
        Path temporary =
                file.resolveSibling(TEMPORARY + file.getFileName() + "." + Long.toHexString(System.nanoTime()));
        try {
            write(temporary, content);
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary); // on a full disk each attempt would leave one
        }
    }

    private static void write(Path temporary, byte[] content) throws IOException {
        try (FileChannel channel = FileChannel.open(
                temporary,
                Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
                PosixFilePermissions.asFileAttribute(DurableFile.permissions(0600)))) {
            ByteBuffer bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
    }
}
