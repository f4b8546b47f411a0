// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.cli.ProgramRun;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.TemporaryTree;

/** A repository that is gone from its address: either its disk is not mounted, or somebody replaced it on purpose. */
class ReplacedRepositoryTest {
    private static PostgresServer server;

    @TempDir
    private Path root;

    @BeforeAll
    static void start() {
        server = PostgresServer.of(PostgresBinaries.oldestAndNewest().getLast()).start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void initialize() throws IOException {
        Files.writeString(root.resolve("tidemark.toml"), """
                [host]
                spool = '%1$s/spool'
                [repository.local]
                url = 'file://%1$s/repository'
                [repository.offsite]
                url = 'file://%1$s/offsite'
                [cluster.main]
                conninfo = '%2$s'
                repositories = ['local', 'offsite']
                acknowledge = 1
                """.formatted(root, server.conninfo()));
        assertThat(run("init").status()).isZero();
    }

    private ProgramRun run(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--config", root.resolve("tidemark.toml").toString()));
        return ProgramRun.of(root, Map.of(), all.toArray(String[]::new));
    }

    private Path repository() {
        return root.resolve("repository");
    }

    private void remove() {
        TemporaryTree.delete(repository());
    }

    private String id(Path directory) throws IOException {
        return Files.readString(directory.resolve("tidemark.json"))
                .replaceAll("(?s).*\"repositoryId\"\\s*:\\s*\"([^\"]*)\".*", "$1");
    }

    @Test
    void whatIsGoneIsNamedWithTheWayToReplaceItAndInitDoesNotDoItByItself() throws IOException {
        remove();
        for (int round = 0; round < 2; round++) {
            for (String command : List.of("init", "wal-list")) {
                ProgramRun run = run(command);
                assertThat(run.status()).isIn(10, 12);
                assertThat(run.talk())
                        .contains("findmnt -T '" + repository() + "'", "init", "--replace-repository local");
            }
            Files.createDirectories(repository());
        }
        assertThat(repository()).isEmptyDirectory();
    }

    @Test
    void aRepositoryThatWasRemovedIsMadeAgainAndTakesOverItsQueue() throws IOException {
        String former = id(repository());
        String system = registered("offsite", "main");
        Path queue = Files.createDirectories(root.resolve("spool/v1/pending/" + former + "/main/" + system));
        Files.writeString(queue.resolve("0000000000000001.X"), "queued");
        remove();

        ProgramRun dry = run("init", "--replace-repository", "local", "--dry-run");
        assertThat(dry.status()).as(dry.talk()).isZero();
        assertThat(dry.talk()).contains(former + " would be replaced");
        assertThat(repository()).doesNotExist();

        ProgramRun replaced = run("init", "--replace-repository", "local");

        assertThat(replaced.status()).as(replaced.talk()).isZero();
        assertThat(replaced.talk()).contains(former + " was replaced", "created, cluster registered");
        assertThat(id(repository())).isNotEqualTo(former);
        assertThat(root.resolve("spool/v1/pending/" + id(repository()) + "/main/" + system + "/0000000000000001.X"))
                .hasContent("queued");
        assertThat(run("wal-list").status()).isZero();
        assertThat(run("init").status()).isZero();
    }

    /** The system identifier of a cluster in a repository. */
    private String registered(String repository, String cluster) throws IOException {
        try (Stream<Path> systems = Files.list(root.resolve(repository).resolve(cluster))) {
            return String.valueOf(systems.findFirst().orElseThrow().getFileName());
        }
    }

    /** A queue of a cluster that the new one does not know would never be delivered. */
    @Test
    void everyClusterOfTheHostThatSharesTheRepositoryIsRegisteredInTheNewOneWithItsQueue() throws IOException {
        Path config = root.resolve("tidemark.toml");
        String one = Files.readString(config);
        String table = one.substring(one.indexOf("[cluster.main]"));
        Files.writeString(config, one + table.replace("[cluster.main]", "[cluster.second]"));
        assertThat(run("init", "--cluster", "second").status()).isZero();
        Files.writeString(
                config,
                Files.readString(config)
                        + table.replace("[cluster.main]", "[cluster.third]").replace("'offsite'", "'local'"));
        String former = id(repository());
        String system = registered("offsite", "second");
        for (String cluster : List.of("second", "third")) {
            Path queue =
                    Files.createDirectories(root.resolve("spool/v1/pending/" + former + "/" + cluster + "/" + system));
            Files.writeString(queue.resolve("0000000000000001.X"), "queued");
        }
        remove();

        ProgramRun replaced = run("init", "--replace-repository", "local", "--cluster", "main");

        assertThat(replaced.status()).as(replaced.talk()).isZero();
        assertThat(replaced.talk())
                .contains(
                        "cluster 'second' (system identifier " + system + ") was registered as in 'offsite'",
                        "--cluster third");
        assertThat(registered("repository", "second")).isEqualTo(system);
        Path pending = root.resolve("spool/v1/pending");
        assertThat(pending.resolve(id(repository()) + "/second/" + system + "/0000000000000001.X"))
                .hasContent("queued");
        assertThat(pending.resolve(former + "/third/" + system + "/0000000000000001.X"))
                .hasContent("queued");
    }

    @Test
    void anotherRepositoryAtTheAddressIsTakenOver() throws IOException {
        remove();
        Files.move(root.resolve("offsite"), repository());
        assertThat(run("wal-list").status()).isEqualTo(13);

        ProgramRun replaced = run("init", "--replace-repository", "local");

        assertThat(replaced.status()).as(replaced.talk()).isZero();
        assertThat(replaced.talk()).contains("exists, cluster is registered");
        assertThat(run("wal-list", "--repository", "local").status()).isZero();
    }

    @Test
    void aRepositoryThatIsThereIsNeverReplaced() throws IOException {
        String former = id(repository());

        ProgramRun refused = run("init", "--replace-repository", "local");

        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.talk()).contains("is the one that this host remembers");
        assertThat(id(repository())).isEqualTo(former);
        assertThat(run("wal-list").status()).isZero();
    }

    @Test
    void aDiskThatFstabKnowsAndThatIsNotMountedIsNoReplacement() throws IOException {
        remove();
        Files.createDirectories(root.resolve("etc"));
        Files.createDirectories(root.resolve("proc/self"));
        Files.writeString(root.resolve("etc/fstab"), "# a disk\nUUID=1 " + root + " ext4 defaults 0 2\n");
        Files.writeString(root.resolve("proc/self/mounts"), "/dev/sda1 / ext4 rw 0 0\n");

        ProgramRun refused = run("init", "--replace-repository", "local");

        assertThat(refused.status()).isEqualTo(10);
        assertThat(refused.talk()).contains("is not mounted");
        assertThat(repository()).doesNotExist();

        Files.writeString(root.resolve("proc/self/mounts"), "/dev/sdb1 " + root + " ext4 rw 0 0\n");
        assertThat(run("init", "--replace-repository", "local").status()).isZero();
    }

    @Test
    void whereNothingCanBeMadeTheFormerOneIsStillRemembered() throws IOException {
        remove();
        Files.writeString(repository(), "not a directory");

        assertThat(run("init", "--replace-repository", "local").status()).isNotZero();
        Files.delete(repository());

        assertThat(run("init").talk()).contains("--replace-repository local");
        assertThat(repository()).doesNotExist();
    }
}
