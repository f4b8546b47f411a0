// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.testkit.OperatingUser;

/**
 * However a JVM fails: the archiver is told to try again by a status that it counts, and a recovery is stopped. The
 * data directory has no control file, so that even a JVM that works cannot succeed here.
 */
class BrokenJavaTest {
    private static final String SEGMENT = "000000010000000000000001";
    private static final Map<String, String> NOTHING = Map.of();

    @TempDir
    private Path directory;

    private Installation installation;

    @BeforeEach
    void install() throws IOException {
        installation = new Installation(directory);
        installation.put("recovery.signal", "");
        installation.put("pg_wal/" + SEGMENT, "not a segment");
    }

    @Test
    void noJavaAtAll() throws Exception {
        installation.useJava(Path.of("/nowhere"));

        Installation.Outcome push = installation.run(List.of(), NOTHING, "wal-push", "pg_wal/" + SEGMENT);
        assertThat(push.status()).as(push.output()).isEqualTo(90);
        assertThat(push.output()).contains("is not complete", "HINT: install Tidemark again");
        assertThat(installation
                        .run(List.of(), NOTHING, "wal-fetch", SEGMENT, "pg_wal/RECOVERYXLOG")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void aJavaThatIsNoProgram() throws Exception {
        Path fake = Files.createDirectories(directory.resolve("fake/bin"));
        Files.write(fake.resolve("java"), new byte[] {0x7F, 'E', 'L', 'F', 0, 1, 2, 3});
        assertThat(fake.resolve("java").toFile().setExecutable(true, false)).isTrue();
        installation.useJava(directory.resolve("fake"));

        assertNeitherDoneNorAbsent(List.of(), NOTHING);
    }

    /**
     * PostgreSQL calls it at every restartpoint. Wrong arguments, as those of pg_archivecleanup, are not passed over.
     */
    @Test
    void cleaningUpNeedsNoJava() throws Exception {
        installation.useJava(Path.of("/nowhere"));
        installation.removeJar("cli-");

        assertThat(installation.run(List.of(), NOTHING, "wal-cleanup", SEGMENT))
                .isEqualTo(new Installation.Outcome(0, ""));
        assertThat(installation.run(List.of(), NOTHING, "wal-cleanup", SEGMENT, "--cluster", "main"))
                .isEqualTo(new Installation.Outcome(0, ""));
        for (List<String> wrong : List.of(
                List.of("wal-cleanup"), List.of("wal-cleanup", "/archive", SEGMENT), List.of("wal-cleanup", "%r"))) {
            assertThat(installation
                            .run(List.of(), NOTHING, wrong.toArray(String[]::new))
                            .status())
                    .isNotZero();
        }
    }

    @Test
    void noMemory() throws Exception {
        assertNeitherDoneNorAbsent(List.of("prlimit", "--as=250000000"), NOTHING);
    }

    @Test
    void tooLittleMemoryForACommandOfPeople() throws Exception {
        Files.writeString(directory.resolve("long.toml"), "# nothing\n".repeat(6_000_000));

        Installation.Outcome ended = installation.run(
                List.of(), Map.of("TIDEMARK_JAVA_OPTIONS", "-Xmx48m"), "config", "--config", directory + "/long.toml");

        assertThat(ended.status()).as(ended.output()).isEqualTo(90);
        assertThat(ended.output())
                .contains("needs more memory than the 4", "export TIDEMARK_JAVA_OPTIONS=-Xmx9")
                .doesNotContain("\tat ");
    }

    @Test
    void noProcesses() throws Exception {
        assertNeitherDoneNorAbsent(List.of("prlimit", "--nproc=0"), NOTHING);
    }

    @Test
    void theProgramsOwnJarIsMissing() throws Exception {
        installation.removeJar("cli-");

        assertNeitherDoneNorAbsent(List.of(), NOTHING);
    }

    @Test
    void aJarThatIsNeededLaterIsMissing() throws Exception {
        installation.removeJar("core-");

        assertNeitherDoneNorAbsent(List.of(), NOTHING);
    }

    @Test
    void anOptionThatTheJvmRefuses() throws Exception {
        assertNeitherDoneNorAbsent(List.of(), Map.of("TIDEMARK_JAVA_OPTIONS", "-XX:NoSuchOption"));
    }

    @Test
    void anOptionThatMakesTheJvmEndWithZero() throws Exception {
        assertNeitherDoneNorAbsent(List.of(), Map.of("TIDEMARK_JAVA_OPTIONS", "--version"));
    }

    @Test
    void optionsForOtherProgramsAreNotListenedTo() throws Exception {
        Installation.Outcome push = installation.run(
                List.of(),
                Map.of("JDK_JAVA_OPTIONS", "--version", "JAVA_TOOL_OPTIONS", "-XX:NoSuchOption"),
                "wal-push",
                "pg_wal/" + SEGMENT);

        assertThat(push.status()).as(push.output()).isEqualTo(2);
        assertThat(push.output()).contains("HINT: ").doesNotContain("NoSuchOption");
    }

    @Test
    void aBrokenCache() throws Exception {
        for (String command : List.of("wal-push", "wal-fetch")) {
            Files.write(directory.resolve(command + ".aot"), "not a cache".getBytes(StandardCharsets.UTF_8));
        }
        installation.putOneTimeOnJarsAndCaches();

        Installation.Outcome push = installation.run(List.of(), NOTHING, "wal-push", "pg_wal/" + SEGMENT);

        assertThat(push.status()).as(push.output()).isEqualTo(2);
        assertNeitherDoneNorAbsent(List.of(), NOTHING);
    }

    @Test
    void aJvmThatIsKilled() throws Exception {
        Path configuration = directory.resolve("fifo");
        assertThat(new ProcessBuilder(OperatingUser.current().command(List.of("mkfifo", configuration.toString())))
                        .start()
                        .waitFor())
                .isZero();

        assertThat(killed("wal-push", "pg_wal/" + SEGMENT, "--config", configuration.toString()))
                .isEqualTo(90);
        assertThat(killed("wal-fetch", SEGMENT, "pg_wal/RECOVERYXLOG", "--config", configuration.toString()))
                .isEqualTo(200);
    }

    /** Java reads its configuration from a pipe into which nobody writes, and is killed meanwhile. */
    private int killed(String... arguments) throws IOException, InterruptedException {
        Process launcher = installation.start(List.of(), NOTHING, arguments);
        Awaitility.await("Java to be started")
                .atMost(Duration.ofMinutes(2))
                .until(() -> launcher.descendants()
                        .anyMatch(process -> process.info().command().orElse("").endsWith("/java")));
        launcher.descendants().forEach(ProcessHandle::destroyForcibly);
        return launcher.waitFor();
    }

    @Test
    void aSignalToTheWholeGroupIsAFailureThatTheArchiverCounts() throws Exception {
        Path configuration = directory.resolve("fifo");
        assertThat(new ProcessBuilder(OperatingUser.current().command(List.of("mkfifo", configuration.toString())))
                        .start()
                        .waitFor())
                .isZero();
        Process launcher = installation.start(
                List.of(), NOTHING, "wal-push", "pg_wal/" + SEGMENT, "--config", configuration.toString());
        Awaitility.await("Java to be started")
                .atMost(Duration.ofMinutes(2))
                .until(() -> launcher.descendants()
                        .anyMatch(process -> process.info().command().orElse("").endsWith("/java")));

        launcher.toHandle().destroy();
        launcher.descendants().forEach(ProcessHandle::destroy);

        assertThat(launcher.waitFor()).isBetween(10, 99);
    }

    private void assertNeitherDoneNorAbsent(List<String> wrapper, Map<String, String> environment)
            throws IOException, InterruptedException {
        Installation.Outcome push = installation.run(wrapper, environment, "wal-push", "pg_wal/" + SEGMENT);
        assertThat(push.status()).as(push.output()).isIn(2, 70, 90);
        Installation.Outcome fetch =
                installation.run(wrapper, environment, "wal-fetch", SEGMENT, "pg_wal/RECOVERYXLOG");
        assertThat(fetch.status()).as(fetch.output()).isEqualTo(200);
    }
}
