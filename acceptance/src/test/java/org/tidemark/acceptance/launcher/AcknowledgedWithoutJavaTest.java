// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.acceptance.WalProcesses;
import org.tidemark.postgres.RunningProcess;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.TemporaryTree;

/**
 * A segment that was archived together with an earlier one is acknowledged without Java, and whatever is not exactly as
 * it was then needs Java again. The installation has no Java while the second call is made, so that the launcher's
 * status tells which of the two it was.
 */
@TestInstance(Lifecycle.PER_CLASS)
@InTurn
class AcknowledgedWithoutJavaTest {
    private static final int NOT_BUILT = 90;
    private static final int SEGMENTS = 3;
    private static final int ATTEMPTS = 60;
    private static final int LIMIT_SECONDS = 60;

    @TempDir
    private static Path directory;

    private Installation installation;
    private Path config;
    private Path home;
    private PostgresServer server;
    private Map<String, String> environment;

    @BeforeAll
    void archive() throws Exception {
        installation = new Installation(directory);
        server = PostgresServer.of(PostgresBinaries.newestEmbedded())
                .initdb("--wal-segsize=1")
                .archiving("false")
                .create();
        server.start();
        home = OperatingUser.current().newTemporaryDirectory("tidemark-home");
        config = home.resolve("tidemark.toml");
        environment = new HashMap<>();
        environment.put("HOME", home.toString());
        environment.put("TIDEMARK_CONFIG", config.toString());
        environment.put("TIDEMARK_HOST_SPOOL", home.resolve("spool").toString());
        environment.put("TIDEMARK_CLUSTER_MAIN_ACKNOWLEDGE", "1");
        installation.runIn(
                server.dataDirectory(),
                environment,
                "init",
                "--url",
                home.resolve("repository").toUri().toString(),
                "--conninfo",
                server.socketConninfo(),
                "--config",
                config.toString());
        Files.move(config, home.resolve("own.toml"));
        leadTo(home.resolve("own.toml"));
        server.sql("CREATE TABLE t (i int)");
        for (int i = 0; i < SEGMENTS; i++) {
            server.sql("INSERT INTO t VALUES (" + i + ")", "SELECT pg_switch_wal()");
        }
    }

    @AfterAll
    void stop() {
        server.close();
        TemporaryTree.delete(home);
    }

    /**
     * The notes are made again for each case; not while the configuration has just been written, as some cases do,
     * since it may change again within the same instant.
     */
    @BeforeEach
    void archiveAhead() throws Exception {
        deleteNotes();
        for (int i = 0; i < ATTEMPTS && notes().isEmpty(); i++) {
            Installation.Outcome outcome = installation.runIn(
                    server.dataDirectory(), environment, "wal-push", segments().getFirst());
            assertThat(outcome.status()).as(outcome.output()).isZero();
        }
        assertThat(notes()).as("notes").hasSize(1);
        Path notes = notes().getFirst();
        for (String segment : segments().subList(1, SEGMENTS)) {
            await().until(() -> Files.exists(notes.resolve(segment.substring(7))));
        }
        // The notes alone are what these cases are about.
        for (ProcessHandle stays : WalProcesses.of(server, WalProcesses.JAVA)) {
            stays.destroyForcibly();
            stays.onExit().join();
        }
        Files.delete(notes.resolve("archiver"));
    }

    /** Where others wait, another shell than the launcher sees how Java ended. */
    @Test
    void aFailureKeepsItsStatusWhereJavaMayStay() throws Exception {
        Installation.Outcome outcome = installation.runIn(
                server.dataDirectory(), environment, "wal-push", segments().getFirst(), "--cluster", "nobody");

        assertThat(outcome.status()).as(outcome.output()).isEqualTo(2);
        assertThat(outcome.output()).contains("nobody").doesNotContain("Java exited");
    }

    /** Those that compare fractions of a second: all in a campaign, one in a build. */
    static List<String> exactShells() {
        return Rounds.oneOrAll(List.of("dash", "bash"));
    }

    static List<String> shells() {
        List<String> shells = new ArrayList<>(List.of("dash", "bash"));
        if (Files.isExecutable(Path.of("/usr/bin/busybox")) || Files.isExecutable(Path.of("/bin/busybox"))) {
            shells.add("busybox sh");
        }
        return shells;
    }

    @ParameterizedTest
    @MethodSource("shells")
    void whatIsArchivedIsAcknowledgedByItsNotesAlone(String shell) throws Exception {
        // busybox compares seconds, which is not enough; it must see that for itself.
        int expected = shell.startsWith("busybox") ? NOT_BUILT : 0;

        for (String segment : segments().subList(1, SEGMENTS)) {
            assertThat(push(shell, environment, segment)).as(segment).isEqualTo(expected);
        }
        assertThat(push(shell, environment, segments().getFirst()))
                .as("the one that was handed over has been told")
                .isEqualTo(NOT_BUILT);
    }

    @ParameterizedTest
    @MethodSource("exactShells")
    void anotherVersionOfTheFileIsNot(String shell) throws Exception {
        Path file = server.dataDirectory().resolve(segments().get(1));
        FileTime time = Files.getLastModifiedTime(file);

        try {
            Files.setLastModifiedTime(file, FileTime.from(time.toInstant().plusNanos(1)));
            assertThat(push(shell, environment, segments().get(1))).as("newer").isEqualTo(NOT_BUILT);
            Files.setLastModifiedTime(file, FileTime.from(time.toInstant().minusNanos(1)));
            assertThat(push(shell, environment, segments().get(1))).as("older").isEqualTo(NOT_BUILT);
        } finally {
            Files.setLastModifiedTime(file, time);
        }
        assertThat(push(shell, environment, segments().get(1))).as("as it was").isZero();
        assertThat(push(shell, environment, "pg_wal/0000000100000000000000FF"))
                .as("no such file")
                .isEqualTo(NOT_BUILT);
        assertThat(push(shell, environment, "pg_wal/../" + segments().get(1)))
                .as("another way to write it")
                .isEqualTo(NOT_BUILT);
    }

    @ParameterizedTest
    @MethodSource("exactShells")
    void anotherCallIsNot(String shell) throws Exception {
        String segment = segments().get(1);
        Map<String, String> more = new HashMap<>(environment);
        more.put("TIDEMARK_REPOSITORY_SECOND_URL", "file:///nowhere");
        Path other = Files.copy(
                config,
                config.resolveSibling("tidemark.tomm"),
                StandardCopyOption.COPY_ATTRIBUTES,
                StandardCopyOption.REPLACE_EXISTING);
        Map<String, String> otherFile = new HashMap<>(environment);
        otherFile.put("TIDEMARK_CONFIG", other.toString());
        Map<String, String> otherValue = new HashMap<>(environment);
        otherValue.put("TIDEMARK_CLUSTER_MAIN_ACKNOWLEDGE", "2");

        assertThat(push(shell, environment, segment, "--cluster", "main")).isEqualTo(NOT_BUILT);
        assertThat(push(shell, more, segment)).as("one more variable").isEqualTo(NOT_BUILT);
        assertThat(push(shell, otherValue, segment))
                .as("a value of the same length")
                .isEqualTo(NOT_BUILT);
        assertThat(push(shell, otherFile, segment))
                .as("a path of the same length")
                .isEqualTo(NOT_BUILT);
        assertThat(push(shell, environment, segment)).as("the same call").isZero();
    }

    /** Archives the first segment in another way, and another one with it. */
    private void archiveBy(Map<String, String> variables, String... words) throws Exception {
        deleteNotes();
        for (int i = 0; i < ATTEMPTS && notes().isEmpty(); i++) {
            Installation.Outcome outcome = installation.runIn(server.dataDirectory(), variables, words);
            assertThat(outcome.status()).as(outcome.output()).isZero();
        }
        assertThat(notes()).as("notes").hasSize(1);
    }

    @ParameterizedTest
    @MethodSource("exactShells")
    void anOptionMayComeBeforeTheFile(String shell) throws Exception {
        String segment = segments().get(1);
        archiveBy(environment, "wal-push", "--cluster", "main", segments().getFirst());

        assertThat(call(shell, environment, "wal-push", "--cluster", "main", segment))
                .isZero();
        assertThat(call(shell, environment, "wal-push", segment, "--cluster", "main"))
                .isZero();
        assertThat(call(shell, environment, "wal-push", "--cluster", "other", segment))
                .isEqualTo(NOT_BUILT);
        assertThat(call(shell, environment, "wal-push", segment)).isEqualTo(NOT_BUILT);

        archiveBy(environment, "--cluster", "main", "wal-push", segments().getFirst());

        assertThat(call(shell, environment, "--cluster", "main", "wal-push", segment))
                .isZero();
        assertThat(call(shell, environment, "--cluster", "wal-push", "check", segment))
                .isEqualTo(NOT_BUILT);
    }

    /** The home that the launcher knows is not the one of the password database, and the spool is elsewhere. */
    @ParameterizedTest
    @MethodSource("exactShells")
    void javaLeavesItsNotesWhereTheLauncherLooks(String shell) throws Exception {
        Path elsewhere = home.resolve("elsewhere.toml");
        String spool = "[host]\nspool = '" + home.resolve("elsewhere") + "'\n";
        Files.writeString(elsewhere, Files.readString(config).replace("[host]\n", spool));
        OperatingUser.current().own(home);
        Map<String, String> variables = new HashMap<>(environment);
        variables.remove("TIDEMARK_HOST_SPOOL");
        variables.put("TIDEMARK_CONFIG", elsewhere.toString());
        Path notes = home.resolve(".local/state/tidemark/v1/archived");

        for (int i = 0; i < ATTEMPTS && !Files.exists(notes); i++) {
            Installation.Outcome outcome = installation.runIn(
                    server.dataDirectory(), variables, "wal-push", segments().getFirst());
            assertThat(outcome.status()).as(outcome.output()).isZero();
        }

        assertThat(push(shell, variables, segments().get(1))).isZero();
        assertThat(home.resolve("elsewhere")).isDirectory();
        TemporaryTree.delete(home.resolve(".local"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"dash", "bash", "bash --posix"})
    void onlyVariablesThatDecideWhereItGoesCount(String shell) throws Exception {
        String segment = segments().get(1);
        Map<String, String> others = new HashMap<>(environment);
        others.put("SUDO_COMMAND", "/usr/bin/tidemark wal-push " + segment);
        others.put("TRACE_ID", "4711");
        others.put("LINES", "one\nexport TRACE_ID='x'\n'two' \"three\" $four `five` * \\");
        assertThat(push(shell, others, segment)).as("others").isZero();

        for (String name : List.of("AWS_REGION", "OS_AUTH_URL", "LD_PRELOAD_", "TZ", "https_proxy", "HTTP_PROXY")) {
            Map<String, String> more = new HashMap<>(environment);
            more.put(name, "it's\nanother");
            assertThat(push(shell, more, segment)).as(name).isEqualTo(NOT_BUILT);
        }
    }

    @ParameterizedTest
    @MethodSource("exactShells")
    void anotherConfigurationIsNot(String shell) throws Exception {
        String segment = segments().get(1);
        FileTime time = Files.getLastModifiedTime(config);

        Files.setLastModifiedTime(config, FileTime.from(time.toInstant().plusNanos(1)));
        assertThat(push(shell, environment, segment)).as("a file that changed").isEqualTo(NOT_BUILT);
        Files.setLastModifiedTime(config, time);
        Path more = Files.createDirectory(home.resolve("conf.d"));
        assertThat(push(shell, environment, segment))
                .as("a file that was not there")
                .isEqualTo(NOT_BUILT);
        Files.delete(more);
        assertThat(push(shell, environment, segment)).as("as it was").isZero();

        Path other = Files.copy(
                config,
                home.resolve("other.toml"),
                StandardCopyOption.COPY_ATTRIBUTES,
                StandardCopyOption.REPLACE_EXISTING);
        leadTo(other);
        assertThat(push(shell, environment, segment))
                .as("a link to a file of the same time")
                .isEqualTo(NOT_BUILT);
        leadTo(home.resolve("own.toml"));
        assertThat(push(shell, environment, segment)).as("as it was").isZero();

        Path seen = home.resolve("spool/repositories");
        FileTime seenTime = Files.getLastModifiedTime(seen);
        Files.setLastModifiedTime(seen, FileTime.from(seenTime.toInstant().plusNanos(1)));
        assertThat(push(shell, environment, segment))
                .as("a repository that was replaced")
                .isEqualTo(NOT_BUILT);
        Files.setLastModifiedTime(seen, seenTime);
    }

    @Test
    void anotherLifeOfTheServerIsNot() throws Exception {
        server.restart();

        assertThat(push("dash", environment, segments().get(1))).isEqualTo(NOT_BUILT);

        installation.runIn(
                server.dataDirectory(), environment, "wal-push", segments().getFirst());
        assertThat(push("dash", environment, segments().get(1)))
                .as("its own notes")
                .isZero();
        assertThat(notes()).as("those of the server before are removed").hasSize(1);
    }

    @Test
    void aPromotedServerIsAnotherOne() throws Exception {
        Path lock = server.dataDirectory().resolve("postmaster.pid");
        FileTime time = Files.getLastModifiedTime(lock);

        Files.setLastModifiedTime(lock, FileTime.from(time.toInstant().plusNanos(1)));
        assertThat(push("dash", environment, segments().get(1))).isEqualTo(NOT_BUILT);
        Files.setLastModifiedTime(lock, time);
        assertThat(push("dash", environment, segments().get(1))).as("as it was").isZero();
    }

    @Test
    void anotherBootOfTheMachineIsNot() throws Exception {
        Path call = notes().getFirst().resolve("call");
        String text = Files.readString(call);

        Files.writeString(call, (text.charAt(0) == '0' ? '1' : '0') + text.substring(1));

        assertThat(push("dash", environment, segments().get(1))).isEqualTo(NOT_BUILT);
    }

    @Test
    void notesWithoutTheirConditionsAreWorthNothing() throws Exception {
        Path notes = notes().getFirst();
        Path later = notes.resolve("later");
        FileTime time = Files.getLastModifiedTime(later);
        Files.setLastModifiedTime(later, Files.getLastModifiedTime(notes.resolve("server")));
        assertThat(push("dash", environment, segments().get(1)))
                .as("times that are too coarse")
                .isEqualTo(NOT_BUILT);
        Files.setLastModifiedTime(later, time);
        assertThat(push("dash", environment, segments().get(1))).as("as it was").isZero();

        for (String condition : List.of("server", "file-1", "later", "call")) {
            Path file = notes.resolve(condition);
            Path away = notes.resolve("away");
            Files.move(file, away);
            assertThat(push("dash", environment, segments().get(1)))
                    .as("without " + condition)
                    .isEqualTo(NOT_BUILT);
            Files.move(away, file);
        }
    }

    /** The launcher waits at the pipe in place of the notes' call. */
    @ParameterizedTest
    @MethodSource("exactShells")
    void aNoteThatGoesWhileTheLauncherLooksIsWorthNothing(String shell) throws Exception {
        Path notes = notes().getFirst();
        Path call = notes.resolve("call");
        String text = Files.readString(call);
        Files.delete(call);
        assertThat(new ProcessBuilder("mkfifo", call.toString()).start().waitFor())
                .isZero();
        OperatingUser.current().own(notes);
        FutureTask<Integer> pushed =
                new FutureTask<>(() -> push(shell, environment, segments().get(1)));
        new Thread(pushed, "push").start();

        try (OutputStream pipe = Files.newOutputStream(call)) {
            Files.delete(notes.resolve(segments().get(1).substring(7)));
            pipe.write(text.getBytes(StandardCharsets.UTF_8));
        }

        assertThat(pushed.get(LIMIT_SECONDS, TimeUnit.SECONDS)).isEqualTo(NOT_BUILT);
    }

    @Test
    void notesOfAnotherUserAreWorthNothing() throws Exception {
        if (!OperatingUser.current().switched()) {
            System.getLogger(AcknowledgedWithoutJavaTest.class.getName())
                    .log(System.Logger.Level.WARNING, "skipped: only root can give files to another user");
            abort("only root can give files to another user");
        }
        Path notes = notes().getFirst();
        Object owner = Files.getAttribute(notes, "unix:uid");

        Files.setAttribute(notes, "unix:mode", 0755);
        Files.setAttribute(notes, "unix:uid", 0);
        assertThat(push("dash", environment, segments().get(1))).isEqualTo(NOT_BUILT);
        Files.setAttribute(notes, "unix:uid", owner);
        assertThat(push("dash", environment, segments().get(1))).as("as it was").isZero();
    }

    @ParameterizedTest
    @MethodSource("exactShells")
    void aProcessThatStaysIsAwaitedWhileItWorks(String shell) throws Exception {
        Path note = withProcess(RunningProcess.self());
        Path away = Files.move(note, home.resolve("note"), StandardCopyOption.REPLACE_EXISTING);
        Thread archiver = new Thread(() -> {
            try {
                TimeUnit.MILLISECONDS.sleep(400);
                Files.move(away, note);
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        archiver.start();

        assertThat(push(shell, environment, segments().get(1))).isZero();
        archiver.join();
    }

    @ParameterizedTest
    @MethodSource("exactShells")
    void aProcessThatHangsIsAwaitedOnce(String shell) throws Exception {
        Path note = withProcess(RunningProcess.self());
        Files.delete(note);
        Path late = note.resolveSibling("late");

        assertThat(push(shell, environment, segments().get(1))).isEqualTo(NOT_BUILT);
        assertThat(late).exists();
        FileTime time = FileTime.from(Instant.ofEpochSecond(1_700_000_000));
        Files.setLastModifiedTime(late, time);
        assertThat(push(shell, environment, segments().get(1))).isEqualTo(NOT_BUILT);
        assertThat(Files.getLastModifiedTime(late)).as("not waited for again").isEqualTo(time);
    }

    @ParameterizedTest
    @MethodSource("exactShells")
    void aProcessThatIsStoppedOrDeadOrServesAnotherCallIsNotAwaited(String shell) throws Exception {
        Process stopped = new ProcessBuilder("sleep", "1000").start();
        try {
            RunningProcess other =
                    RunningProcess.of(Long.toString(stopped.pid())).orElseThrow();
            Path note = withProcess(other);
            Files.delete(note);
            Path late = note.resolveSibling("late");
            new ProcessBuilder("kill", "-STOP", other.pid()).start().waitFor();
            assertThat(push(shell, environment, segments().get(1)))
                    .as("stopped")
                    .isEqualTo(NOT_BUILT);
            assertThat(late).doesNotExist();
            stopped.destroyForcibly().waitFor();
            assertThat(push(shell, environment, segments().get(1))).as("dead").isEqualTo(NOT_BUILT);
            assertThat(late).doesNotExist();
        } finally {
            stopped.destroyForcibly();
        }
        Path note = withProcess(RunningProcess.self());
        Files.deleteIfExists(note);
        assertThat(push(shell, environment, segments().get(1), "--repository", "local"))
                .as("another call")
                .isEqualTo(NOT_BUILT);
        assertThat(note.resolveSibling("late")).doesNotExist();
    }

    @ParameterizedTest
    @MethodSource("exactShells")
    void oneThatWasKilledDoesNotHideTheOneThatServes(String shell) throws Exception {
        Path note = withProcess(RunningProcess.self());
        Files.delete(note);
        Path other = Path.of(server.dataDirectory() + ".tidemark");
        Path killed = Files.createDirectories(
                other.resolve("v1/archived").resolve(notes().getFirst().getFileName()));
        Files.writeString(killed.resolve("archiver"), new RunningProcess("999999999", "1") + "\n");
        OperatingUser.current().own(other);

        assertThat(push(shell, environment, segments().get(1))).isEqualTo(NOT_BUILT);

        assertThat(note.resolveSibling("late")).as("it was waited for").exists();
        TemporaryTree.delete(other);
    }

    /** Leaves what a process leaves that works on the second segment; its note. */
    private Path withProcess(RunningProcess process) throws IOException {
        Path notes = notes().getFirst();
        String segment = segments().get(1).substring(7);
        Files.writeString(notes.resolve("archiver"), process + "\n");
        Files.writeString(notes.resolve("begun-" + segment), "");
        OperatingUser.current().own(archived());
        return notes.resolve(segment);
    }

    /** The paths of the ready segments, as PostgreSQL hands them over. */
    private List<String> segments() throws IOException {
        try (Stream<Path> files = Files.list(server.dataDirectory().resolve("pg_wal/archive_status"))) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> name.length() == 30 && name.endsWith(".ready"))
                    .map(name -> "pg_wal/" + name.substring(0, 24))
                    .sorted()
                    .toList();
        }
    }

    private Path archived() {
        return home.resolve("spool/v1/archived");
    }

    private List<Path> notes() throws IOException {
        if (!Files.exists(archived())) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(archived())) {
            return files.filter(Files::isDirectory).toList();
        }
    }

    private void deleteNotes() throws IOException {
        for (Path notes : notes()) {
            try (Stream<Path> files = Files.list(notes)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(notes);
        }
    }

    /** As on systems where each version of a file has a path of its own, and all have the same time. */
    private void leadTo(Path version) throws IOException {
        Files.deleteIfExists(config);
        Files.createSymbolicLink(config, version);
    }

    private int push(String shell, Map<String, String> variables, String segment, String... options) throws Exception {
        List<String> words = new ArrayList<>(List.of("wal-push", segment));
        words.addAll(List.of(options));
        return call(shell, variables, words.toArray(String[]::new));
    }

    private int call(String shell, Map<String, String> variables, String... words) throws Exception {
        Path libraries = directory.resolve("lib");
        Path away = directory.resolve("lib-away");
        Files.move(libraries, away);
        try {
            List<String> command = new ArrayList<>(List.of(shell.split(" ", -1)));
            command.add(directory.resolve("bin/tidemark").toString());
            command.addAll(List.of(words));
            ProcessBuilder builder = new ProcessBuilder(OperatingUser.current().command(command))
                    .directory(server.dataDirectory().toFile())
                    .redirectErrorStream(true);
            builder.environment().clear();
            builder.environment().put("PATH", "/usr/bin:/bin");
            builder.environment().putAll(variables);
            Process process = builder.start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int status = process.waitFor();
            assertThat(output).isEqualTo(status == 0 ? "" : output);
            return status;
        } finally {
            Files.move(away, libraries);
        }
    }
}
