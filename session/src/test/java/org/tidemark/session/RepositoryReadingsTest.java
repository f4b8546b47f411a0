// SPDX-License-Identifier: Apache-2.0
package org.tidemark.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.Repository.WritePolicy;
import org.tidemark.config.Environment;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.core.UserFacingException;

class RepositoryReadingsTest {
    @TempDir
    private Path directory;

    private Session session;

    @BeforeEach
    void open() throws IOException {
        Path config =
                Files.writeString(directory.resolve("tidemark.toml"), """
                [host]
                spool = "%s/spool"
                [repository.local]
                url = "file://%s/local"
                [repository.offsite]
                url = "file://%s/offsite"
                [cluster.main]
                repositories = ["local", "offsite"]
                """.formatted(directory, directory, directory));
        Files.setPosixFilePermissions(config, PosixFilePermissions.fromString("rw-------"));
        session = Session.open(
                new Environment(Map.of(), directory, directory.resolve("home"), directory),
                Clock.systemUTC(),
                new Session.Choice(Optional.of(config), List.of(), Optional.empty(), List.of(), List.of()),
                new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void close() {
        session.close();
    }

    private void create(String name) throws IOException {
        Files.createDirectories(directory.resolve(name));
        session.repositories().create(session.repositorySettings(name), WritePolicy.ANYTHING, Clock.systemUTC());
    }

    @Test
    void oneThatCannotBeReadIsAWarningAndTheStatusIsItsOwn() throws IOException {
        create("local");
        Files.createDirectories(directory.resolve("offsite"));

        RepositoryReadings readings = RepositoryReadings.of(session, session::repository);

        assertThat(readings.read()).containsExactly("local");
        assertThat(readings.failures()).containsOnlyKeys("offsite");
        assertThat(readings.status()).isEqualTo(ExitCode.NO_REPOSITORY);
        readings.requireOne();
        assertThat(readings.warnings()).singleElement().satisfies(warning -> {
            assertThat(warning.severity()).isEqualTo(Finding.Severity.WARNING);
            assertThat(warning.repository()).contains("offsite");
            assertThat(warning.message()).startsWith("'offsite' is left out: ");
            assertThat(warning.hint())
                    .startsWith(
                            "As long as it does not answer, recover needs the others by name (--repository local). ");
        });
    }

    @Test
    void ifNoneCanBeReadEachIsAWarningAndTheFirstGivesTheStatus() throws IOException {
        Files.createDirectories(directory.resolve("local"));

        RepositoryReadings readings = RepositoryReadings.of(session, session::repository);

        assertThat(readings.read()).isEmpty();
        assertThat(readings.warnings()).hasSize(2);
        assertThatThrownBy(readings::requireOne)
                .isInstanceOfSatisfying(
                        UserFacingException.class,
                        failure -> assertThat(failure.exitCode()).isEqualTo(ExitCode.NO_REPOSITORY))
                .hasMessage("no repository can be read");
    }

    @Test
    void whatAllSayAlikeIsSaidOnce() {
        RepositoryReadings readings = RepositoryReadings.of(session, settings -> {
            throw new UserFacingException(ExitCode.NO_BACKUP, "there is no backup", "");
        });

        assertThat(readings.warnings()).isEmpty();
        assertThatThrownBy(readings::requireOne).hasMessage("there is no backup");
    }

    @Test
    void anInterruptEndsItAll() {
        assertThatThrownBy(() -> RepositoryReadings.of(session, settings -> {
                    throw new UserFacingException(ExitCode.INTERRUPTED, "stopped", "");
                }))
                .hasMessage("stopped");
    }
}
