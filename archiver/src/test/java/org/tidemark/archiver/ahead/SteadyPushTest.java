// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.ahead;

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
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.archiver.ahead.Station.Notes;
import org.tidemark.archiver.ahead.SteadyPush.Pushing;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

class SteadyPushTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    /** One thread: two of these do not fit into the memory. */
    private static final WalSegmentSize LARGE = new WalSegmentSize(64 << 20);

    private static final CallIdentity CALL = new CallIdentity("boot 12 0", List.of());

    private static byte[] control = new byte[0];

    @TempDir
    private Path directory;

    private Path data;
    private Path walDirectory;
    private Path root;
    private Station station;
    private Notes notes;
    private final List<String> pushed = Collections.synchronizedList(new ArrayList<>());

    @BeforeAll
    static void readControl() throws IOException {
        try (PostgresServer server =
                PostgresServer.of(PostgresBinaries.newestEmbedded()).create()) {
            control = Files.readAllBytes(server.dataDirectory().resolve("global/pg_control"));
        }
    }

    @BeforeEach
    void makeServer() throws IOException {
        data = Files.createDirectory(directory.resolve("data"));
        walDirectory = Files.createDirectory(data.resolve("pg_wal"));
        Files.createDirectory(walDirectory.resolve("archive_status"));
        root = directory.resolve("spool/v1/archived");
        start(1_700_000_000);
        Files.createDirectory(data.resolve("global"));
        Files.write(data.resolve("global/pg_control"), control);
        for (int number = 1; number <= 4; number++) {
            makeReady(name(number));
        }
        open();
    }

    @AfterEach
    void close() throws IOException {
        notes.close();
    }

    private void open() throws IOException {
        station = Station.of(root, data).orElseThrow();
        notes = station.open(CALL).orElseThrow();
    }

    private void start(long second) throws IOException {
        Files.writeString(
                data.resolve("postmaster.pid"),
                ProcessHandle.current().pid() + "\n/data\n" + second + "\n5432\n/tmp\n\n\nready\n");
    }

    private static String name(int number) {
        return "0000000100000000%08X".formatted(number);
    }

    private void makeReady(String name) throws IOException {
        Files.writeString(walDirectory.resolve(name), name);
        Files.setLastModifiedTime(walDirectory.resolve(name), FileTime.from(Instant.ofEpochSecond(1_700_000_100, 123)));
        Files.createFile(mark(name));
    }

    private Path mark(String name) {
        return walDirectory.resolve("archive_status").resolve(name + ".ready");
    }

    private SteadyPush push(Pushing pushing, int most) {
        return new SteadyPush(walDirectory, LARGE, pushing, notes, most, (Segment) WalFile.parse(name(0)));
    }

    private void look(SteadyPush push) throws Exception {
        push.look(Clock.systemUTC());
        assertThat(awaitEnd(push)).isTrue();
    }

    /** What is to be pushed is taken by the threads that are there, so it ends when these do. */
    private static boolean awaitEnd(SteadyPush push) throws InterruptedException {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (push.isWorking() && System.nanoTime() - end < 0) {
            Thread.sleep(5);
        }
        return !push.isWorking();
    }

    private List<String> files(String pattern) throws IOException {
        try (Stream<Path> files = Files.list(root.resolve(station.server().key()))) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> name.matches(pattern))
                    .sorted()
                    .toList();
        }
    }

    private List<String> noted() throws IOException {
        return files("[0-9A-F]{24}");
    }

    @Test
    void pushesWhatIsReadyInOrderWithinItsBoundAndForgetsWhatPostgresWasTold() throws Exception {
        SteadyPush push = push(request -> pushed.add(request.file().name()), 2);

        look(push);
        assertThat(noted()).containsExactly(name(1), name(2));
        look(push);
        assertThat(pushed).as("not more than two ahead").containsExactly(name(1), name(2));
        Files.delete(mark(name(1)));
        look(push);

        assertThat(pushed).containsExactly(name(1), name(2), name(3));
        assertThat(noted()).containsExactly(name(2), name(3));
        assertThat(files("begun-.*")).isEmpty();
    }

    @Test
    void aHistoryComesFirst() throws Exception {
        Files.createFile(mark("00000002.history"));
        SteadyPush push = push(request -> pushed.add(request.file().name()), 64);

        look(push);
        assertThat(pushed).isEmpty();
        Files.delete(mark("00000002.history"));
        look(push);

        assertThat(pushed).hasSize(4);
    }

    @Test
    void theFirstFailureEndsItAndIsNotNoted() throws Exception {
        SteadyPush push = push(
                request -> {
                    pushed.add(request.file().name());
                    if (pushed.size() == 2) {
                        throw new IOException("no");
                    }
                },
                64);

        look(push);
        look(push);

        assertThat(pushed).containsExactly(name(1), name(2));
        assertThat(noted()).containsExactly(name(1));
        assertThat(files("begun-.*")).isEmpty();
        assertThat(push.failure())
                .get()
                .satisfies(failure -> assertThat(failure.problem()).hasMessage("no"));
    }

    @Test
    void whatPostgresRemovedMeanwhileIsNoFailure() throws Exception {
        SteadyPush push = push(
                request -> {
                    Files.delete(mark(name(1)));
                    throw new IOException("no such file");
                },
                1);

        look(push);

        assertThat(push.failure()).isEmpty();
        assertThat(noted()).isEmpty();
    }

    @Test
    void aFileThatChangesMeanwhileIsNotNoted() throws Exception {
        SteadyPush push = push(
                request -> {
                    pushed.add(request.file().name());
                    Files.writeString(request.path(), "other content");
                },
                1);

        look(push);
        look(push);

        assertThat(noted()).isEmpty();
        assertThat(pushed).as("and not pushed again and again").containsExactly(name(1));
    }

    @Test
    void nothingIsNotedForAServerThatHasEnded() throws Exception {
        SteadyPush push = push(request -> start(1_700_009_999), 1);

        look(push);

        assertThat(noted()).isEmpty();
    }

    @Test
    void nothingIsNotedAfterItIsClosed() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        SteadyPush push = push(
                request -> {
                    begun.countDown();
                    try {
                        answer.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                1);
        push.look(Clock.systemUTC());
        begun.await();
        assertThat(files("begun-.*|archiver")).containsExactly("archiver", "begun-" + name(1));

        push.close();
        try (Notes next = station.open(CALL).orElseThrow()) {
            answer.countDown();
            assertThat(awaitEnd(push)).isTrue();
            assertThat(next.keep(Set.of(name(1)))).isEmpty();
        }
    }

    @Test
    void oneThatWasLateLeavesTheFirstSegmentToOthersUntilItIsInTime() throws Exception {
        SteadyPush push = push(request -> pushed.add(request.file().name()), 1);
        look(push);
        Files.delete(mark(name(1)));
        pushed.clear();
        Path late = Files.createFile(root.resolve(station.server().key()).resolve("late"));

        look(push);

        assertThat(pushed).containsExactly(name(3));
        assertThat(late).as("it was in time").doesNotExist();
        Files.createFile(late);
        Files.setLastModifiedTime(late, FileTime.from(Instant.now().minusSeconds(60)));
        look(push);
        assertThat(late).as("long ago").doesNotExist();
    }

    @Test
    void onlyOneHasTheNotes() throws Exception {
        assertThat(station.open(CALL)).isEmpty();
        notes.close();
        open();
        assertThat(Files.readString(root.resolve(station.server().key()).resolve("archiver")))
                .startsWith(ProcessHandle.current().pid() + " ");
    }
}
