// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.postgres.EffectiveSettings.UncertainSettingException;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

class EffectiveSettingsTest {
    private static final String NAME = "recovery_target_timeline";

    @TempDir
    private Path directory;

    @Test
    void whatNothingSetsIsNotSet() throws IOException {
        write("postgresql.conf", "# recovery_target_timeline = 'current'\n");
        started("-D", directory.toString());

        assertThat(value()).isEmpty();
    }

    @Test
    void theCommandLineCountsMoreThanAutoConfAndThatMoreThanTheRest() throws IOException {
        write("postgresql.conf", "recovery_target_timeline = 1\nrecovery_target_timeline = 2\n");
        started("-D", directory.toString());
        assertThat(value()).contains("2");

        write("postgresql.auto.conf", "Recovery_Target_Timeline = 'current'\n");
        started("-D", directory.toString());
        assertThat(value()).contains("current");

        started("-D", directory.toString(), "-c", "port=1", "--recovery-target-timeline=7");
        assertThat(value()).contains("7");
        started("-D", directory.toString(), "-crecovery_target_timeline=8");
        assertThat(value()).contains("8");
    }

    @Test
    void includedFilesCountWhereTheyAreIncluded() throws IOException {
        Files.createDirectory(directory.resolve("conf.d"));
        write("postgresql.conf", "recovery_target_timeline = 1\ninclude 'more.conf'\ninclude_dir = 'conf.d'\n");
        write("more.conf", "recovery_target_timeline = 2\ninclude_if_exists 'none.conf'\n");
        started("-D", directory.toString());
        assertThat(value()).contains("2");

        write("conf.d/10.conf", "recovery_target_timeline = 3\n");
        write("conf.d/20.conf", "recovery_target_timeline = 4\n");
        write("conf.d/30.txt", "recovery_target_timeline = 5\n");
        write("conf.d/.40.conf", "recovery_target_timeline = 6\n");
        started("-D", directory.toString());
        assertThat(value()).contains("4");
    }

    @Test
    void theConfigurationMayLieElsewhere() throws IOException {
        Files.createDirectory(directory.resolve("etc"));
        write("etc/main.conf", "recovery_target_timeline = 3\n");
        write("etc/postgresql.conf", "recovery_target_timeline = 4\n");

        started("-D", directory.toString(), "-c", "config_file=" + directory.resolve("etc/main.conf"));
        assertThat(value()).contains("3");
        started("-D", directory.resolve("etc").toString());
        assertThat(value()).contains("4");
        started();
        assertThat(new EffectiveSettings(
                                directory,
                                Map.of("PGDATA", directory.resolve("etc").toString()))
                        .value(NAME))
                .contains("4");
    }

    @Test
    void aRelativeDirectoryIsBelievedIfItFits() throws IOException {
        write("postgresql.conf", "recovery_target_timeline = 1\n");

        started("-D", "./" + directory.getFileName());
        assertThat(value()).contains("1");
        started("-D", "elsewhere");
        assertNotTold("'elsewhere'");
    }

    @Test
    void aFileThatChangedAfterTheStartTellsNothing() throws IOException {
        write("postgresql.conf", "include 'more.conf'\n");
        write("more.conf", "recovery_target_timeline = 2\n");
        started("-D", directory.toString());
        Files.setLastModifiedTime(
                directory.resolve("more.conf"), FileTime.from(Instant.now().plusSeconds(60)));

        assertNotTold("more.conf' was changed after PostgreSQL had started");
    }

    @Test
    void whatIsMissingOrCannotBeReadTellsNothing() throws IOException {
        assertNotTold("postmaster.opts' is not there");
        started();
        assertNotTold("the directory of postgresql.conf is unknown");
        started("-D", directory.toString());
        assertNotTold("postgresql.conf' is not there");
        write("postgresql.conf", "= = =\n");
        started("-D", directory.toString());
        assertNotTold("syntax error");
    }

    @Test
    void filesThatIncludeEachOtherEnd() throws IOException {
        write("postgresql.conf", "include 'postgresql.conf'\n");
        started("-D", directory.toString());

        assertNotTold("too deep");
    }

    @Test
    void aRealServersFilesTellWhatItRunsWith() throws IOException {
        for (PostgresBinaries binaries : PostgresBinaries.oldestAndNewest()) {
            try (PostgresServer server = PostgresServer.of(binaries)
                    .setting(NAME, "1")
                    .setting("cluster_name", "a name")
                    .start()) {
                EffectiveSettings settings = new EffectiveSettings(server.dataDirectory(), Map.of());

                for (String name : new String[] {NAME, "cluster_name", "listen_addresses"}) {
                    assertThat(settings.value(name)).contains(server.query("SHOW " + name));
                }
                assertThat(settings.value("primary_slot_name")).isEmpty();
                server.sql("ALTER SYSTEM SET " + NAME + " = 'current'");
                assertThatThrownBy(() -> settings.value(NAME))
                        .isInstanceOf(UncertainSettingException.class)
                        .hasMessageContaining("postgresql.auto.conf");
                assertThat(settings.valueAsWritten(NAME)).contains("current");
                assertThat(settings.valueAsWritten("cluster_name")).contains("a name");
                assertThat(settings.valueAsWritten("primary_slot_name")).isEmpty();
                server.restart();
                assertThat(settings.value(NAME)).contains("current").contains(server.query("SHOW " + NAME));
            }
        }
    }

    private void write(String file, String text) throws IOException {
        Files.writeString(directory.resolve(file), text);
    }

    private void started(String... arguments) throws IOException {
        StringBuilder options = new StringBuilder("/usr/lib/postgresql/16/bin/postgres");
        for (String argument : arguments) {
            options.append(" \"").append(argument).append('"');
        }
        write("postmaster.opts", options.append('\n').toString());
        Files.setLastModifiedTime(
                directory.resolve("postmaster.opts"),
                FileTime.from(Instant.now().plusSeconds(1)));
    }

    private Optional<String> value() throws UncertainSettingException {
        return new EffectiveSettings(directory, Map.of()).value(NAME);
    }

    private void assertNotTold(String words) {
        assertThatThrownBy(this::value)
                .isInstanceOf(UncertainSettingException.class)
                .hasMessageContaining(words);
    }
}
