// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.backup.ManifestEntry.DirectoryEntry;
import org.tidemark.catalog.backup.ManifestWriter.Part;
import org.tidemark.testkit.Rounds;

/** Where the parts of a manifest end. */
class ManifestPartsTest {
    private static final String LONG = "x".repeat(900);

    @TempDir
    private Path directory;

    private final Random random = Rounds.random();

    /** A path and the permissions of each line, which is about 1 KB. */
    private final TreeMap<String, Integer> lines = new TreeMap<>();

    @Test
    void thePartsOfAManifestThatIsTheSameAreTheSame() throws IOException {
        fill(20_000);
        List<Part> full = parts(List.of());

        List<Part> child = parts(full);

        assertThat(texts(child)).isEqualTo(texts(full));
        assertThat(full).hasSizeBetween(4, 6);
    }

    @Test
    void fewChangesLeaveMostPartsTheSame() throws IOException {
        fill(20_000);
        List<Part> parent = parts(List.of());
        for (int round = 0; round < Rounds.of(4, 300); round++) {
            int changes = 1 + random.nextInt(2);
            for (int i = 0; i < changes; i++) {
                change();
            }
            List<Part> child = parts(parent);
            Set<String> before = new HashSet<>(texts(parent));

            assertThat(texts(child).stream().filter(text -> !before.contains(text)))
                    .as("round %d: parts that are new after %d changes", round, changes)
                    .hasSizeLessThanOrEqualTo(2 * changes);
            assertThat(String.join("", texts(child))).isEqualTo(text());
            assertThat(child.subList(0, child.size() - 1))
                    .allMatch(part -> part.text().length >= ManifestWriter.LEAST_BYTES);
            assertThat(child).allMatch(part -> part.text().length <= ManifestWriter.MOST_BYTES + 2_000);
            parent = child;
        }
    }

    /** Many lines come to one place, until its part is too long, and many go. */
    @Test
    void partsThatGrowAreDivided() throws IOException {
        fill(9_000);
        List<Part> parent = parts(List.of());
        for (int i = 0; i < 12_000; i++) {
            lines.put(path(5_000) + "-" + i, 0700);
        }
        List<Part> grown = parts(parent);
        assertThat(String.join("", texts(grown))).isEqualTo(text());
        assertThat(grown).hasSizeGreaterThan(parent.size());
        lines.keySet().removeIf(path -> path.contains("-"));
        List<Part> back = parts(grown);
        assertThat(String.join("", texts(back))).isEqualTo(text());
        lines.clear();
        assertThat(parts(back)).isEmpty();
    }

    private void fill(int count) {
        for (int i = 0; i < count; i++) {
            lines.put(path(i), 0700);
        }
    }

    private static String path(int number) {
        return "base/" + String.format("%06d", number) + LONG;
    }

    private void change() {
        String path = path(random.nextInt(20_000));
        switch (random.nextInt(3)) {
            case 0 -> lines.remove(path);
            case 1 -> lines.put(path, 0700 + random.nextInt(070));
            default -> lines.put(path + "-" + random.nextInt(), 0700);
        }
    }

    private List<Part> parts(List<Part> parent) throws IOException {
        try (ManifestWriter writer = new ManifestWriter(Files.createTempDirectory(directory, "work"))) {
            for (var line : lines.entrySet()) {
                writer.add(new DirectoryEntry(line.getKey(), line.getValue()));
            }
            ManifestWriter.Parts parts = parent.isEmpty()
                    ? writer.parts()
                    : writer.partsAs(parent.stream().map(Part::first).toList());
            List<Part> all = new ArrayList<>();
            for (Optional<Part> next = parts.next(); next.isPresent(); next = parts.next()) {
                all.add(next.get());
            }
            return all;
        }
    }

    private static List<String> texts(List<Part> parts) {
        return parts.stream()
                .map(part -> new String(part.text(), StandardCharsets.UTF_8))
                .toList();
    }

    private String text() {
        return lines.entrySet().stream()
                .map(line -> new String(
                        ManifestLine.encode(new DirectoryEntry(line.getKey(), line.getValue())),
                        StandardCharsets.UTF_8))
                .collect(Collectors.joining());
    }
}
