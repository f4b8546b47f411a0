// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.several;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.InstalledTidemark;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.ControlFile;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.TemporaryTree;
import org.tidemark.testkit.WalFixtures;

/** Whole processes, started by the launcher as PostgreSQL does, and a repository that never answers. */
@Order(1) // among the longest
@InTurn
class HangingRepositoryTest {
    private static final int LIMIT_SECONDS = 120;
    private static final Duration LONG = Duration.ofSeconds(LIMIT_SECONDS);
    private static final WalSegmentSize SIZE = new WalSegmentSize(1 << 20);

    private final Path directory = OperatingUser.current().newTemporaryDirectory("tidemark-hanging");
    private final Path home = directory.resolve("home");
    /** Never started: it has a data directory. */
    private final PostgresServer server = PostgresServer.of(
                    PostgresBinaries.oldestAndNewest().getLast())
            .initdb("--wal-segsize=1")
            .create();

    private final Path data = server.dataDirectory();

    @BeforeEach
    void install() throws Exception {
        TemporaryTree.copy(InstalledTidemark.home(), home);
        HangingStoreProvider.writeJar(home.resolve("lib/zz-hang.jar"));
        Files.createDirectory(directory.resolve("local"));
        Files.createDirectory(directory.resolve("offsite"));
        Path config = directory.resolve("tidemark.toml");
        Files.writeString(config, """
                [host]
                spool = '%1$s/spool'
                push-timeout = '20s'
                fetch-retry = '1s'
                [repository.offsite]
                url = 'hang://%1$s/offsite'
                [repository.local]
                url = 'file://%1$s/local'
                [cluster.main]
                data-directory = '%2$s'
                repositories = ['offsite', 'local']
                acknowledge = 1
                """.formatted(directory, data));
        Files.setPosixFilePermissions(config, PosixFilePermissions.fromString("rw-------"));
        OperatingUser.current().own(directory);
        ControlFile control = ControlFile.read(data);
        for (String name : List.of("local", "offsite")) {
            register(name, control);
        }
    }

    /** As init does, which needs a server. */
    private void register(String name, ControlFile control) throws IOException {
        var provider = new org.tidemark.store.filesystem.FileSystemStoreProvider();
        java.net.URI address = directory.resolve(name).toUri();
        provider.createRoot(address, Map.of());
        org.tidemark.catalog.Repository.create(provider.open(address, Map.of()), java.time.Clock.systemUTC())
                .register(
                        new org.tidemark.catalog.ClusterIdentity(
                                new org.tidemark.core.ClusterName("main"),
                                control.system(),
                                control.walSegmentSize(),
                                control.pageSize(),
                                control.postgresMajor()),
                        java.time.Clock.systemUTC());
        OperatingUser.current().own(directory.resolve(name));
    }

    @AfterEach
    void remove() {
        server.close();
        TemporaryTree.delete(directory);
    }

    private record Outcome(int status, String output, Duration took) {}

    private Outcome run(String... arguments) throws Exception {
        List<String> command =
                new ArrayList<>(List.of(home.resolve("bin/tidemark").toString()));
        command.addAll(List.of(arguments));
        command.addAll(List.of("--config", directory.resolve("tidemark.toml").toString()));
        Path output = Files.createTempFile("tidemark", ".output");
        ProcessBuilder builder = new ProcessBuilder(OperatingUser.current().command(command))
                .directory(data.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().clear();
        builder.environment().put("PATH", "/usr/bin:/bin");
        builder.environment().put("HOME", directory.toString());
        long start = System.nanoTime();
        Process process = builder.start();
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError(String.join(" ", arguments) + " did not end:\n" + Files.readString(output));
        }
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        Outcome outcome = new Outcome(process.exitValue(), Files.readString(output), took);
        Files.delete(output);
        return outcome;
    }

    private Segment write(int number) throws IOException {
        Segment segment = Segment.of(new Timeline(1), number, SIZE);
        SystemIdentifier system = ControlFile.read(data).system();
        Path file = data.resolve("pg_wal").resolve(segment.name());
        Files.write(file, WalFixtures.segment(segment, system, SIZE, 7));
        OperatingUser.current().own(file);
        assertThat(segment.start(SIZE)).isNotEqualTo(new Lsn(0));
        return segment;
    }

    private long count(String below, String name) throws IOException {
        Path root = directory.resolve(below);
        if (!Files.isDirectory(root)) {
            return 0;
        }
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(file -> String.valueOf(file.getFileName()).contains(name))
                    .count();
        }
    }

    @Test
    void checkEndsInTimeAndNamesIt() throws Exception {
        Files.createFile(directory.resolve("offsite.hangs"));

        Outcome check = run("check", "--nagios", "--timeout", "20s");

        assertThat(check.status()).as(check.output()).isEqualTo(2);
        assertThat(check.output())
                .startsWith("TIDEMARK CRITICAL - main: ")
                .contains("repository: 'offsite': no answer within 20s")
                .contains("there is no backup in 'local'");
        assertThat(check.took()).isLessThan(Duration.ofSeconds(60));
    }

    @Test
    void pushesAndFetchesGoOnWithoutItAndItIsFilledWhenItAnswersAgain() throws Exception {
        Segment healthy = write(30);
        assertThat(run("wal-push", "pg_wal/" + healthy.name()).status()).isZero();
        assertThat(count("offsite", healthy.name())).isEqualTo(1);

        Files.createFile(directory.resolve("offsite.hangs"));
        Segment first = write(31);
        Outcome patient = run("wal-push", "pg_wal/" + first.name());
        assertThat(patient.status()).as(patient.output()).isZero();
        assertThat(patient.took())
                .as("a second, or as long again as the first one took, and no more than 80 % of push-timeout")
                .isBetween(Duration.ofSeconds(1), Duration.ofSeconds(40));
        // No warning: a repository that is merely slow may be so for two minutes.
        assertThat(patient.output()).contains("is queued for 'offsite'").doesNotContain("WARNING");
        Segment second = write(32);
        Outcome impatient = run("wal-push", "pg_wal/" + second.name());
        assertThat(impatient.status()).as(impatient.output()).isZero();
        // The fastest of some: what a busy machine takes by itself differs by as much as the wait.
        Duration fastest = impatient.took();
        for (int number = 33; number < 36; number++) {
            Outcome more = run("wal-push", "pg_wal/" + write(number).name());
            assertThat(more.status()).as(more.output()).isZero();
            fastest = fastest.compareTo(more.took()) < 0 ? fastest : more.took();
        }
        assertThat(fastest).isLessThan(patient.took());
        assertThat(count("local", second.name())).isEqualTo(1);
        assertThat(count("spool/v1/pending", first.name())).isEqualTo(1);
        assertThat(count("spool/v1/pending", second.name())).isEqualTo(1);

        Files.writeString(data.resolve("recovery.signal"), "");
        Path target = data.resolve("pg_wal/RECOVERYXLOG");
        Outcome fetched = run("wal-fetch", first.name(), "pg_wal/RECOVERYXLOG");
        assertThat(fetched.status()).as(fetched.output()).isZero();
        assertThat(target).hasSameBinaryContentAs(data.resolve("pg_wal").resolve(first.name()));
        Files.delete(target);
        Duration fastestFetch = LONG;
        for (int number = 32; number < 36; number++) {
            Outcome again =
                    run("wal-fetch", Segment.of(new Timeline(1), number, SIZE).name(), "pg_wal/RECOVERYXLOG");
            assertThat(again.status()).as(again.output()).isZero();
            fastestFetch = fastestFetch.compareTo(again.took()) < 0 ? fastestFetch : again.took();
            Files.delete(target);
        }
        assertThat(fastestFetch).isLessThan(fetched.took());
        Outcome unknown = run("wal-fetch", Segment.of(new Timeline(1), 40, SIZE).name(), "pg_wal/RECOVERYXLOG");
        assertThat(unknown.status()).as(unknown.output()).isEqualTo(200);
        assertThat(target).doesNotExist();

        Files.delete(directory.resolve("offsite.hangs"));
        Outcome sync = run("sync");
        assertThat(sync.status()).as(sync.output()).isZero();
        assertThat(count("spool/v1/pending", first.name())).isZero();
        assertThat(count("offsite", first.name())).isEqualTo(1);
        assertThat(count("offsite", second.name())).isEqualTo(1);
        Outcome absent = run("wal-fetch", Segment.of(new Timeline(1), 40, SIZE).name(), "pg_wal/RECOVERYXLOG");
        assertThat(absent.status()).as(absent.output()).isEqualTo(1);
    }

    /** With the valve: the one repository that there is hangs, and pg_wal is about to fill its disk. */
    @Test
    void whatNoRepositoryTakesInTimeIsGivenUpAndTheNextOneAtOnce() throws Exception {
        Path config = directory.resolve("tidemark.toml");
        Files.writeString(
                config,
                Files.readString(config)
                        .replace("push-timeout = '20s'", "push-timeout = '4s'\npg-wal-full = 'drop at 900000TiB free'")
                        .replace("['offsite', 'local']", "['offsite']"));
        Files.createFile(directory.resolve("offsite.hangs"));

        Outcome first = run("wal-push", "pg_wal/" + write(31).name());
        Outcome second = run("wal-push", "pg_wal/" + write(32).name());

        assertThat(first.status()).as(first.output()).isZero();
        assertThat(first.output()).contains("' without archiving it", "no repository took it within 4 s");
        assertThat(first.took()).isGreaterThan(Duration.ofSeconds(4));
        assertThat(second.status()).as(second.output()).isZero();
        assertThat(second.output()).contains("' without archiving it", "the last attempt timed out");
        assertThat(count("spool/v1/given-up", ".json")).as("one range").isEqualTo(1);

        Files.delete(directory.resolve("offsite.hangs"));
        Segment third = write(33);
        Files.delete(directory
                .resolve("spool/v1/given-up")
                .resolve("main")
                .resolve(ControlFile.read(data).system().toString())
                .resolve("tried"));
        Outcome archived = run("wal-push", "pg_wal/" + third.name());
        assertThat(archived.output()).doesNotContain("without archiving it");
        assertThat(count("offsite", third.name())).isEqualTo(1);
        assertThat(count("offsite", "-given-up.json")).isEqualTo(1);
        assertThat(count("spool/v1/given-up", ".json")).isZero();
    }
}
