// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.setup;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.tidemark.core.DurableFile;

/** Creates text files that exist completely or not at all. */
final class DurableText {
    private DurableText() {}

    /**
     * Creates a file and the directories above it; durable when this returns. The owner's group may read it: for root's
     * configuration that is the group of PostgreSQL's user.
     *
     * @throws java.nio.file.FileAlreadyExistsException if there is one
     */
    static void create(Path file, String text) throws IOException {
        create(file, text.getBytes(StandardCharsets.UTF_8), 0640);
    }

    /**
     * As {@link #create(Path, String)}, but readable only for the owner from the first byte on.
     *
     * @param content the caller overwrites it
     */
    static void createSecret(Path file, byte[] content) throws IOException {
        create(file, content, 0600);
    }

    private static void create(Path file, byte[] content, int mode) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null) {
            throw new IOException("'" + file + "' is not a file in a directory");
        }
        Files.createDirectories(directory);
        DurableFile.create(file, content, DurableFile.mode(mode));
    }
}
