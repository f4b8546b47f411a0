// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeftFilesTest {
    private static final Instant BEGIN = Instant.parse("2026-01-05T00:00:00Z");

    @TempDir
    Path place;

    @Test
    void whatWasChangedDeepInADirectoryOfOursIsFound() throws IOException {
        Path older = file("liblz4-java-1.so", BEGIN.minusSeconds(1));
        Path other = file("other/state", BEGIN.plusSeconds(1));
        file("tidemark/v1/note", BEGIN);
        Files.setLastModifiedTime(place.resolve("tidemark/v1"), FileTime.from(BEGIN.minusSeconds(60)));
        Files.setLastModifiedTime(place.resolve("tidemark"), FileTime.from(BEGIN.minusSeconds(60)));

        assertThat(LeftFiles.since(BEGIN, List.of(place, place.resolve("none"))))
                .containsExactly(place.resolve("tidemark"))
                .doesNotContain(older, other);
    }

    @Test
    void nothingIsFoundWhereNothingWasChanged() throws IOException {
        file("tidemark-host1", BEGIN.minusSeconds(1));

        assertThat(LeftFiles.since(BEGIN, List.of(place))).isEmpty();
    }

    private Path file(String name, Instant changed) throws IOException {
        Path file = place.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "");
        Files.setLastModifiedTime(file, FileTime.from(changed));
        return file;
    }
}
