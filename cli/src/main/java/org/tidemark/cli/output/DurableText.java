// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.output;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/** Text files that are there whole, or not at all. */
public final class DurableText {
    private DurableText() {}

    /**
     * Creates a file and the directories above it; durable when this returns. The owner's group may read it: for root's
     * configuration that is the group of PostgreSQL's user.
     *
     * @throws java.nio.file.FileAlreadyExistsException if there is one
     */
    public static void create(Path file, String text) throws IOException {
        create(file, text.getBytes(StandardCharsets.UTF_8), "rw-r-----");
    }

    /**
     * As {@link #create(Path, String)}, and readable for its owner alone from the first byte on.
     *
     * @param content the caller overwrites it
     */
    public static void createSecret(Path file, byte[] content) throws IOException {
        create(file, content, "rw-------");
    }

    private static void create(Path file, byte[] content, String permissions) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null) {
            throw new IOException("'" + file + "' is no file");
        }
        Files.createDirectories(directory);
        Path temporary = Files.createTempFile(directory, ".", ".tmp");
        try {
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                ByteBuffer bytes = ByteBuffer.wrap(content);
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString(permissions));
                channel.force(true);
            }
            // A link does not replace what somebody else has made in the meantime.
            Files.createLink(file, temporary);
        } finally {
            Files.deleteIfExists(temporary);
        }
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
