// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.cli.ProgramRun;
import org.tidemark.cli.command.DatedArchive;
import org.tidemark.cli.command.TwoRepositories;
import tools.jackson.databind.JsonNode;

/** A cluster with a backup of ten days ago, and one that is configured and in no repository. */
class FleetCommandTest extends TwoRepositories {
    private final Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);

    @BeforeEach
    void oneClusterWithABackup() throws IOException {
        configure("", "");
        for (String each : new String[] {"local", "offsite"}) {
            DatedArchive archive = new DatedArchive(root.resolve(each), now);
            archive.backup(10, 0x30);
            archive.wal(0x30, 0x37, 10);
        }
    }

    private void alsoConfigured(String name) throws IOException {
        Files.writeString(
                root.resolve("tidemark.toml"),
                Files.readString(root.resolve("tidemark.toml")) + "[cluster." + name
                        + "]\nrepositories = ['local']\nconninfo = 'host=127.0.0.1 port=1'\n");
    }

    @Test
    void repositoriesAloneSayWhatCanBeRestoredWithoutAServer() {
        ProgramRun run =
                must("fleet", "--repository", root.resolve("local").toUri().toString());

        assertThat(run.data())
                .startsWith("CLUSTER  STATE  RECOVERABLE TO (UTC)")
                .containsPattern(
                        "\nmain +OK +\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d +10d00h +- +- +0 +- +- +can be restored;"
                                + " the server was not asked\n");
    }

    @Test
    void aClusterOfAnotherHostIsShownBesideAConfigurationThatDoesNotNameIt() throws IOException {
        Files.writeString(
                root.resolve("tidemark.toml"),
                Files.readString(root.resolve("tidemark.toml")).replace("[cluster.main]", "[cluster.other]"));

        JsonNode json = json(must("fleet", "--repository", "local", "--repository", "offsite", "--json"));

        assertThat(json.at("/clusters").size()).isEqualTo(1);
        assertThat(json.at("/clusters/0/cluster").stringValue()).isEqualTo("main");
        assertThat(json.at("/clusters/0/serverAsked").booleanValue()).isFalse();
        assertThat(json.at("/clusters/0/lastBackupAgeSeconds").longValue()).isBetween(864_000L, 864_100L);
    }

    @Test
    void everyConfiguredClusterIsReadAndTheWorstIsFirst() throws IOException {
        alsoConfigured("empty");

        ProgramRun run = run("fleet", "--json", "--timeout", "5s");

        JsonNode json = json(run);
        assertThat(run.status()).as(run.talk()).isEqualTo(1);
        assertThat(json.at("/clusters").size()).isEqualTo(2);
        assertThat(json.at("/clusters/0/severity").stringValue()).isEqualTo("CRITICAL");
        assertThat(json.at("/clusters/0/worst/hint").stringValue()).isNotEmpty();
    }

    @Test
    void oneRepositoryThatIsGoneDoesNotHideTheClustersOfAnother() throws IOException {
        Files.move(root.resolve("offsite"), root.resolve("unmounted"));

        ProgramRun run = run("fleet", "--repository", "local", "--repository", "offsite");

        assertThat(run.status()).as("nobody knows which clusters are there").isEqualTo(1);
        assertThat(run.talk()).contains("WARNING: 'offsite' is left out");
        assertThat(run.data()).contains("\nmain ");
    }

    @Test
    void aMistakeInTheConfigurationHidesNoCluster() throws IOException {
        alsoConfigured("second");
        Files.writeString(
                root.resolve("tidemark.toml"),
                Files.readString(root.resolve("tidemark.toml")) + "keep-dayly = 7\n"); // in the section of 'second'

        ProgramRun run = run("fleet", "--timeout", "5s");

        assertThat(run.status()).as(run.talk()).isEqualTo(1);
        assertThat(run.talk()).contains("keep-dayly", "Correct what is named above");
        assertThat(run.data()).contains("\nmain ", "\nsecond ");
    }

    /** A host that watches others needs no cluster of its own. */
    @Test
    void theClustersOfRepositoriesAreShownBesideThoseOfThisHost() throws IOException {
        String configured = Files.readString(root.resolve("tidemark.toml"));
        String others = "[fleet]\nrepositories = ['local']\n";
        Files.writeString(root.resolve("tidemark.toml"), others + configured.replaceAll("(?s)\\[cluster.main].*", ""));

        JsonNode alone = json(must("fleet", "--json"));
        assertThat(alone.at("/clusters").size()).isEqualTo(1);
        assertThat(alone.at("/clusters/0/cluster").stringValue()).isEqualTo("main");
        assertThat(alone.at("/clusters/0/serverAsked").booleanValue()).isFalse();

        Files.writeString(root.resolve("tidemark.toml"), others + configured);
        JsonNode own = json(run("fleet", "--json", "--timeout", "5s"));
        assertThat(own.at("/clusters").size()).as("it is not shown twice").isEqualTo(1);
        assertThat(own.at("/clusters/0/serverAsked").booleanValue()).isTrue();

        Files.writeString(
                root.resolve("tidemark.toml"),
                others + configured.replaceAll("repositories = \\[.*?]", "repositories = ['offsite']"));
        ProgramRun hidden = run("fleet", "--timeout", "5s");
        assertThat(hidden.talk()).contains("cluster 'main' of repository 'local' is not shown");
    }

    @Test
    void aRepositoryOfOthersThatIsGoneHidesNoClusterOfThisHost() throws IOException {
        Files.writeString(
                root.resolve("tidemark.toml"),
                "[fleet]\nrepositories = ['offsite']\n"
                        + Files.readString(root.resolve("tidemark.toml")).replace("['local', 'offsite']", "['local']"));
        Files.move(root.resolve("offsite"), root.resolve("unmounted"));

        ProgramRun run = run("fleet", "--timeout", "5s");
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.data()).contains("\nmain ");
        assertThat(run.talk()).contains("WARNING: ");
    }
}
