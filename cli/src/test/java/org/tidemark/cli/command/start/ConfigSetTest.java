// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.start;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.cli.ProgramRun;

class ConfigSetTest {
    private static final String BEFORE = """
            [repository.local]
            url = 'file:///var/lib/tidemark'
            [cluster.main]
            data-directory = '/data/main' # the shop
            [cluster.second]
            data-directory = '/data/second'
            """;

    @TempDir
    private Path root;

    private Path file;

    @BeforeEach
    void configure() throws IOException {
        file = root.resolve("tidemark.toml");
        Files.writeString(file, BEFORE);
    }

    private ProgramRun set(Map<String, String> variables, String... arguments) {
        List<String> all = new ArrayList<>(List.of("config", "set"));
        all.addAll(List.of(arguments));
        all.addAll(List.of("--config", file.toString()));
        return ProgramRun.of(root, variables, all.toArray(String[]::new));
    }

    private ProgramRun set(String... arguments) {
        return set(Map.of(), arguments);
    }

    @Test
    void theLinesOfOneClusterChangeAndDryRunOnlyShowsThem() throws IOException {
        String shown = file + ":4\n- data-directory = '/data/main' # the shop\n"
                + "+ data-directory = \"/data/new\" # the shop\n";

        ProgramRun dry = set("--cluster", "main", "data-directory", "/data/new", "--dry-run");
        assertThat(dry).isEqualTo(new ProgramRun(0, shown, ""));
        assertThat(Files.readString(file)).isEqualTo(BEFORE);

        assertThat(set("--cluster", "main", "data-directory", "/data/new").data())
                .isEqualTo(shown);
        assertThat(Files.readString(file)).isEqualTo(BEFORE.replace("'/data/main'", "\"/data/new\""));
        assertThat(set("--cluster", "main", "data-directory", "/data/new").data())
                .contains("'data-directory' already has this value".replace("data-", "cluster.main.data-"));
    }

    @Test
    void keysOfTheHostAndOfARepositoryAreSet() throws IOException {
        assertThat(set("host.jobs", "4").status()).isZero();
        assertThat(set("--repository", "local", "access", "group").status()).isZero();

        assertThat(Files.readString(file))
                .contains("/tidemark'\naccess = \"group\"\n")
                .endsWith("\n[host]\njobs = 4\n");
    }

    /** As messages and pages write them. */
    @Test
    void aWholeKeyNeedsNoOption() throws IOException {
        assertThat(set("service.metrics-listen", "127.0.0.1:9834").talk()).isEmpty();
        assertThat(set("repository.local.access", "group").talk()).isEmpty();
        assertThat(set("cluster.second.rto", "30m").talk()).isEmpty();

        assertThat(Files.readString(file))
                .contains("/tidemark'\naccess = \"group\"\n", "'/data/second'\nrto = \"30m\"\n")
                .endsWith("\n[service]\nmetrics-listen = \"127.0.0.1:9834\"\n");
        assertThat(set("cluster.third.rto", "30m").talk()).contains("there is no cluster 'third'");
        assertThat(set("cluster.\"my.db\".rto", "30m").talk()).contains("there is no cluster 'my.db'");
        assertThat(set("--cluster", "main", "cluster.second.rto", "1h").talk())
                .contains("the key is of the cluster 'second', and --cluster names 'main'");
        assertThat(set("--repository", "local", "repository.other.access", "group")
                        .talk())
                .contains("the key is of the repository 'other'");
    }

    @Test
    void unsetRemovesAKeyAndDryRunOnlyShowsIt() throws IOException {
        assertThat(set("host.jobs", "4").status()).isZero();
        String shown = "- jobs = 4\n";

        assertThat(unset("host.jobs", "--dry-run").data()).endsWith(shown);
        assertThat(Files.readString(file)).contains("jobs = 4");
        assertThat(unset("host.jobs").data()).endsWith(shown);
        assertThat(Files.readString(file)).doesNotContain("jobs");
        assertThat(unset("host.jobs").talk()).contains("no configuration file sets 'host.jobs'");
    }

    private ProgramRun unset(String... arguments) {
        List<String> all = new ArrayList<>(List.of("config", "unset"));
        all.addAll(List.of(arguments));
        all.addAll(List.of("--config", file.toString()));
        return ProgramRun.of(root, Map.of(), all.toArray(String[]::new));
    }

    @Test
    void whatIsWrongIsRefused() throws IOException {
        assertThat(set("data-directory", "/x").talk()).contains("the key does not say which cluster");
        assertThat(set("--cluster", "main", "conninfo", "password=secret").talk())
                .contains("a password does not belong in an argument")
                .doesNotContain("secret");
        assertThat(set("--cluster", "main", "conninfo", "port=5433 password=********")
                        .talk())
                .contains("stars in the place of a password");
        assertThat(set("--cluster", "main", "conninfo").talk()).contains("expected: config set KEY VALUE");
        assertThat(set("--repository", "local", "region", "eu").talk()).contains("region");
        assertThat(set("--repository", "local", "region", "eu").status()).isEqualTo(2);
        assertThat(Files.readString(file)).isEqualTo(BEFORE);
    }

    /** A last line without an end changes with the one that is added after it. */
    @Test
    void aPasswordInTheLineBeforeIsHidden() throws IOException {
        Files.writeString(file, "[cluster.main]\ndata-directory = '/d'\nconninfo = 'host=db password=s3cret'");

        ProgramRun run = set("cluster.main.rto", "30m");

        assertThat(run.data() + run.talk()).contains("rto").doesNotContain("s3cret");
        assertThat(Files.readString(file)).contains("s3cret'\nrto = \"30m\"");
    }

    @Test
    void aVariableThatOverridesTheKeyIsNamed() {
        assertThat(set(Map.of("TIDEMARK_HOST_JOBS", "2"), "host.jobs", "4").talk())
                .contains("WARNING: variable TIDEMARK_HOST_JOBS overrides 'host.jobs' of the file");
    }
}
