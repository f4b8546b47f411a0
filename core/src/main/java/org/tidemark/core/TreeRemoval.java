// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Removes a file, or a directory with all that is in it, without following links. What wrote there may end a moment
 * later, and removes and makes files of its own meanwhile: so what is already gone is no error, and a directory that is
 * not empty is tried again.
 */
public final class TreeRemoval {
    private static final Duration PAUSE = Duration.ofMillis(100);

    private TreeRemoval() {}

    /**
     * Removes it. What is not there is no error.
     *
     * @throws DirectoryNotEmptyException if something still writes there after {@code limit}
     */
    public static void remove(Path tree, Duration limit) throws IOException, InterruptedException {
        long start = System.nanoTime();
        while (true) {
            try {
                Files.walkFileTree(tree, new Visitor());
                return;
            } catch (DirectoryNotEmptyException e) {
                if (System.nanoTime() - start > limit.toNanos()) {
                    throw e;
                }
                Thread.sleep(PAUSE);
            }
        }
    }

    private static final class Visitor extends SimpleFileVisitor<Path> {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException problem) throws IOException {
            if (problem instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE;
            }
            throw problem;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException problem) throws IOException {
            if (problem != null && !(problem instanceof NoSuchFileException)) {
                throw problem;
            }
            Files.deleteIfExists(directory);
            return FileVisitResult.CONTINUE;
        }
    }
}
