// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.filesystem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.tidemark.testkit.StoreAccess.keys;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.Rounds;

class KilledWriterTest {
    @TempDir
    Path directory;

    @Test
    void aWriterThatIsKilledLeavesWholeObjectsAlone() throws Exception {
        Path classes = Files.createDirectory(directory.resolve("classes"));
        StoreProcess.copyClasses(classes);
        Random random = Rounds.random();
        int rounds = Rounds.of(3, 100);
        for (int round = 0; round < rounds; round++) {
            Path root = Files.createDirectory(directory.resolve("root" + round));
            ObjectStore store = new FileSystemStore(new FileSystemConfig(root, FileSystemAccess.PRIVATE));
            String last = StoreProcess.name(2 + random.nextInt(10));
            Process writer = StoreProcess.start(List.of(), classes, root, directory.resolve("unused"), "put-for-ever");
            try {
                await("the first objects")
                        .atMost(Duration.ofMinutes(1))
                        .pollInterval(Duration.ofMillis(1))
                        .until(() -> Files.exists(root.resolve(last)));
            } finally {
                writer.destroyForcibly();
            }
            assertThat(writer.waitFor(1, TimeUnit.MINUTES)).isTrue();

            List<String> stored = keys(store, "");
            assertThat(stored).contains(last);
            for (int number = 0; number < stored.size(); number++) {
                assertThat(stored.get(number)).isEqualTo(StoreProcess.name(number));
                assertThat(read(store, stored.get(number))).isEqualTo(StoreProcess.content(number));
            }
            Path ofAnotherHost = Files.createFile(root.resolve(".tmp-0123456789abcdef"));
            put(store, StoreProcess.name(stored.size()), new byte[1]);
            assertThat(temporaryFiles(root))
                    .as("what the killed writer left is removed by the next one of this host")
                    .containsExactly(ofAnotherHost);
        }
    }

    private static List<Path> temporaryFiles(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(TemporaryFile::isOne).toList();
        }
    }
}
