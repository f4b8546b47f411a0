// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.several;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.acceptance.InstalledTidemark;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.TemporaryTree;

/** A server that is stopped at once, or killed, while its archive_command waits for a repository that hangs. */
@InTurn
class ImmediateStopTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    /** For what the server's end must take with it. */
    private static final Duration SOON = Duration.ofMinutes(1);

    private final Path directory = OperatingUser.current().newTemporaryDirectory("tidemark-stopped");
    private final Path home = directory.resolve("home");
    private final Path config = directory.resolve("tidemark.toml");
    private final PostgresServer server = PostgresServer.of(
                    PostgresBinaries.oldestAndNewest().getLast())
            .initdb("--wal-segsize=1")
            .setting("archive_mode", "on")
            .create();

    @BeforeEach
    void install() throws IOException {
        TemporaryTree.copy(InstalledTidemark.home(), home);
        HangingStoreProvider.writeJar(home.resolve("lib/zz-hang.jar"));
        Files.createDirectory(directory.resolve("repository"));
        Files.createFile(directory.resolve("repository.hangs"));
        Files.writeString(config, """
                [host]
                spool = '%1$s/spool'
                push-timeout = '10m'
                [repository.local]
                url = 'hang://%1$s/repository'
                [cluster.main]
                data-directory = '%2$s'
                repositories = ['local']
                """.formatted(directory, server.dataDirectory()));
        Files.setPosixFilePermissions(config, PosixFilePermissions.fromString("rw-------"));
        OperatingUser.current().own(directory);
    }

    @AfterEach
    void remove() throws IOException {
        ours().forEach(ProcessHandle::destroyForcibly);
        server.close();
        TemporaryTree.delete(directory);
    }

    /** Everything that runs with this test's configuration: launchers, their shells, and Java. */
    private List<ProcessHandle> ours() throws IOException {
        List<ProcessHandle> found = new ArrayList<>();
        try (Stream<Path> entries = Files.list(Path.of("/proc"))) {
            for (Path entry : entries.filter(
                            each -> String.valueOf(each.getFileName()).matches("[0-9]+"))
                    .toList()) {
                if (commandLine(entry).contains(config.toString())) {
                    ProcessHandle.of(Long.parseLong(String.valueOf(entry.getFileName())))
                            .ifPresent(found::add);
                }
            }
        }
        return found;
    }

    private static String commandLine(Path process) {
        try {
            return Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return ""; // it has ended
        }
    }

    private void archiveInVain(String around) {
        String command = around.formatted(home.resolve("bin/tidemark") + " wal-push %p --config " + config);
        server.start();
        server.sql(
                "ALTER SYSTEM SET archive_command = '" + command.replace("'", "''") + "'", "SELECT pg_reload_conf()");
        server.sql("SELECT txid_current()", "SELECT pg_switch_wal()");
        Awaitility.await().atMost(LIMIT).until(this::pushWaits);
    }

    /** Whether Java has begun and hangs: its watchdog is there, which begins after it has looked at its callers. */
    private boolean pushWaits() throws IOException {
        for (ProcessHandle process : ours()) {
            Path threads = Path.of("/proc", Long.toString(process.pid()), "task");
            if (Files.isDirectory(threads)) {
                try (Stream<Path> each = Files.list(threads)) {
                    if (each.anyMatch(thread -> name(thread).equals("watchdog"))) {
                        return true;
                    }
                } catch (IOException | UncheckedIOException e) {
                    return false; // it has just ended
                }
            }
        }
        return false;
    }

    private static String name(Path thread) {
        try {
            return Files.readString(thread.resolve("comm")).strip();
        } catch (IOException e) {
            return "";
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"%s", "test -d pg_wal && %s"})
    void nothingOfOursIsLeftAfterAnImmediateStop(String around) throws Exception {
        archiveInVain(around);

        server.stopImmediately();

        Awaitility.await().atMost(SOON).until(() -> ours().isEmpty());
        assertThat(server.log()).doesNotContain("Full thread dump").contains("interrupted by a signal");
        try (Stream<Path> files = Files.list(server.dataDirectory())) {
            assertThat(files.map(file -> String.valueOf(file.getFileName())))
                    .noneMatch(name -> name.startsWith("core"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"%s", "test -d pg_wal && %s"})
    void nothingOfOursIsLeftAfterThePostmasterWasKilled(String around) throws Exception {
        archiveInVain(around);
        String postmaster = Files.readAllLines(server.dataDirectory().resolve("postmaster.pid"))
                .getFirst();

        new ProcessBuilder("sh", "-c", "kill -KILL " + postmaster).start().waitFor();

        Awaitility.await().atMost(SOON).until(() -> ours().isEmpty());
        assertThat(server.log())
                .contains("the process that asked for it is gone")
                .containsPattern("20[0-9-]+ [0-9:]+Z tidemark wal-push\\[[0-9]+]: ERROR: ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"INT", "TERM", "QUIT", "HUP"})
    void aSignalToTheGroupEndsAPushWithoutASecondJava(String signal) throws Exception {
        Path output = directory.resolve("output");
        // With a cache of classes the launcher would try again without it.
        Files.writeString(home.resolve("wal-push.aot"), "not a cache");
        InstalledTidemark.putOneTimeOnJarsAndCaches(home);
        server.start();
        String segment = server.query("SELECT pg_walfile_name(pg_current_wal_lsn())");
        server.sql("SELECT txid_current()", "SELECT pg_switch_wal()");
        List<String> command = new ArrayList<>(List.of("setsid", "env", "--default-signal=HUP,INT,QUIT,TERM"));
        command.addAll(List.of(home.resolve("bin/tidemark").toString(), "--config", config.toString(), "wal-push"));
        command.add("pg_wal/" + segment);
        ProcessBuilder builder = new ProcessBuilder(OperatingUser.current().command(command))
                .directory(server.dataDirectory().toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().clear();
        builder.environment().putAll(Map.of("PATH", "/usr/bin:/bin", "HOME", directory.toString()));
        Process push = builder.start();
        Awaitility.await().atMost(LIMIT).until(this::pushWaits);

        new ProcessBuilder("sh", "-c", "kill -s " + signal + " -- -" + push.pid())
                .start()
                .waitFor();

        assertThat(push.waitFor(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(push.exitValue()).as(Files.readString(output)).isEqualTo(75);
        assertThat(Files.readString(output)).doesNotContain("thread dump");
        Awaitility.await().atMost(SOON).until(() -> ours().isEmpty());
    }
}
