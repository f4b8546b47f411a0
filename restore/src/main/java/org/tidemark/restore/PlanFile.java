// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.DurableFile;
import org.tidemark.restore.host.FileOwner;

/** The plan with its next steps as a file beside the data directory, for later readers. */
public final class PlanFile {
    private static final String SUFFIX = ".tidemark-plan.txt";

    private PlanFile() {}

    /** Its path: beside the directory, never in it. */
    public static Path beside(Path directory) {
        return directory.resolveSibling(directory.getFileName() + SUFFIX);
    }

    /**
     * Where it can be written: beside the directory, where this user may; else the first of {@code others}, existing
     * directories, that can be written.
     */
    public static Optional<Path> place(Path directory, List<Path> others) {
        Path beside = beside(directory);
        Path existing = beside.getParent();
        while (existing != null && !Files.exists(existing)) {
            existing = existing.getParent();
        }
        if (existing != null && isWritableDirectory(existing)) {
            return Optional.of(beside);
        }
        return others.stream()
                .filter(PlanFile::isWritableDirectory)
                .map(other -> other.resolve(beside.getFileName()))
                .findFirst();
    }

    private static boolean isWritableDirectory(Path path) {
        return Files.isDirectory(path) && Files.isWritable(path);
    }

    /**
     * Writes it, durably, in the place of an older one.
     *
     * @param text see {@link PreparedRestore#textAfterwards}
     * @param directory that was restored
     * @param file such as {@link #beside}
     */
    public static void write(String text, Path directory, Path file) throws IOException {
        FileOwner owner = Files.exists(directory) ? FileOwner.of(directory) : FileOwner.current();
        DurableFile.replace(file, text.getBytes(StandardCharsets.UTF_8), owner.with(0600));
    }
}
