// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.config.Configuration;
import org.tidemark.config.ConfigurationLoader;
import org.tidemark.config.Environment;

class ExamplesTest {
    private static final Path EXAMPLES = Path.of(System.getProperty("tidemark.root", ".."), "examples");

    @TempDir
    private Path directory;

    static List<Path> configurations() throws IOException {
        try (Stream<Path> files = Files.walk(EXAMPLES)) {
            return files.filter(file -> file.toString().endsWith(".toml")).toList();
        }
    }

    @ParameterizedTest
    @MethodSource("configurations")
    void everyConfigurationIsRight(Path file) {
        Configuration configuration = new ConfigurationLoader(
                        new Environment(Map.of(), directory, directory, directory), Clock.systemUTC())
                .load(Optional.of(file.toAbsolutePath()), List.of())
                .configuration();

        assertThat(configuration.clusters()).isNotEmpty();
        assertThat(configuration.repositories()).isNotEmpty();
    }

    /** That a shell runs them, with a cluster, is tried by the test of the first page. */
    @Test
    void everyLineOfCronIsACommandOfThisProgram() throws IOException {
        List<String> lines;
        try (Stream<String> all = Files.lines(EXAMPLES.resolve("local-directory/tidemark.cron"))) {
            lines = all.filter(line -> !line.startsWith("#") && !line.startsWith("MAILTO="))
                    .toList();
        }

        assertThat(lines).hasSize(2).allSatisfy(line -> {
            assertThat(line).matches("[0-9*/]+( +[0-9*]+){4}  postgres  /usr/bin/tidemark [a-z]+ --quiet .*");
            String[] arguments = line.substring(line.indexOf("tidemark ") + "tidemark ".length())
                    .split(" ", -1);
            ProgramRun unconfigured = ProgramRun.of(directory, Map.of(), arguments);
            assertThat(unconfigured.status()).isNotZero();
            assertThat(unconfigured.talk()).startsWith("ERROR: ").doesNotContain("unknown option", "no command");
        });
    }
}
