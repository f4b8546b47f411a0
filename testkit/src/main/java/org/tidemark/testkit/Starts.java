// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Counts what the tests of a build start, in a file of the build: a line for each, of at most a few dozen bytes, which
 * several JVMs may append at once. What PostgreSQL starts is not counted.
 */
public final class Starts {
    private Starts() {}

    /** Of a PostgreSQL server, of another server, or of the program's command. */
    public static void count(String what) {
        String root = System.getProperty("tidemark.root");
        if (root == null) {
            return;
        }
        try {
            Path file = file(Path.of(root));
            Files.createDirectories(file.getParent());
            Files.writeString(
                    file, Instant.now() + " " + what + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            // No test fails for a count.
        }
    }

    static String summary(Path root, Instant begin) throws IOException {
        Map<String, Integer> counts = new TreeMap<>();
        Path file = file(root);
        List<String> lines = Files.exists(file) ? Files.readAllLines(file, UTF_8) : List.of();
        for (String line : lines) {
            String[] parts = line.split(" ", 2);
            if (parts.length == 2 && !Instant.parse(parts[0]).isBefore(begin)) {
                counts.merge(parts[1], 1, Integer::sum);
            }
        }
        List<String> words = counts.entrySet().stream()
                .map(count -> count.getKey() + " " + count.getValue())
                .toList();
        return "Started by tests: " + (words.isEmpty() ? "nothing" : String.join(", ", words));
    }

    private static Path file(Path root) {
        return root.resolve("target/starts");
    }
}
