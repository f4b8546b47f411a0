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
import org.tidemark.cli.config.Configuration;
import org.tidemark.cli.config.ConfigurationLoader;
import org.tidemark.cli.config.Environment;

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

    @Test
    void cronRunsCommandsThatThereAre() throws IOException {
        List<String> used;
        try (Stream<String> lines = Files.lines(EXAMPLES.resolve("local-directory/tidemark.cron"))) {
            used = lines.filter(line -> line.contains(" tidemark "))
                    .map(line -> line.replaceFirst("^.*? tidemark ([a-z-]+).*$", "$1"))
                    .toList();
        }

        assertThat(used)
                .isNotEmpty()
                .allSatisfy(command -> assertThat(ProgramRun.of(directory, Map.of(), command, "--help")
                                .status())
                        .isZero());
    }
}
