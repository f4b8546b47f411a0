// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TreeRemovalTest {

    @TempDir
    Path directory;

    @Test
    void aTreeIsRemovedAlthoughAProcessWritesInItForAMomentMore() throws Exception {
        try (ExecutorService writer = Executors.newSingleThreadExecutor()) {
            for (int round = 0; round < 5; round++) {
                Path cluster = Files.createDirectories(directory.resolve("tree/prefetch"));
                for (int number = 0; number < 200; number++) {
                    Files.writeString(cluster.resolve("old" + number), "x");
                }
                Future<?> writing = writer.submit(() -> {
                    for (int number = 0; number < 2_000; number++) {
                        writeAndRemove(cluster, number);
                    }
                });

                TreeRemoval.remove(directory.resolve("tree"), Duration.ofSeconds(30));

                writing.get();
                TreeRemoval.remove(directory.resolve("tree"), Duration.ofSeconds(30));
                assertThat(directory.resolve("tree")).doesNotExist();
            }
        }
    }

    /** Writes two files, and removes one that the removal has perhaps listed. */
    private static void writeAndRemove(Path cluster, int number) {
        try {
            Files.writeString(cluster.resolve("new" + number), "x");
            Files.writeString(cluster.resolve("answered"), "x");
            Files.deleteIfExists(cluster.resolve("old" + number));
        } catch (NoSuchFileException e) {
            // The directory was removed, so the process has nothing more to do.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
