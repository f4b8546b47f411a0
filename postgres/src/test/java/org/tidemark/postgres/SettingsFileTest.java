// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

class SettingsFileTest {
    static Stream<String> awkwardValues() {
        return Stream.of(
                "",
                "it's",
                "'",
                "''",
                "a\\b",
                "\\",
                "\\'",
                "/usr/bin/tidemark wal-fetch %f \"%p\" # no comment",
                "tab\there",
                "trailing ",
                "\\n stays",
                "ümläut 😀",
                "x".repeat(900));
    }

    @ParameterizedTest
    @MethodSource("awkwardValues")
    void aValueThatIsWrittenIsReadAgain(String value) throws CorruptFileException {
        SettingsFile file = SettingsFile.empty("x").append("made for a test", Map.of("restore_command", value));

        assertThat(SettingsFile.parse(file.text(), "x").value("restore_command"))
                .contains(value);
    }

    @Test
    void postgresReadsEveryValueAsItWasMeant() throws IOException {
        for (PostgresBinaries binaries : PostgresBinaries.oldestAndNewest()) {
            try (PostgresServer server = PostgresServer.of(binaries).create()) {
                Path conf = server.dataDirectory().resolve(SettingsFile.AUTO_CONF);
                SettingsFile file = SettingsFile.read(conf);
                int number = 0;
                for (String value : awkwardValues().toList()) {
                    file = file.append("value " + number, Map.of("test.value" + number++, value));
                }
                Files.write(conf, file.bytes());
                server.start();

                number = 0;
                for (String value : awkwardValues().toList()) {
                    assertThat(server.query("SELECT '<' || current_setting('test.value" + number++ + "') || '>'"))
                            .isEqualTo("<" + value + ">");
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\nb", "a\rb", "a\0b"})
    void aValueThatNoLineCanHoldIsRefused(String value) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SettingsFile.empty("x").append("c", Map.of("restore_command", value)));
    }

    @Test
    void everyFormOfALineIsRead() throws CorruptFileException {
        SettingsFile file = SettingsFile.parse("""
                # a comment
                \t
                port = 5433   # after
                shared_buffers 128MB
                wal_level=replica
                Log_Line_Prefix='%m ''[%p] \\'x\\' \\101\\t'
                pg_stat_statements.max = 10000
                seq_page_cost = 1.5
                random_page_cost = .5e1
                lc_messages = en_US.UTF-8
                max_wal = -1
                unix_socket_permissions = 0x1F
                """, "postgresql.conf");

        assertThat(file.settings()).hasSize(10);
        assertThat(file.value("port")).contains("5433");
        assertThat(file.value("log_line_prefix")).contains("%m '[%p] 'x' A\t");
        assertThat(file.value("pg_stat_statements.max")).contains("10000");
        assertThat(file.value("random_page_cost")).contains(".5e1");
        assertThat(file.value("lc_messages")).contains("en_US.UTF-8");
        assertThat(file.value("comment")).isEmpty();
    }

    @Test
    void theLastValueOfANameCounts() throws CorruptFileException {
        SettingsFile file = SettingsFile.parse("port = 1\nPORT = 2\nport = 3 # not 4", "x");

        assertThat(file.value("port")).contains("3");
    }

    @Test
    void includesAreToldApart() throws CorruptFileException {
        SettingsFile file = SettingsFile.parse("include_dir 'conf.d'\ninclude = 'a.conf'\nport=1\n", "x");

        assertThat(file.includes())
                .containsExactly(
                        new SettingsFile.Setting(1, "include_dir", "conf.d"),
                        new SettingsFile.Setting(2, "include", "a.conf"));
        assertThat(file.settings()).containsExactly(new SettingsFile.Setting(3, "port", "1"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"port", "port =", "= 5", "port = 1 2", "a = 'open", "a = 'x' y", "a.b.c = 1", "5 = 5", "a = \\"})
    void whatPostgresCannotReadIsRefusedByItsLine(String line) {
        SettingsFile file = SettingsFile.parse("# first\n" + line + "\n", "postgresql.conf");

        assertThatExceptionOfType(CorruptFileException.class)
                .isThrownBy(file::settings)
                .withMessage("'postgresql.conf': a syntax error in line 2");
    }

    @Test
    void linesThatAreCommentedOutOrRemovedDoNotCountAndTheOthersStay() throws CorruptFileException {
        SettingsFile file =
                SettingsFile.parse("# keep\nRecovery_Target = 'immediate'\n  port=1 # keep\nbroken line here\n", "x");

        assertThat(file.commentOut(Set.of("recovery_target")).text())
                .isEqualTo("# keep\n#Recovery_Target = 'immediate'\n  port=1 # keep\nbroken line here\n");
        assertThat(file.without(Set.of("recovery_target", "PORT")).text()).isEqualTo("# keep\nbroken line here\n");
    }

    @Test
    void whatIsAppendedToALastLineWithoutALineFeedStandsOnItsOwn() throws CorruptFileException {
        SettingsFile file = SettingsFile.parse("# a comment", "x").append("c", Map.of("port", "1"));

        assertThat(file.value("port")).contains("1");
    }

    @Test
    void bytesThatAreNotUtf8ComeBackAsTheyWere(@TempDir Path directory) throws IOException {
        Path path = directory.resolve("postgresql.conf");
        byte[] bytes = "# Größe\nport = 1\n".getBytes(StandardCharsets.ISO_8859_1);
        Files.write(path, bytes);

        assertThat(SettingsFile.read(path).bytes()).isEqualTo(bytes);
    }
}
