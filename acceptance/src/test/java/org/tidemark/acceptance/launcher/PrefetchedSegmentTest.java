// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.postgres.RunningProcess;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.Rounds;

/**
 * What is in the directory of a prefetcher is delivered without Java, and only if it belongs to this run of the server.
 * No Java can start here, so whatever is not delivered is 200.
 */
@InTurn
class PrefetchedSegmentTest {
    private static final String SEGMENT = "00000001000000000000000A";
    private static final List<String> SERVER =
            List.of("4711", "/data", "1795327484", "5432", "/run/postgresql", "localhost", "  5432001         5");

    @TempDir
    private Path directory;

    private Installation installation;
    private Path prefetch;

    private final List<String> state = new ArrayList<>();

    /** The shells of this machine that can be /bin/sh: all in a campaign, one in a build. */
    static List<List<String>> shells() {
        return Rounds.oneOrAll(Stream.of(
                        List.of("/usr/bin/dash"),
                        List.of("/usr/bin/bash"),
                        List.of("/usr/bin/busybox", "sh"),
                        List.of("/bin/sh"))
                .filter(shell -> Files.isExecutable(Path.of(shell.getFirst())))
                .toList());
    }

    @BeforeEach
    void publish() throws IOException {
        installation = Installation.notBuilt(directory);
        installation.put("recovery.signal", "");
        installation.put("postgresql.auto.conf", "");
        installation.put("postmaster.pid", String.join("\n", SERVER) + "\nstarting\n");
        prefetch = directory.resolve("spool/v1/prefetch/4711.1795327484");
        Files.createDirectories(
                prefetch, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.writeString(prefetch.resolve(SEGMENT), "verified");
        state.addAll(List.of(self(), prefetch.toString(), options(environment()), ""));
        state.add(firstLine("/proc/sys/kernel/random/boot_id"));
        state.add(firstLine("/proc/sys/kernel/hostname"));
        state.addAll(SERVER);
        writeState();
    }

    /** This process plays the prefetcher: its id, and its start time as /proc has it. */
    private static String self() throws IOException {
        String text = Files.readString(Path.of("/proc/self/stat"));
        return ProcessHandle.current().pid() + " "
                + text.substring(text.lastIndexOf(')') + 2).split(" ", -1)[19];
    }

    private Map<String, String> environment() {
        return Map.of("TIDEMARK_HOST_SPOOL", directory.resolve("spool").toString());
    }

    /** What the launcher makes of the options and the variables: its own functions say it of the variables. */
    private String options(Map<String, String> environment) throws IOException {
        String functions = "sed -n '/^read_environment()/,/^}/p; /^add_variable()/,/^}/p' \"$0\"";
        try {
            Installation.Outcome sum = installation.run(
                    List.of(
                            "/bin/sh",
                            "-c",
                            "eval \"$(" + functions + ")\" && read_environment && echo \"$environment\""),
                    environment);
            assertThat(sum.status()).as(sum.output()).isZero();
            return "|wal-fetch|--timeline=2|" + sum.output().strip();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String firstLine(String file) throws IOException {
        return Files.readString(Path.of(file)).lines().findFirst().orElseThrow();
    }

    private void writeState() throws IOException {
        Files.writeString(prefetch.resolve("state"), String.join("\n", state) + "\n");
        OperatingUser.current().own(directory);
    }

    private int fetch(List<String> shell, String... more) throws IOException, InterruptedException {
        return fetch(shell, environment(), more);
    }

    private int fetch(List<String> shell, Map<String, String> environment, String... more)
            throws IOException, InterruptedException {
        List<String> arguments =
                new ArrayList<>(List.of("wal-fetch", SEGMENT, "pg_wal/RECOVERYXLOG", "--timeline", "2"));
        arguments.addAll(List.of(more));
        return installation
                .run(shell, environment, arguments.toArray(String[]::new))
                .status();
    }

    private void assertNotDelivered(List<String> shell, String... more) throws IOException, InterruptedException {
        assertThat(fetch(shell, more)).isEqualTo(200);
        assertThat(installation.data().resolve("pg_wal/RECOVERYXLOG")).doesNotExist();
        assertThat(prefetch.resolve(SEGMENT)).exists();
    }

    @ParameterizedTest
    @MethodSource("shells")
    void isDeliveredWithoutJava(List<String> shell) throws Exception {
        assertThat(fetch(shell)).isZero();

        assertThat(installation.data().resolve("pg_wal/RECOVERYXLOG")).hasContent("verified");
        assertThat(prefetch.resolve(SEGMENT)).doesNotExist();
    }

    @ParameterizedTest
    @MethodSource("shells")
    void isNotDeliveredOnceTheProcessThatFetchedItIsGone(List<String> shell) throws Exception {
        String[] words = state.getFirst().split(" ", -1);
        state.set(0, words[0] + " " + (Long.parseLong(words[1]) + 1)); // another process has got its id
        writeState();

        assertNotDelivered(shell);

        state.set(0, "4194305 " + words[1]); // above the highest id that Linux gives
        writeState();
        assertNotDelivered(shell);
    }

    @ParameterizedTest
    @MethodSource("shells")
    void isNotDeliveredToAnotherServer(List<String> shell) throws Exception {
        for (int line = 4; line < state.size(); line++) {
            String right = state.get(line);
            state.set(line, right + "0");
            writeState();

            assertNotDelivered(shell);

            state.set(line, right);
        }
        // The server was started again.
        installation.put("postmaster.pid", "4711\n/data\n1795327485\n5432\n/run\nlocalhost\n1 2\nstarting\n");
        writeState();
        assertNotDelivered(shell);
        Files.delete(installation.data().resolve("postmaster.pid"));
        assertNotDelivered(shell);
    }

    @ParameterizedTest
    @MethodSource("shells")
    void isNotDeliveredToARestoreCommandWithOtherOptions(List<String> shell) throws Exception {
        assertNotDelivered(shell, "--repository", "file:///elsewhere");
    }

    @ParameterizedTest
    @MethodSource("shells")
    void isNotDeliveredToARestoreCommandWithAnotherVariable(List<String> shell) throws Exception {
        Map<String, String> environment = new HashMap<>(environment());
        environment.put("TIDEMARK_REPOSITORY_MAIN_URL", "file:///one");
        state.set(2, options(environment));
        writeState();

        environment.put("TIDEMARK_REPOSITORY_MAIN_URL", "file:///two");
        assertThat(fetch(shell, environment)).isEqualTo(200);
        environment.put("TIDEMARK_REPOSITORY_MAIN_URL", "file:///one");
        assertThat(fetch(shell, environment)).as("as it was").isZero();
    }

    @ParameterizedTest
    @MethodSource("shells")
    void isNotDeliveredWhileTheProcessThatFetchedItIsStopped(List<String> shell) throws Exception {
        Process stopped = new ProcessBuilder("sleep", "1000").start();
        try {
            String id = Long.toString(stopped.pid());
            state.set(0, RunningProcess.of(id).orElseThrow().toString());
            writeState();
            new ProcessBuilder("kill", "-STOP", id).start().waitFor();
            assertNotDelivered(shell);

            new ProcessBuilder("kill", "-CONT", id).start().waitFor();
            assertThat(fetch(shell)).as("it goes on").isZero();
        } finally {
            stopped.destroyForcibly();
        }
    }

    @ParameterizedTest
    @MethodSource("shells")
    void isNotDeliveredOnceAnotherTimelineIsKnown(List<String> shell) throws Exception {
        installation.put("pg_wal/00000002.history", "1\t0/A000000\tno recovery target specified\n");
        Files.setLastModifiedTime(installation.data().resolve("pg_wal/00000002.history"), FileTime.from(Instant.EPOCH));
        OperatingUser.current().own(directory);
        assertNotDelivered(shell);

        state.set(3, "00000002.history ");
        writeState();
        assertThat(fetch(shell)).as("known to the prefetcher").isZero();

        // The same name, and written after the prefetcher has looked.
        Files.writeString(prefetch.resolve(SEGMENT), "verified");
        Files.delete(installation.data().resolve("pg_wal/RECOVERYXLOG"));
        OperatingUser.current().own(directory);
        Files.setLastModifiedTime(
                installation.data().resolve("pg_wal/00000002.history"),
                FileTime.from(Instant.now().plusSeconds(60)));
        assertNotDelivered(shell);
    }

    @ParameterizedTest
    @MethodSource("shells")
    void isNotDeliveredFromWhatAnotherUserCouldHavePut(List<String> shell) throws Exception {
        Path elsewhere = Files.move(prefetch, prefetch.resolveSibling("elsewhere"));
        Files.createSymbolicLink(prefetch, elsewhere);
        OperatingUser.current().own(directory);
        assertNotDelivered(shell);

        Files.delete(prefetch);
        Files.move(elsewhere, prefetch);
        assumeThat(OperatingUser.current().command(List.of("true")))
                .as("only root can give a directory to another user")
                .isNotEqualTo(List.of("true"));
        Files.setAttribute(prefetch, "unix:uid", 0);
        Files.setPosixFilePermissions(prefetch, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertNotDelivered(shell);
    }

    @ParameterizedTest
    @MethodSource("shells")
    void aNameThatIsNoSegmentIsNeverTakenFromThere(List<String> shell) throws Exception {
        Files.writeString(prefetch.resolve(SEGMENT + ".partial"), "partial");
        Files.writeString(prefetch.resolve("00000002.history"), "history");
        OperatingUser.current().own(directory);
        for (String name :
                List.of(SEGMENT + ".partial", "00000002.history", "../4711.1795327484/" + SEGMENT, "state")) {
            assertThat(installation
                            .run(shell, environment(), "wal-fetch", name, "pg_wal/RECOVERYXLOG", "--timeline=2")
                            .status())
                    .as(name)
                    .isEqualTo(200);
            assertThat(installation.data().resolve("pg_wal/RECOVERYXLOG")).doesNotExist();
        }
    }

    @ParameterizedTest
    @MethodSource("shells")
    void aFileThatCannotBeMovedIsNotDelivered(List<String> shell) throws Exception {
        Files.delete(installation.data().resolve("pg_wal"));

        assertThat(fetch(shell)).isEqualTo(200);
        assertThat(prefetch.resolve(SEGMENT)).exists();
    }

    @ParameterizedTest
    @MethodSource("shells")
    void aMoveThatIsKilledIsNotBelieved(List<String> shell) throws Exception {
        assumeThat(shell).as("busybox has its own mv").doesNotContain("/usr/bin/busybox");
        Path programs = Files.createDirectory(directory.resolve("programs"));
        Path mv = programs.resolve("mv");
        Files.writeString(mv, "#!/bin/sh\necho half > pg_wal/RECOVERYXLOG\nkill -9 $$\n");
        Files.setPosixFilePermissions(mv, PosixFilePermissions.fromString("rwxr-xr-x"));
        Map<String, String> environment = new HashMap<>(environment());
        environment.put("PATH", programs + ":/usr/bin:/bin");
        state.set(2, options(environment));
        writeState();

        int status = installation
                .run(shell, environment, "wal-fetch", SEGMENT, "pg_wal/RECOVERYXLOG", "--timeline", "2")
                .status();

        assertThat(status).isEqualTo(200);
    }
}
