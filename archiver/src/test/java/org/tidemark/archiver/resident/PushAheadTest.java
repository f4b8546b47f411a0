// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.resident;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.archiver.WalOrigin;
import org.tidemark.archiver.resident.CallIdentity.ConfigurationFile;
import org.tidemark.archiver.resident.PushAhead.Bounds;
import org.tidemark.archiver.resident.PushAhead.Pushing;
import org.tidemark.archiver.resident.PushAhead.Report;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.ServerRun;

class PushAheadTest {
    private static final Bounds BOUNDS = new Bounds(8, Duration.ofMinutes(1), Duration.ofMinutes(2));
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

    @BeforeEach
    void makeServer() throws IOException {
        walDirectory = Files.createDirectories(directory.resolve("data/pg_wal"));
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

    private Report push(WalSegmentSize size, Bounds bounds, Pushing pushing) throws IOException {
        WalOrigin origin = new WalOrigin(new SystemIdentifier(7_000_000_000_000_000_001L), 18, size, Optional.empty());
        return new PushAhead(walDirectory, origin, pushing)
                .after(pushedByPostgres, root, call, environment, bounds, Clock.systemUTC());
    }

    private Report push(Bounds bounds) throws IOException {
        return push(LARGE, bounds, request -> pushed.add(request.file().name()));
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
        makeReady("00000002.history");
        makeReady(name(3) + ".00000028.backup");

        assertThat(push(BOUNDS)).isEqualTo(new Report(3, false));

        assertThat(pushed).containsExactly(name(2), name(3), name(4));
        assertThat(noted()).containsExactly(name(2), name(3), name(4));
        try (Stream<Path> files = Files.walk(root)) {
            assertThat(files.filter(file -> file.endsWith(name(2))).toList())
                    .singleElement()
                    .satisfies(note -> assertThat(Files.getLastModifiedTime(note))
                            .isEqualTo(Files.getLastModifiedTime(walDirectory.resolve(name(2)))));
        }
    }

    @Test
    void pushesNothingTwiceAndForgetsWhatPostgresHasBeenTold() throws Exception {
        push(BOUNDS);
        Files.delete(walDirectory.resolve("archive_status").resolve(name(2) + ".ready"));
        makeReady(name(5));
        pushed.clear();

        push(BOUNDS);

        assertThat(pushed).containsExactly(name(5));
        assertThat(noted()).containsExactly(name(3), name(4), name(5));
    }

    @Test
    void staysWithinItsBounds() throws Exception {
        assertThat(push(new Bounds(2, Duration.ofMinutes(1), Duration.ofMinutes(2))))
                .isEqualTo(new Report(2, false));
        assertThat(push(new Bounds(8, Duration.ZERO, Duration.ofMinutes(2)))).isEqualTo(new Report(0, false));
    }

    @Test
    void whatFailsIsNotNotedAndEndsIt() throws Exception {
        Report report = push(LARGE, BOUNDS, request -> {
            pushed.add(request.file().name());
            if (request.file().name().equals(name(3))) {
                throw new IOException("the store is down");
            }
        });

        assertThat(report).isEqualTo(new Report(1, false));
        assertThat(pushed).containsExactly(name(2), name(3));
        assertThat(noted()).containsExactly(name(2));
    }

    @Test
    void aFileThatChangesWhileItIsPushedIsNotNoted() throws Exception {
        push(LARGE, BOUNDS, request -> {
            if (request.file().name().equals(name(3))) {
                FileTime time = Files.getLastModifiedTime(request.path());
                Files.writeString(request.path(), "other content");
                Files.setLastModifiedTime(request.path(), time);
            }
        });

        assertThat(noted()).containsExactly(name(2), name(4));
    }

    @Test
    void whatIsNotDoneInTimeIsLeftAndNotNotedLater() throws Exception {
        CountDownLatch answer = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);

        Report report = push(LARGE, new Bounds(8, Duration.ofMillis(50), Duration.ofMillis(100)), request -> {
            try {
                answer.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            ended.countDown();
        });
        assertThat(report).isEqualTo(new Report(0, true));
        answer.countDown();
        ended.await();

        assertThat(noted()).isEmpty();
    }

    @Test
    void severalAreUnderWayAtOnceWhereMemoryAllows() throws Exception {
        int processors = Runtime.getRuntime().availableProcessors();
        CountDownLatch together = new CountDownLatch(Math.min(processors, 3));

        Report report = push(new WalSegmentSize(1 << 20), BOUNDS, request -> {
            together.countDown();
            try {
                together.await(); // a single thread would wait here forever
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });

        assertThat(report).isEqualTo(new Report(3, false));
    }

    @Test
    void anotherCallOrAnotherLifeOfTheServerBeginsAnew() throws Exception {
        Path file = Files.writeString(directory.resolve("tidemark.toml"), "");
        push(BOUNDS);

        call = new CallIdentity(
                "boot 12 0", List.of(ConfigurationFile.of(file, Optional.of(Files.getLastModifiedTime(file)))));
        pushed.clear();
        push(new Bounds(1, Duration.ofMinutes(1), Duration.ofMinutes(2)));
        assertThat(pushed).as("with a file of configuration").containsExactly(name(2));
        assertThat(noted()).containsExactly(name(2));

        start(ProcessHandle.current().pid(), 1_700_009_999);
        pushed.clear();
        push(new Bounds(2, Duration.ofMinutes(1), Duration.ofMinutes(2)));
        assertThat(pushed).as("after a restart").containsExactly(name(2), name(3));
    }

    /** PostgreSQL hands the next segment over, since the launcher has found no note for it. */
    private void pushNext(int number, Map<String, String> variables) throws IOException {
        Files.delete(walDirectory.resolve("archive_status").resolve(name(number - 1) + ".ready"));
        makeReady(name(number + 3));
        pushedByPostgres = segment(number);
        environment = variables;
        call = new CallIdentity(
                "boot " + variables.getOrDefault("AWS_SESSION_TOKEN", "").hashCode(), List.of());
        pushed.clear();
        push(BOUNDS);
    }

    private Optional<UnusedNotes> unused() {
        return UnusedNotes.of(root, walDirectory.resolveSibling("."));
    }

    @Test
    void whereEachCallHasAnotherEnvironmentNothingIsArchivedAhead() throws Exception {
        push(BOUNDS);
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
        push(BOUNDS);

        pushNext(2, Map.of("AWS_SESSION_TOKEN", "new"));
        assertThat(pushed).isEmpty();
        pushNext(3, Map.of("AWS_SESSION_TOKEN", "new"));

        assertThat(pushed).containsExactly(name(4), name(5), name(6));
        assertThat(unused()).isEmpty();
    }

    @Test
    void aShellThatBelievesNoNotesIsNoticed() throws Exception {
        push(BOUNDS);
        pushedByPostgres = segment(2);
        makeReady(name(5));
        pushed.clear();

        push(BOUNDS);

        assertThat(pushed).isEmpty();
        assertThat(unused())
                .hasValueSatisfying(found -> assertThat(found.ofTheShell()).isTrue());
    }

    @Test
    void theNotesOfAServerThatHasEndedAreRemoved() throws Exception {
        Process process = new ProcessBuilder("sleep", "1000").start();
        start(process.pid(), 1_700_000_000);
        push(BOUNDS);
        assertThat(noted()).hasSize(3);
        process.destroyForcibly().waitFor();
        start(ProcessHandle.current().pid(), 1_700_000_000);

        push(new Bounds(1, Duration.ofMinutes(1), Duration.ofMinutes(2)));

        assertThat(noted()).containsExactly(name(2));
    }

    @Test
    void onlyOneProcessWrites() throws Exception {
        Path data = directory.resolve("data");
        ServerRun server = ServerRun.in(data).orElseThrow();
        try (Acknowledgements other = Acknowledgements.open(root, server, ServerRun.written(data), call)
                .orElseThrow()) {
            assertThat(push(BOUNDS)).isEqualTo(new Report(0, false));
            assertThat(other.names()).isEmpty();
        }
        assertThat(push(BOUNDS)).isEqualTo(new Report(3, false));
    }

    @Test
    void withoutAServerOrWithWhatAShellCannotReadNothingIsDone() throws Exception {
        call = new CallIdentity("two\nlines", List.of());
        assertThat(push(BOUNDS)).isEqualTo(new Report(0, false));
        call = new CallIdentity("one line", List.of());
        Files.writeString(walDirectory.resolveSibling("postmaster.pid"), "-4711\n/data\n1700000000\n");
        assertThat(push(BOUNDS)).as("a server in single-user mode").isEqualTo(new Report(0, false));
        Files.delete(walDirectory.resolveSibling("postmaster.pid"));
        assertThat(push(BOUNDS)).isEqualTo(new Report(0, false));
        assertThat(pushed).isEmpty();
    }

    @Test
    void aFileSystemThatKeepsOnlySecondsIsNotTrusted() throws Exception {
        FileTime coarse = FileTime.from(Instant.ofEpochSecond(1_700_000_100));
        Files.setLastModifiedTime(walDirectory.resolve(name(3)), coarse);

        push(BOUNDS);
        assertThat(noted()).containsExactly(name(2), name(4));

        Files.setLastModifiedTime(walDirectory.resolveSibling("postmaster.pid"), coarse);
        assertThat(push(BOUNDS)).isEqualTo(new Report(0, false));
    }

    @Test
    void theNextOnesAreThoseOfPostgres() {
        assertThat(PushAhead.next(
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
