// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDirDeletionStrategy;

/**
 * Deletes JUnit's temporary directories as JUnit does. JUnit alone warns of each link to a place outside, and a data
 * directory has some: so links go first. Thread-safe.
 */
public final class QuietDeletion implements TempDirDeletionStrategy {
    /** For JUnit. */
    public QuietDeletion() {}

    @Override
    public DeletionResult delete(Path directory, AnnotatedElementContext element, ExtensionContext test)
            throws IOException {
        deleteLinks(directory);
        return Standard.INSTANCE.delete(directory, element, test);
    }

    /** A directory that cannot be read is left to JUnit, which changes its rights. */
    static void deleteLinks(Path directory) throws IOException {
        if (!Files.isReadable(directory)) {
            return;
        }
        List<Path> entries;
        try (Stream<Path> all = Files.list(directory)) {
            entries = all.toList();
        }
        for (Path entry : entries) {
            if (Files.isSymbolicLink(entry)) {
                if (Files.isWritable(directory)) {
                    Files.delete(entry);
                }
            } else if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
                deleteLinks(entry);
            }
        }
    }
}
