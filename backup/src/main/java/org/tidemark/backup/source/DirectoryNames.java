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
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The names of the files in a directory. A database may have a million files, so this class keeps their names but not
 * their paths.
 *
 * @param sorted in ascending order
 * @param others the paths of those names that are not ASCII, which this Java may be unable to encode
 */
record DirectoryNames(Path directory, List<String> sorted, Map<String, Path> others) {
    /**
     * Lists a directory; the list is empty if the directory is gone.
     *
     * @param path the directory's path in the backup, for messages
     */
    static DirectoryNames of(Path directory, String path) throws IOException {
        List<String> names = new ArrayList<>();
        Map<String, Path> others = new HashMap<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                String name = FileNames.last(file, path);
                names.add(name);
                if (!FileNames.isPlain(name)) {
                    others.put(name, file);
                }
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            return new DirectoryNames(directory, List.of(), Map.of());
        } catch (AccessDeniedException e) {
            throw LocalFile.unreadable(directory, e);
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        Collections.sort(names);
        return new DirectoryNames(directory, names, others);
    }

    boolean contains(String name) {
        return Collections.binarySearch(sorted, name) >= 0;
    }

    Path path(String name) {
        Path other = others.get(name);
        return other == null ? directory.resolve(name) : other;
    }
}
