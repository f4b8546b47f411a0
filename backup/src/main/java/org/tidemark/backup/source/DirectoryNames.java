// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.tidemark.core.PathBytes;

/**
 * The names of the files in a directory, as {@link PathBytes} writes them. A database may have a million files, so this
 * class keeps their names but not their paths.
 *
 * @param sorted in ascending order
 */
record DirectoryNames(Path directory, List<String> sorted) {
    /** Lists a directory; the list is empty if the directory is gone. */
    static DirectoryNames of(Path directory) throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                names.add(PathBytes.text(file.getFileName()));
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            return new DirectoryNames(directory, List.of());
        } catch (AccessDeniedException e) {
            throw LocalFile.unreadable(directory, e);
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        Collections.sort(names);
        return new DirectoryNames(directory, names);
    }

    boolean contains(String name) {
        return Collections.binarySearch(sorted, name) >= 0;
    }

    Path path(String name) {
        return directory.resolve(PathBytes.path(name));
    }
}
