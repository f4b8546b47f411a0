// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.ahead;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.archiver.ahead.CallIdentity.ConfigurationFile;
import org.tidemark.archiver.ahead.SteadyPush.Pushing;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.ServerRun;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

class OnDemandPushTest {
    private static final int MANY = 8;
    /** One thread: two of these do not fit into the memory. */
    private static final WalSegmentSize LARGE = new WalSegmentSize(64 << 20);

    @TempDir
    private Path directory;

    private Path walDirectory;
    private Path root;
    private final List<String> pushed = Collections.synchronizedList(new ArrayList<>());
    private Segment pushedByPostgres = segment(1);
    private Map<String, String> environment = Map.of();
    private CallIdentity call = new CallIdentity("boot 12 0", List.of());

    private static byte[] control = new byte[0];

    @BeforeAll
    static void readControlFile() throws IOException {
        try (PostgresServer server =
                PostgresServer.of(PostgresBinaries.newestEmbedded()).create()) {
            control = Files.readAllBytes(server.dataDirectory().resolve("global/pg_control"));
        }
    }

    @BeforeEach
    void makeServer() throws IOException {
        walDirectory = Files.createDirectories(directory.resolve("data/pg_wal"));
        Files.createDirectories(directory.resolve("data/global"));
        Files.write(directory.resolve("data/global/pg_control"), control);
        Files.createDirectories(walDirectory.resolve("archive_status"));
        root = directory.resolve("spool/v1/archived");
        start(ProcessHandle.current().pid(), 1_700_000_000);
        for (int number = 1; number <= 4; number++) {
            makeReady(name(number));
        }
    }

    private void start(long pid, long second) throws IOException {
        Files.writeString(
                walDirectory.resolveSibling("postmaster.pid"),
                pid + "\n/data\n" + second + "\n5432\n/tmp\n\n\nready\n");
    }

    private static String name(int number) {
        return "0000000100000000%08X".formatted(number);
    }

    private static Segment segment(int number) {
        return (Segment) WalFile.parse(name(number));
    }

    private void makeReady(String name) throws IOException {
        Files.writeString(walDirectory.resolve(name), name);
        Files.setLastModifiedTime(walDirectory.resolve(name), FileTime.from(Instant.ofEpochSecond(1_700_000_100, 123)));
        Files.createFile(walDirectory.resolve("archive_status").resolve(name + ".ready"));
    }

    /** The work of one call that stays until nothing is left to do; whether it could begin. */
    private boolean push(WalSegmentSize size, int most, Pushing pushing) throws Exception {
        Optional<Station> station = Station.of(root, directory.resolve("data"));
        if (station.isEmpty()) {
            return false;
        }
        Optional<SteadyPush> begun = new OnDemandPush(station.get(), call, environment)
                .after(pushedByPostgres, size, most, messages -> pushing, Clock.systemUTC());
        if (begun.isEmpty()) {
            return false;
        }
        try (SteadyPush push = begun.get()) {
            while (push.isWorking()) {
                Thread.sleep(5);
            }
        }
        return true;
    }

    private boolean push(int most) throws Exception {
        return push(LARGE, most, request -> pushed.add(request.file().name()));
    }

    private List<String> noted() throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> name.matches("[0-9A-F]{24}"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void pushesWhatIsReadyInOrderAndNotesItWithItsTime() throws Exception {
        makeReady(name(3) + ".00000028.backup");

        assertThat(push(MANY)).isTrue();

        assertThat(pushed).containsExactly(name(2), name(3), name(4));
        assertThat(noted()).containsExactly(name(2), name(3), name(4));
        try (Stream<Path> files = Files.walk(root)) {
            assertThat(files.filter(file -> file.endsWith(name(2))).toList())
                    .singleElement()
                    .satisfies(note -> assertThat(Files.getLastModifiedTime(note))
                            .isEqualTo(Files.getLastModifiedTime(walDirectory.resolve(name(2)))));
        }
    }

    /** No note answers for it, and it comes before the WAL of its timeline. */
    @Test
    void waitsForAHistory() throws Exception {
        makeReady("00000002.history");

        assertThat(push(MANY)).isTrue();

        assertThat(pushed).isEmpty();
    }

    @Test
    void pushesNothingTwiceAndForgetsWhatPostgresHasBeenTold() throws Exception {
        push(MANY);
        Files.delete(walDirectory.resolve("archive_status").resolve(name(2) + ".ready"));
        makeReady(name(5));
        pushed.clear();

        push(MANY);

        assertThat(pushed).containsExactly(name(5));
        assertThat(noted()).containsExactly(name(3), name(4), name(5));
    }

    @Test
    void archivesNoMoreThanItMay() throws Exception {
        push(3); // the one that PostgreSQL is being told of is ready as well

        assertThat(pushed).containsExactly(name(2), name(3));
    }

    @Test
    void whatFailsIsNotNotedAndEndsIt() throws Exception {
        push(LARGE, MANY, request -> {
            pushed.add(request.file().name());
            if (request.file().name().equals(name(3))) {
                throw new IOException("the store is down");
            }
        });

        assertThat(pushed).containsExactly(name(2), name(3));
        assertThat(noted()).containsExactly(name(2));
    }

    @Test
    void aFileThatChangesWhileItIsPushedIsNotNoted() throws Exception {
        push(LARGE, MANY, request -> {
            if (request.file().name().equals(name(3))) {
                FileTime time = Files.getLastModifiedTime(request.path());
                Files.writeString(request.path(), "other content");
                Files.setLastModifiedTime(request.path(), time);
            }
        });

        assertThat(noted()).containsExactly(name(2), name(4));
    }

    @Test
    void severalAreUnderWayAtOnceWhereMemoryAllows() throws Exception {
        int processors = Runtime.getRuntime().availableProcessors();
        CountDownLatch together = new CountDownLatch(Math.min(processors, 3));

        push(new WalSegmentSize(1 << 20), MANY, request -> {
            together.countDown();
            try {
                together.await(); // a single thread would wait here forever
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });

        assertThat(noted()).hasSize(3);
    }

    @Test
    void anotherCallOrAnotherLifeOfTheServerBeginsAnew() throws Exception {
        Path file = Files.writeString(directory.resolve("tidemark.toml"), "");
        push(MANY);

        call = new CallIdentity(
                "boot 12 0", List.of(ConfigurationFile.of(file, Optional.of(Files.getLastModifiedTime(file)))));
        pushed.clear();
        push(2);
        assertThat(pushed).as("with a file of configuration").containsExactly(name(2));
        assertThat(noted()).containsExactly(name(2));

        start(ProcessHandle.current().pid(), 1_700_009_999);
        pushed.clear();
        push(3);
        assertThat(pushed).as("after a restart").containsExactly(name(2), name(3));
    }

    /** PostgreSQL hands the next segment over, since the launcher has found no note for it. */
    private void pushNext(int number, Map<String, String> variables) throws Exception {
        Files.delete(walDirectory.resolve("archive_status").resolve(name(number - 1) + ".ready"));
        makeReady(name(number + 3));
        pushedByPostgres = segment(number);
        environment = variables;
        call = new CallIdentity(
                "boot " + variables.getOrDefault("AWS_SESSION_TOKEN", "").hashCode(), List.of());
        pushed.clear();
        push(MANY);
    }

    private Optional<UnusedNotes> unused() {
        return UnusedNotes.of(root, walDirectory.resolveSibling("."));
    }

    @Test
    void whereEachCallHasAnotherEnvironmentNothingIsArchivedAhead() throws Exception {
        push(MANY);
        assertThat(pushed).hasSize(3);

        for (int number = 2; number < 8; number++) {
            pushNext(number, Map.of("AWS_SESSION_TOKEN", "secret" + number, "HOME", "/home", "TRACE", "" + number));

            assertThat(pushed).as("segments after " + name(number)).isEmpty();
        }

        assertThat(unused()).hasValueSatisfying(found -> {
            assertThat(found.names()).containsExactly("AWS_SESSION_TOKEN");
            assertThat(found.ofTheShell()).isFalse();
            assertThat(found.toString()).doesNotContain("secret");
        });
    }

    @Test
    void aVariableThatChangesOnceCostsOneSegment() throws Exception {
        push(MANY);

        pushNext(2, Map.of("AWS_SESSION_TOKEN", "new"));
        assertThat(pushed).isEmpty();
        pushNext(3, Map.of("AWS_SESSION_TOKEN", "new"));

        assertThat(pushed).containsExactly(name(4), name(5), name(6));
        assertThat(unused()).isEmpty();
    }

    @Test
    void aShellThatBelievesNoNotesIsNoticed() throws Exception {
        push(MANY);
        pushedByPostgres = segment(2);
        makeReady(name(5));
        pushed.clear();

        push(MANY);

        assertThat(pushed).isEmpty();
        assertThat(unused())
                .hasValueSatisfying(found -> assertThat(found.ofTheShell()).isTrue());
    }

    @Test
    void theNotesOfAServerThatHasEndedAreRemoved() throws Exception {
        Process process = new ProcessBuilder("sleep", "1000").start();
        start(process.pid(), 1_700_000_000);
        push(MANY);
        assertThat(noted()).hasSize(3);
        process.destroyForcibly().waitFor();
        start(ProcessHandle.current().pid(), 1_700_000_000);

        push(2);

        assertThat(noted()).containsExactly(name(2));
    }

    @Test
    void onlyOneProcessWrites() throws Exception {
        Path data = directory.resolve("data");
        ServerRun server = ServerRun.in(data).orElseThrow();
        try (Acknowledgements other = Acknowledgements.open(root, server, ServerRun.written(data), call)
                .orElseThrow()) {
            assertThat(push(MANY)).isFalse();
            assertThat(other.names()).isEmpty();
        }
        assertThat(push(MANY)).isTrue();
    }

    @Test
    void withoutAServerOrWithWhatAShellCannotReadNothingIsDone() throws Exception {
        call = new CallIdentity("two\nlines", List.of());
        assertThat(push(MANY)).isFalse();
        call = new CallIdentity("one line", List.of());
        Files.writeString(walDirectory.resolveSibling("postmaster.pid"), "-4711\n/data\n1700000000\n");
        assertThat(push(MANY)).as("a server in single-user mode").isFalse();
        Files.delete(walDirectory.resolveSibling("postmaster.pid"));
        assertThat(push(MANY)).isFalse();
        assertThat(pushed).isEmpty();
    }

    @Test
    void aFileSystemThatKeepsOnlySecondsIsNotTrusted() throws Exception {
        FileTime coarse = FileTime.from(Instant.ofEpochSecond(1_700_000_100));
        Files.setLastModifiedTime(walDirectory.resolve(name(3)), coarse);

        push(MANY);
        assertThat(noted()).containsExactly(name(2), name(4));

        Files.setLastModifiedTime(walDirectory.resolveSibling("postmaster.pid"), coarse);
        assertThat(push(MANY)).isFalse();
    }

    @Test
    void theNextOnesAreThoseOfPostgres() {
        assertThat(SteadyPush.next(
                        Set.of(
                                "000000020000000000000003",
                                "000000010000000000000009",
                                name(1),
                                "00000001000000000000000A",
                                "not-a-segment-not-a-segm"),
                        name(1),
                        2))
                .containsExactly((Segment) WalFile.parse("000000010000000000000009"), (Segment)
                        WalFile.parse("00000001000000000000000A"));
    }
}
