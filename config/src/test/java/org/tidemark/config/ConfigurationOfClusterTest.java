// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.config.ConfigurationLoader.EffectiveConfiguration;
import org.tidemark.config.ConfigurationLoader.Wanted;
import org.tidemark.core.ClusterName;

/** What of a wrong configuration holds for one cluster. */
class ConfigurationOfClusterTest {
    private static final ClusterName MAIN = new ClusterName("main");
    private static final String RIGHT = """
            [host]
            push-timeout = "10s"
            [repository.local]
            url = "file:///var/lib/tidemark"
            compression = "zstd:3"
            encrypt-to = [
              "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
            ]
            [repository.unused]
            url = "file:///mnt/unused"
            [cluster.main]
            data-directory = "/var/lib/postgresql/15/main"
            repositories = ["local"]
            [cluster.second]
            data-directory = "/var/lib/postgresql/15/second"
            """;

    @TempDir
    private Path directory;

    private final Map<String, String> variables = new HashMap<>();
    private Path file = Path.of("/");
    private Path second = Path.of("/");

    @BeforeEach
    void systemFile() throws IOException {
        file = directory.resolve("etc/tidemark/tidemark.toml");
        second = file.resolveSibling("conf.d/second.toml");
        Files.createDirectories(second.getParent());
        Files.writeString(file, RIGHT);
    }

    private ConfigurationLoader loader() {
        Environment environment = new Environment(variables, directory, directory.resolve("home"), directory);
        // By this clock every file has settled long ago, so that the settings are saved.
        return new ConfigurationLoader(environment, Clock.offset(Clock.systemUTC(), Duration.ofHours(1)));
    }

    private EffectiveConfiguration load() {
        return load(Optional.of(MAIN), directory);
    }

    private EffectiveConfiguration load(Optional<ClusterName> cluster, Path dataDirectory) {
        return loader().loadForWal(Optional.empty(), new Wanted(cluster, dataDirectory, List.of()));
    }

    private static String compression(EffectiveConfiguration loaded) {
        return Objects.requireNonNull(loaded.configuration().repositories().get("local"))
                .compression();
    }

    private void replace(String old, String with) throws IOException {
        assertThat(RIGHT).contains(old);
        Files.writeString(file, RIGHT.replace(old, with));
    }

    @Test
    void nothingIsSaidOfARightConfiguration() {
        assertThat(load().wrong()).isEmpty();
        assertThat(load().configuration().clusters()).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[cluster.second]\nconninof = 'x'",
                "[cluster.second]\nrepositories = [1]",
                "[cluster.second.schedul]\nbackup = 'never'",
                "[cluster.second]\nacknowledge = 'none'",
                "[cluster.second]\nconninfo = 'x",
                "# [cluster.main]\n[ cluster . \"second\" ]\nconninfo",
                "[cluster.main2]\nconninfo = ",
                "[repository.elsewhere]\nurl = 'file:///x'",
            })
    void aWrongFileOfAnotherClusterStopsNothing(String text) throws IOException {
        Files.writeString(second, text);

        EffectiveConfiguration loaded = load();

        assertThat(loaded.configuration().clusters()).containsOnlyKeys(MAIN);
        assertThat(loaded.configuration().repositories()).containsOnlyKeys("local");
        assertThat(loaded.wrong().orElseThrow().earlier()).isEmpty();
        assertThat(loaded.wrong().orElseThrow().summary(MAIN))
                .contains("second.toml", "archiving of cluster 'main' goes on, since its own settings are valid");
    }

    /** It would use all repositories, also those of other clusters. */
    @Test
    void aClusterWithoutASectionStopsWhereOthersHaveOne() throws IOException {
        Files.writeString(file, RIGHT.replace("[cluster.main]", "[cluster.mian]"));
        Files.writeString(second, "[cluster.second]\nconninof = 'x'");
        assertThatThrownBy(this::load)
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("conninof");

        Files.writeString(file, RIGHT.replaceAll("(?s)\\[cluster.*", ""));
        Files.writeString(second, "[cluster.mian\nrepositories = ['local']");
        assertThatThrownBy(this::load).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void ofWhatGivesUpWalTheStricterValueHolds() throws IOException {
        String dropping = RIGHT.replace("[host]\n", "[host]\npg-wal-full = \"drop at 1GiB free\"\n")
                .replace("repositories = [\"local\"]", "repositories = [\"local\", \"unused\"]\nacknowledge = 1");
        Files.writeString(file, dropping);
        assertThat(load().configuration().host().dropWalBelowBytes()).isPositive();

        String mistaken = dropping.replace("data-directory = \"/var/lib/postgresql/15/main\"", "conninof = \"x\"");
        Files.writeString(file, mistaken);
        assertThat(load().configuration().host().dropWalBelowBytes()).isPositive();
        assertThat(acknowledge()).isEqualTo(1);

        Files.writeString(
                file, mistaken.replace("drop at 1GiB free", "wait").replace("acknowledge = 1", "acknowledge = 2"));
        assertThat(load().configuration().host().dropWalBelowBytes()).isZero();
        assertThat(acknowledge()).isEqualTo(2);

        Files.writeString(file, dropping.replace("acknowledge = 1", "acknowledge = 3"));
        assertThat(acknowledge()).as("a number that is itself the mistake").isEqualTo(2);

        assertThat(load().wrong().orElseThrow().summary(MAIN)).contains("last valid settings, of ");

        Files.writeString(file, mistaken.replace("acknowledge = 1", ""));
        assertThat(acknowledge()).isEqualTo(2);
        assertThat(load().wrong().orElseThrow().summary(MAIN))
                .endsWith("; but of the two values of 'acknowledge' the greater holds: all");

        Files.writeString(file, dropping.replace("acknowledge = 1", "acknowlege = 1"));
        assertThat(acknowledge()).as("misspelt, with the same value").isEqualTo(1);
        Files.writeString(file, dropping.replace("acknowledge = 1", "acknowlege = 2"));
        assertThat(acknowledge()).as("misspelt, with another value").isEqualTo(2);
        Files.writeString(file, dropping.replace("acknowledge = 1", "acknowlege = 1\nscedule = 'x'"));
        assertThat(acknowledge()).as("there is another candidate").isEqualTo(2);
        Files.writeString(file, dropping.replace("acknowledge = 1", "archive = 1"));
        assertThat(acknowledge()).as("no near miss").isEqualTo(2);
    }

    private int acknowledge() {
        return Objects.requireNonNull(load().configuration().clusters().get(MAIN))
                .acknowledgeOf(2);
    }

    @Test
    void aWrongSectionOfAnotherClusterOrOfAnUnusedRepositoryStopsNothing() throws IOException {
        replace("url = \"file:///mnt/unused\"", "url = \"nowhere\"\nencrypt-to = [\"age1no\"]");
        assertThat(load().wrong()).isPresent();

        Files.writeString(file, RIGHT + "conninof = \"x\"\n");
        assertThat(load().wrong()).isPresent();
    }

    @Test
    void theDataDirectoryNamesTheCluster() throws IOException {
        Path main = Files.createDirectories(directory.resolve("main"));
        Files.writeString(file, RIGHT.replace("/var/lib/postgresql/15/main", main.toString()) + "conninof = \"x\"\n");

        assertThat(load(Optional.empty(), main).configuration().clusters()).containsOnlyKeys(MAIN);
        assertThatThrownBy(() -> load(Optional.empty(), directory))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("conninof");
    }

    @Test
    void aClusterWhoseFileCannotBeReadIsNotTakenForTheOnlyOne() throws IOException {
        Files.writeString(file, RIGHT.replaceAll("(?s)\\[cluster.second].*", ""));
        Files.writeString(second, "[cluster.second]\ndata-directory = '" + directory);

        assertThatThrownBy(() -> load(Optional.empty(), directory)).isInstanceOf(ConfigurationException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "compression = \"zst:4\"",
                "compression = \"zstd:4",
                "compression",
                "compresion = \"zstd:4\"",
                "compression = 7\nbandwidth-limit = 'much'",
            })
    void theLastSettingsThatWereRightStay(String line) throws IOException {
        assertThat(load().wrong()).isEmpty();
        replace("compression = \"zstd:3\"", line);
        Instant changed = Instant.parse("2026-11-23T08:01:00Z");
        Files.setLastModifiedTime(file, FileTime.from(changed));

        EffectiveConfiguration loaded = load();

        assertThat(compression(loaded)).isEqualTo("zstd:3");
        assertThat(loaded.wrong().orElseThrow().since()).contains(changed);
        assertThat(loaded.wrong().orElseThrow().earlier()).isPresent();
        assertThat(loaded.wrong().orElseThrow().warning(MAIN))
                .contains("tidemark.toml:")
                .contains("goes on with its last valid settings, of ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "url = \"file:///var/lib/another\"\nx = 1",
                "url = \"nowhere\"",
                "url = \"file:///var/lib/tidemark",
                "url = \"file:///var/lib/tidemark\"\nencrypt_to = [\"age1x\"]",
                "url = \"file:///var/lib/tidemark\"\nencrypt_to = [age1x]",
                "url = \"file:///var/lib/tidemark\"\n[repository.offsite",
                "url = \"file:///var/lib/tidemark\"\ncompression = \"\"\"",
            })
    void whereWalGoesAndForWhomItIsEncryptedIsNeverTakenFromEarlierSettings(String line) throws IOException {
        assertThat(load().wrong()).isEmpty();
        replace("url = \"file:///var/lib/tidemark\"", line);

        assertThatThrownBy(this::load).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void encryptionThatIsAddedWithAMistakeIsNotLeftOut() throws IOException {
        String plain = RIGHT.replaceAll("(?s)encrypt-to = \\[.*?]\n", "");
        Files.writeString(file, plain);
        assertThat(load().wrong()).isEmpty();

        for (String line : List.of(
                "encrypt-to = [\"age1", "encrypt-to [\"age1x\"]", "encrypt-to = [\"x\"]", "encryptto = [\"age1x\"]")) {
            Files.writeString(file, plain.replace("compression =", line + "\ncompression ="));
            assertThatThrownBy(this::load).as(line).isInstanceOf(ConfigurationException.class);
        }
    }

    @Test
    void anOptionThatTellsTwoServersApartIsNeverTakenFromEarlierSettings() throws IOException {
        String s3 = RIGHT.replace("file:///var/lib/tidemark\"", "s3://bucket/path\"\nendpoint = \"https://a\"");
        Files.writeString(file, s3);
        assertThat(load().wrong()).isEmpty();

        Files.writeString(file, s3.replace("https://a", "https://b").replace("zstd:3", "zst"));
        assertThatThrownBy(this::load).isInstanceOf(ConfigurationException.class);
        Files.writeString(file, s3.replace("zstd:3", "zst"));
        assertThat(compression(load())).isEqualTo("zstd:3");
    }

    @Test
    void repositoriesOfTheClusterAreNeverTakenFromEarlierSettings() throws IOException {
        assertThat(load().wrong()).isEmpty();

        for (String line : List.of("repositories = [\"locl\"]", "repositories = [\"local\"", "repositorys = []")) {
            replace("repositories = [\"local\"]", line);
            assertThatThrownBy(this::load).as(line).isInstanceOf(ConfigurationException.class);
        }
    }

    /** It may say by now that other repositories are to have the WAL. */
    @Test
    void aFileOfTheClusterThatCannotBeReadIsNotTakenFromEarlierSettings() throws IOException {
        String section = "[cluster.main]\ndata-directory = '/var/lib/postgresql/15/main'\n";
        Files.writeString(file, RIGHT.substring(0, RIGHT.indexOf("[cluster.main]")));
        Path ofCluster = file.resolveSibling("conf.d/main.toml");
        Files.writeString(ofCluster, section);
        assertThat(load().wrong()).isEmpty();
        Files.writeString(second, "[cluster.second]\nconninof = 'x'");
        assertThat(load().wrong()).isPresent();

        Files.write(ofCluster, new byte[] {(byte) 0xff});

        assertThatThrownBy(this::load).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void settingsThatWereRightBesideAWrongSectionOfAnotherClusterAreTheLastOnes() throws IOException {
        assertThat(load().wrong()).isEmpty();
        Files.writeString(second, "[cluster.second]\nconninof = 'x'");
        replace("zstd:3", "zstd:5");
        assertThat(compression(load())).isEqualTo("zstd:5");

        replace("zstd:3", "zst");

        assertThat(compression(load())).isEqualTo("zstd:5");
    }

    @Test
    void withoutEarlierSettingsWhatConcernsTheClusterIsRefused() throws IOException {
        replace("zstd:3", "zst");

        assertThatThrownBy(this::load).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void aDamagedCopyOfTheSettingsIsNotUsed() throws IOException {
        assertThat(load().wrong()).isEmpty();
        replace("zstd:3", "zst");
        try (var saved = Files.list(directory.resolve("home/.local/state/tidemark"))) {
            for (Path each : saved.toList()) {
                Files.writeString(each, Files.readString(each).replace("zstd:3", "zstd:9"));
            }
        }

        assertThatThrownBy(this::load).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void theNamesOfTheClustersAreKnownAsFarAsTheFilesCanBeRead() throws IOException {
        Files.writeString(second, "[cluster.third]\nconninfo = 'x'\nconninfo");
        replace("zstd:3", "zst");

        assertThat(loader().clustersDespiteProblems(Optional.empty()))
                .containsExactly(MAIN, new ClusterName("second"), new ClusterName("third"));
    }
}
