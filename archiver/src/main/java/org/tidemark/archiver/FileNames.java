// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;

/**
 * The names in a directory, all at once. In pg_wal there may be thousands, and each WAL command is a new process: a
 * {@link java.nio.file.DirectoryStream} takes ten times as long there.
 */
public final class FileNames {
    private FileNames() {}

    /**
     * In no order.
     *
     * @throws NoSuchFileException if there is no such directory
     */
    public static List<String> in(Path directory) throws IOException {
        String[] names = directory.toFile().list();
        if (names != null) {
            return List.of(names);
        }
        if (!Files.exists(directory)) {
            throw new NoSuchFileException(directory.toString());
        }
        if (!Files.isDirectory(directory)) {
            throw new NotDirectoryException(directory.toString());
        }
        throw new IOException("cannot list '" + directory + "'");
    }
}
