// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.config.Setting.SettingKey;
import org.tidemark.core.UserFacingException;

class ConfigurationEditTest {
    private static final String BEFORE = """
            # The host's.\t
            [host]

            jobs = 3 # not more

            [repository.local]
            url = 'file:///var/lib/tidemark'
            encrypt-to = [
              "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p", # ours
            ]

            [ cluster . "main" ]   # the shop
              # conninfo = "port=5432"
              conninfo = "port=5432 user='a b'"   # not 5434
              data-directory="/var/lib/postgresql/15/main"

            [cluster.main.check]
            backup-age = "26h"

            [cluster.second]
            conninfo = "port=5433"
            data-directory = "/var/lib/postgresql/15/second"
            """;

    @TempDir
    private Path directory;

    private final Map<String, String> variables = new HashMap<>();
    private Path file = Path.of("/");

    @BeforeEach
    void systemFile() throws IOException {
        file = directory.resolve("etc/tidemark/tidemark.toml");
        Files.createDirectories(file.resolveSibling("conf.d"));
        Files.writeString(file, BEFORE);
    }

    private ConfigurationEdit plan(String key, String value) {
        return plan(key, Optional.of(value));
    }

    private ConfigurationEdit plan(String key, Optional<String> value) {
        Environment environment = new Environment(variables, directory, directory.resolve("home"), directory);
        return ConfigurationEdit.plan(
                environment, Optional.empty(), new SettingKey(List.of(key.split("\\.", -1))), value);
    }

    @Test
    void aByteOrderMarkIsNoPartOfTheFirstLine() throws IOException {
        String text = BEFORE.substring(BEFORE.indexOf("[host]"));
        Files.writeString(file, "\uFEFF" + text);

        plan("host.jobs", "4").write();

        assertThat(file).hasContent(text.replace("jobs = 3", "jobs = 4"));
    }

    @Test
    void aChangeOfAnotherProcessIsNeverLost() throws Exception {
        ConfigurationEdit late = plan("host.jobs", "5");
        plan("host.jobs", "4").write();
        assertThatThrownBy(late::write)
                .isInstanceOf(UserFacingException.class)
                .hasMessageContaining("was changed by another process at the same time");

        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            Future<Integer> jobs = threads.submit(() -> lastWritten("host.jobs", ""));
            Future<Integer> retry = threads.submit(() -> lastWritten("host.fetch-retry", "s"));
            int lastJobs = jobs.get();
            int lastRetry = retry.get();
            assertThat(Files.readString(file))
                    .contains("jobs = " + lastJobs + " ", "fetch-retry = \"" + lastRetry + "s\"");
        }
    }

    /** Sets a key to one number after the other; the last one with which that succeeded. */
    private int lastWritten(String key, String unit) {
        int last = 0;
        for (int number = 1; number <= 100; number++) {
            try {
                plan(key, (1 + number % 16) + unit).write();
                last = 1 + number % 16;
            } catch (UserFacingException e) {
                assertThat(e).hasMessageContaining("was changed by another process at the same time");
            }
        }
        return last;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "host.jobs",
                "cluster.main.conninfo",
                "cluster.main.check.backup-age",
                "cluster.second.data-directory",
                "repository.local.encrypt-to"
            })
    void aKeyIsRemovedWithItsLinesAndNothingElse(String key) throws IOException {
        ConfigurationEdit edit = plan(key, Optional.empty());
        edit.write();

        List<String> expected = new ArrayList<>(BEFORE.lines().toList());
        expected.subList(edit.line() - 1, edit.line() - 1 + edit.removed().size())
                .clear();
        assertThat(Files.readAllLines(file)).isEqualTo(expected);
        assertThat(edit.added()).isEmpty();
        assertThat(String.join("", edit.removed())).contains(key.substring(key.lastIndexOf('.') + 1));
        assertThatThrownBy(() -> plan(key, Optional.empty()))
                .isInstanceOf(UserFacingException.class)
                .hasMessageContaining("no configuration file sets '" + key + "'");
    }

    @Test
    void theOnlyKeyOfAClusterStays() throws IOException {
        plan("cluster.second.conninfo", Optional.empty()).write();

        assertThatThrownBy(() -> plan("cluster.second.data-directory", Optional.empty()))
                .isInstanceOf(UserFacingException.class)
                .hasMessageContaining("is the only key of the cluster");
    }

    @Test
    void whatIsNeededIsNotRemoved() throws IOException {
        assertThatThrownBy(() -> plan("repository.local.url", Optional.empty()))
                .isInstanceOf(ConfigurationException.class);
        assertThat(Files.readString(file)).isEqualTo(BEFORE);
    }

    private String after(String key, String value) throws IOException {
        plan(key, value).write();
        return Files.readString(file);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = '|',
            value = {
                "host.jobs|8|jobs = 3 #|jobs = 8 #",
                "cluster.main.data-directory|/srv/new|data-directory=\"/var/lib/postgresql/15/main\"|data-directory=\"/srv/new\"",
                "cluster.main.conninfo|host=x|conninfo = \"port=5432 user='a b'\"   # not|conninfo = \"host=x\"   # not",
                "cluster.second.conninfo|host=x|conninfo = \"port=5433\"|conninfo = \"host=x\"",
                "cluster.main.check.backup-age|2d|backup-age = \"26h\"|backup-age = \"2d\"",
                "repository.local.url|file:///srv|url = 'file:///var/lib/tidemark'|url = \"file:///srv\"",
            })
    void oneValueIsReplacedAndEveryOtherByteStays(String key, String value, String old, String with)
            throws IOException {
        assertThat(BEFORE).containsOnlyOnce(old);

        assertThat(after(key, value)).isEqualTo(BEFORE.replace(old, with));
    }

    @Test
    void aKeyThatIsNotSetIsAddedToItsTable() throws IOException {
        assertThat(after("cluster.main.repositories", "local, "))
                .isEqualTo(BEFORE.replace("15/main\"\n", "15/main\"\n  repositories = [\"local\"]\n"));
        Files.writeString(file, BEFORE);
        assertThat(after("cluster.main.acknowledge", "1")).contains("15/main\"\n  acknowledge = 1\n");
        Files.writeString(file, BEFORE);
        assertThat(after("repository.local.compression", "lz4"))
                .isEqualTo(BEFORE.replace("/tidemark'\n", "/tidemark'\ncompression = \"lz4\"\n"));
    }

    @Test
    void aKeyThatIsNotSetIsAddedAfterTheCommentOfItsTableThatShowsIt() throws IOException {
        String before = BEFORE.replace("[cluster.main.check]\n", "[cluster.main.check]\n# wal-age = '1m'\n")
                + "\n[cluster.second.check]\nbackup-age = '9h'\n# wal-age = '2m'   # a comment\n# free-space = '9%'\n";
        Files.writeString(file, before);

        assertThat(after("cluster.second.check.wal-age", "5m"))
                .isEqualTo(before.replace("# a comment\n", "# a comment\nwal-age = \"5m\"\n"));
    }

    /** It would be in that table when somebody makes it one. */
    @Test
    void aKeyIsNotAddedAfterTheCommentOfATableThatIsAComment() throws IOException {
        String before = "[repository.local]\nurl = 'file:///var/lib/tidemark'\n"
                + "# [repository.offsite]\n# compression = 'lz4'\n"
                + BEFORE.substring(BEFORE.indexOf("[ cluster"));
        Files.writeString(file, before);

        assertThat(after("repository.local.compression", "lz4"))
                .isEqualTo(before.replace("/tidemark'\n", "/tidemark'\ncompression = \"lz4\"\n"));
    }

    @Test
    void aListMayBeWrittenAsInTheFile() throws IOException {
        assertThat(after("cluster.main.repositories", "[\"local\", 'local']"))
                .contains("repositories = [\"local\", \"local\"]\n");
    }

    @Test
    void aTableThatIsMissingIsAddedAtTheEnd() throws IOException {
        assertThat(after("cluster.second.schedule.backup", "0 2 * * *"))
                .isEqualTo(BEFORE + "\n[cluster.second.schedule]\nbackup = \"0 2 * * *\"\n");
    }

    @Test
    void aLastLineWithoutAnEndAndLinesOfWindowsAreKept() throws IOException {
        String text = """
                [repository.r]
                url = 'file:///r'
                [cluster.main]
                conninfo = 'port=1'\
                """.replace("\n", "\r\n");
        Files.writeString(file, text);

        assertThat(after("cluster.main.data-directory", "/d")).isEqualTo(text + "\ndata-directory = \"/d\"\n");
        assertThat(after("repository.r.url", "file:///s")).contains("url = \"file:///s\"\r\n");
    }

    @Test
    void theFileThatDecidesIsChangedThroughItsLinkWithItsModeAndNothingIsLeftBeside() throws IOException {
        Path real = Files.createDirectory(directory.resolve("real")).resolve("second.toml");
        Files.writeString(real, "[cluster.second]\nconninfo = 'port=5499'\n");
        Files.setPosixFilePermissions(real, PosixFilePermissions.fromString("rw-r-----"));
        Path link = Files.createSymbolicLink(file.resolveSibling("conf.d/second.toml"), real);

        plan("cluster.second.conninfo", "port=1 application_name=\"x\\y\"").write();

        assertThat(link).isSymbolicLink();
        assertThat(Files.readString(real))
                .isEqualTo("[cluster.second]\nconninfo = \"port=1 application_name=\\\"x\\\\y\\\"\"\n");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(real)))
                .isEqualTo("rw-r-----");
        assertThat(real.getParent()).isDirectoryContaining(each -> each.equals(real));
        try (var beside = Files.list(real.getParent())) {
            assertThat(beside).hasSize(1);
        }
        assertThat(Files.readString(file)).isEqualTo(BEFORE);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = '|',
            value = {
                "cluster.main.conninof|x|unknown key 'cluster.main.conninof': did you mean 'cluster.main.conninfo'?",
                "cluster.main.repositories|locl|there is no repository 'locl'",
                "cluster.main.acknowledge|often|'cluster.main.acknowledge' cannot be 'often'",
                "cluster.mian.conninfo|x|there is no cluster 'mian'",
                "cluster.main.data-directory|relative|expected an absolute path",
                "repository.local.encrypt-to|age1x|this command cannot change how 'repository.local.encrypt-to' is written",
            })
    void whatWouldBeWrongIsRefusedAndNothingIsWritten(String key, String value, String why) throws IOException {
        assertThatThrownBy(() -> plan(key, value).write())
                .isInstanceOf(UserFacingException.class)
                .hasMessageContaining(why);
        assertThat(Files.readString(file)).isEqualTo(BEFORE);
    }

    @Test
    void aMistakeCanBeCorrectedUnlessTheFileIsNotToml() throws IOException {
        Files.writeString(file, BEFORE.replace("\"26h\"", "\"26x\""));
        assertThatThrownBy(() -> plan("host.jobs", "8")).isInstanceOf(ConfigurationException.class);
        assertThat(after("cluster.main.check.backup-age", "26h")).isEqualTo(BEFORE);

        Files.writeString(file, BEFORE.replace("\"26h\"", "\"26h"));
        assertThatThrownBy(() -> plan("cluster.main.check.backup-age", "26h"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("not TOML");
    }

    @Test
    void aFileThatSomebodyElseChangedMeanwhileIsNotWritten() throws IOException {
        ConfigurationEdit edit = plan("host.jobs", "8");
        Files.writeString(file, BEFORE + "# edited\n");

        assertThatThrownBy(edit::write).hasMessageContaining("was changed by another process");
        assertThat(Files.readString(file)).endsWith("# edited\n");
    }

    @Test
    void inlineTablesAndDottedKeysAreChangedInTheirLine() throws IOException {
        String text = """
                repository = { local = { url = "file:///a", compression = "lz4" } }
                cluster.main.conninfo = "port=1"
                """;
        Files.writeString(file, text);

        assertThat(after("repository.local.url", "file:///b")).isEqualTo(text.replace("file:///a", "file:///b"));
        assertThat(after("cluster.main.conninfo", "port=2")).contains("cluster.main.conninfo = \"port=2\"");
    }
}
