// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.testkit.Rounds;

class PathSorterTest {
    @TempDir
    private Path directory;

    private final Random random = Rounds.random();

    @Test
    void recordsOfAnyOrderAndNumberComeOutInOrderOfTheirBytes() throws IOException {
        List<String> paths = new ArrayList<>(List.of("\ud83d\ude00", "\uffee", "a", "a/b", "a.b", "A"));
        for (int i = 0; i < Rounds.of(2_000, 200_000); i++) {
            paths.add("base/" + random.nextInt(100) + "/" + i);
        }
        Collections.shuffle(paths, random);
        List<String> sorted = new ArrayList<>();

        try (PathSorter sorter = new PathSorter(directory, "run", 10_000)) {
            for (String path : paths) {
                sorter.add(path, path.getBytes(StandardCharsets.UTF_8));
            }
            assertThat(files()).hasSizeGreaterThan(10);
            PathSorter.Sorted records = sorter.sorted();
            for (Optional<PathSorter.Item> item = records.next(); item.isPresent(); item = records.next()) {
                assertThat(item.get().content()).isEqualTo(item.get().path());
                sorted.add(new String(item.get().path(), StandardCharsets.UTF_8));
            }
        }

        paths.sort(ManifestEntry.PATH_ORDER);
        assertThat(sorted).isEqualTo(paths);
        assertThat(files()).isEmpty();
    }

    @Test
    void aDirectoryThatIsAddedTwiceIsWrittenOnce() throws IOException {
        try (ManifestWriter writer = new ManifestWriter(directory)) {
            writer.add(new ManifestEntry.DirectoryEntry("base", 0700));
            writer.add(new ManifestEntry.DirectoryEntry("base", 0700));

            byte[] part = writer.parts().next().orElseThrow().text();

            assertThat(JsonLine.parseAll(part, each -> ManifestLine.parse(each, 8192)))
                    .containsExactly(new ManifestEntry.DirectoryEntry("base", 0700));
        }
    }

    @Test
    void twoEntriesOfOnePathAreRefused() throws IOException {
        try (ManifestWriter writer = new ManifestWriter(directory)) {
            writer.add(new ManifestEntry.DirectoryEntry("base", 0700));
            writer.add(BackupFixtures.file(random, "base"));

            assertThatThrownBy(() -> writer.parts().next())
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("twice");
        }
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList();
        }
    }
}
