// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.retention.LongTermRule;
import org.tidemark.retention.RetentionPolicy;
import org.tidemark.retention.RetentionSettings;

/** How long backups are kept, as it is configured; and no part of it on the path of WAL. */
class RetentionConfigurationTest {
    private static final String POLICIES =
            "REDUNDANCY n, or RECOVERY WINDOW OF n HOURS, DAYS, WEEKS, MONTHS or YEARS (n is 1 or more)";

    @TempDir
    private Path directory;

    private final Map<String, String> variables = new HashMap<>();
    private Path file = Path.of("/");

    @BeforeEach
    void systemFile() throws IOException {
        file = directory.resolve("etc/tidemark/tidemark.toml");
        Files.createDirectories(file.getParent());
    }

    private void repository(String... lines) throws IOException {
        Files.writeString(
                file, "[repository.local]\nurl = \"file:///var/lib/tidemark\"\n" + String.join("\n", lines) + "\n");
    }

    private ConfigurationLoader loader() {
        return new ConfigurationLoader(
                new Environment(variables, directory, directory.resolve("home"), directory), Clock.systemUTC());
    }

    private RetentionSettings retention() {
        return Objects.requireNonNull(loader().load(Optional.empty(), List.of())
                        .configuration()
                        .repositories()
                        .get("local"))
                .retention();
    }

    private List<String> problems() {
        return catchThrowableOfType(ConfigurationException.class, this::retention)
                .getMessage()
                .lines()
                .skip(1)
                .map(String::strip)
                .toList();
    }

    @Test
    void nothingExpiresUnlessAPolicyIsConfigured() throws IOException {
        repository();
        assertThat(retention()).isEqualTo(RetentionSettings.NONE);

        repository("minimum-redundancy = 3", "wal-retention = \"as backups\"");
        assertThat(retention()).isEqualTo(new RetentionSettings(Optional.empty(), Optional.empty(), List.of(), 3));
    }

    @Test
    void whatIsNotSetIsAtItsDefault() throws IOException {
        repository("retention = \"redundancy  4\"", "wal-retention = \"As  Backups\"");

        assertThat(retention())
                .isEqualTo(new RetentionSettings(
                        Optional.of(new RetentionPolicy.Redundancy(4)), Optional.empty(), List.of(), 1));
    }

    @Test
    void allProblemsAreReportedAtOnce() throws IOException {
        repository(
                "retention = \"30 DAYS\"",
                "minimum-redundancy = 0",
                "wal-retention = \"RECOVERY WINDOW OF 0 DAYS\"",
                "keep = \"daily 7, hourly 5\"");

        assertThat(problems())
                .containsExactlyInAnyOrder(
                        file + ":3: 'repository.local.retention' cannot be '30 DAYS': expected " + POLICIES,
                        file + ":4: 'repository.local.minimum-redundancy' cannot be '0': expected a number from 1 to "
                                + "100000",
                        file
                                + ":5: 'repository.local.wal-retention' cannot be 'RECOVERY WINDOW OF 0 DAYS': expected as "
                                + "backups, " + POLICIES,
                        file
                                + ":6: 'repository.local.keep' cannot be 'daily 7, hourly 5': expected rules such as daily "
                                + "7, weekly 5, monthly 12, yearly 7, each at most once");
    }

    @Test
    void rulesForWalAndLongTermsNeedAPolicy() throws IOException {
        repository("wal-retention = \"RECOVERY WINDOW OF 7 DAYS\"", "keep = \"monthly 12\"");

        assertThat(problems())
                .containsExactlyInAnyOrder(
                        file + ":3: 'repository.local.wal-retention' needs 'repository.local.retention', without which "
                                + "nothing expires: expected " + POLICIES,
                        file + ":4: 'repository.local.keep' needs 'repository.local.retention', without which nothing "
                                + "expires: expected " + POLICIES);
    }

    @Test
    void aVariableSetsEachOfThem() throws IOException {
        repository("retention = \"REDUNDANCY 4\"");
        variables.put("TIDEMARK_REPOSITORY_LOCAL_RETENTION", "RECOVERY WINDOW OF 2 WEEKS");
        variables.put("TIDEMARK_REPOSITORY_LOCAL_WAL_RETENTION", "REDUNDANCY 2");
        variables.put("TIDEMARK_REPOSITORY_LOCAL_KEEP", "yearly 3");
        variables.put("TIDEMARK_REPOSITORY_LOCAL_MINIMUM_REDUNDANCY", "5");

        assertThat(retention())
                .isEqualTo(new RetentionSettings(
                        Optional.of(RetentionPolicy.parse("RECOVERY WINDOW OF 2 WEEKS")),
                        Optional.of(RetentionPolicy.parse("REDUNDANCY 2")),
                        LongTermRule.parseAll("yearly 3"),
                        5));

        variables.put("TIDEMARK_REPOSITORY_LOCAL_KEEP", "yearly");
        assertThat(problems())
                .singleElement()
                .asString()
                .startsWith("variable TIDEMARK_REPOSITORY_LOCAL_KEEP: 'repository.local.keep' cannot be 'yearly'");
    }

    @Test
    void aWalCommandNeitherFailsByItNorLoadsIt() throws IOException, InterruptedException {
        repository("retention = \"for ever\"", "keep = \"daily 7\"");
        Path log = directory.resolve("classes");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xlog:class+load:file=" + log + ":none",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LoadForWal.class.getName(),
                        directory.toString())
                .inheritIO()
                .start();

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
        try (Stream<String> lines = Files.lines(log)) {
            assertThat(lines.map(line -> line.split(" ", 2)[0]).toList())
                    .contains("org.tidemark.config.RepositorySettings")
                    .noneMatch(name -> name.startsWith("org.tidemark.retention."))
                    .doesNotContain("org.tidemark.config.RetentionValues");
        }
        assertThat(problems()).singleElement().asString().contains("cannot be 'for ever'");
    }

    /** Loads the configuration as a WAL command does. */
    static final class LoadForWal {
        public static void main(String[] args) {
            Path root = Path.of(args[0]);
            Configuration configuration = new ConfigurationLoader(
                            new Environment(Map.of(), root, root.resolve("home"), root), Clock.systemUTC())
                    .loadForWal(Optional.empty())
                    .configuration();
            if (!configuration.repositories().containsKey("local")) {
                throw new IllegalStateException("no repository");
            }
        }

        private LoadForWal() {}
    }
}
