// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.campaign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.acceptance.TidemarkHost.Running;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.ControlFile.ClusterState;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.Rounds;

/** A drill that is killed at any moment, beside the server that it proves: the next one leaves nothing of it. */
@InTurn
class KilledDrillTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Executor THREADS = task -> Thread.ofVirtual().start(task);
    private static final String CONTROL =
            "SELECT system_identifier || ' ' || timeline_id FROM pg_control_system(), pg_control_checkpoint()";

    @Test
    void wheneverItIsKilledTheNextOneLeavesNothingOfIt() throws Exception {
        Random random = Rounds.random();
        PostgresBinaries binaries = PostgresBinaries.oneOfThisRun().getFirst();
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = PostgresServer.of(binaries)
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start();
                Writer writer = new Writer(server);
                SharedMemory memory = new SharedMemory(host.directory().resolve("drills"))) {
            host.findsProgramsIn(binaries.programs());
            host.configure(server.conninfo(), server.dataDirectory());
            host.must("init");
            Path fast = server.newDirectory("fast");
            server.sql("CREATE TABLESPACE fast LOCATION '" + fast + "'");
            server.sql("CREATE TABLE t TABLESPACE fast AS SELECT i, md5(i::text) FROM generate_series(1, 20000) i");
            host.must("backup");
            server.archiveCurrentSegment(LIMIT);
            writer.start();
            Path parent = host.directory().resolve("drills");
            String[] drill = {"drill", "--to", parent.toString(), "--target", "latest"};
            String control = server.query(CONTROL);
            long longest = 0;
            for (int round = 0; round <= Rounds.of(2, 50); round++) {
                int logged = server.log().length();
                int written = writer.rows.get();
                long begin = System.nanoTime();
                String killed = "nothing is killed";
                if (round > 0) {
                    long moment = random.nextLong(longest);
                    Running running = host.start(drill);
                    Thread.sleep(moment);
                    if (round % 2 == 0) {
                        running.kill();
                    } else {
                        running.signal("KILL");
                        running.await();
                    }
                    killed = "round " + round + ", killed after " + moment + " ms";
                }
                Outcome next = host.start(drill).await();
                if (round == 0) {
                    longest = Duration.ofNanos(System.nanoTime() - begin).toMillis();
                }

                assertThat(next.status())
                        .as(killed + ": " + next.talk() + next.data())
                        .isZero();
                assertThat(parent).as(killed).isEmptyDirectory();
                await(killed).atMost(LIMIT).untilAsserted(() -> {
                    assertThat(processesIn(parent)).isEmpty();
                    assertThat(memory.left()).isEmpty();
                });
                assertThat(memory.wasSeen()).isTrue();
                assertThat(Files.readString(Path.of("/proc/self/mounts"))).doesNotContain(parent.toString());
                assertThat(server.log().substring(logged).lines())
                        .as(killed)
                        .noneMatch(line -> line.matches(".*\\b(?:WARNING|ERROR|FATAL|PANIC):.*"));
                assertThat(server.query(CONTROL)).isEqualTo(control);
                assertThat(ControlFile.read(server.dataDirectory()).state()).isEqualTo(ClusterState.IN_PRODUCTION);
                assertThat(writer.rows.get()).as("queries went on").isGreaterThan(written);
                try (Stream<Path> objects = Files.walk(host.directory().resolve("repository"))) {
                    assertThat(objects.map(Path::toString))
                            .as("of a copy")
                            .noneMatch(each -> each.contains("/wal/00000002/") || each.contains("/00000002.history"));
                }
            }
        }
    }

    /** Adds a row after the other until it is closed, which fails if one of them did. */
    private static final class Writer implements AutoCloseable {
        private final PostgresServer server;
        private final AtomicBoolean writes = new AtomicBoolean(true);
        private final AtomicInteger rows = new AtomicInteger();
        private CompletableFuture<Void> end = CompletableFuture.completedFuture(null);

        Writer(PostgresServer server) {
            this.server = server;
        }

        void start() {
            server.sql("CREATE TABLE written (n int)");
            end = CompletableFuture.runAsync(
                    () -> {
                        while (writes.get()) {
                            server.sql("INSERT INTO written VALUES (1)", "SELECT pg_sleep(0.05)");
                            rows.incrementAndGet();
                        }
                    },
                    THREADS);
        }

        @Override
        public void close() {
            writes.set(false);
            end.join();
        }
    }

    private record Found(Path directory, String place, String words) {}

    /** By their working directories, and by their words. */
    private static List<Found> processesIn(Path parent) throws IOException {
        List<Found> found = new ArrayList<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path each : processes) {
                try {
                    String words = read(each.resolve("cmdline")).replace('\0', ' ');
                    String place = Files.readSymbolicLink(each.resolve("cwd")).toString();
                    if (words.contains(parent.toString()) || place.startsWith(parent.toString())) {
                        found.add(new Found(each, place, words));
                    }
                } catch (IOException e) {
                    // It has ended, or belongs to somebody else.
                }
            }
        }
        return found;
    }

    /**
     * The shared memory of PostgreSQL, of both kinds, that processes in a directory were seen with while it is open.
     */
    private static final class SharedMemory implements AutoCloseable {
        private static final Pattern OF_SYSTEM_V = Pattern.compile("\\S+ \\S+ \\S+ \\S+ +(\\d+) +/SYSV.*");
        private static final Pattern OF_POSIX = Pattern.compile(".* (/dev/shm/PostgreSQL\\.\\d+).*");

        private final AtomicBoolean looks = new AtomicBoolean(true);
        private final Set<String> seen = ConcurrentHashMap.newKeySet();
        private final CompletableFuture<Void> end;

        SharedMemory(Path parent) {
            end = CompletableFuture.runAsync(
                    () -> {
                        while (looks.get()) {
                            try {
                                processesIn(parent).forEach(process -> seen.addAll(usedBy(process.directory())));
                                Thread.sleep(20);
                            } catch (IOException e) {
                                throw new UncheckedIOException(e);
                            } catch (InterruptedException e) {
                                throw new IllegalStateException(e);
                            }
                        }
                    },
                    THREADS);
        }

        private static Set<String> usedBy(Path process) {
            Set<String> used = new TreeSet<>();
            try {
                read(process.resolve("maps")).lines().forEach(line -> {
                    for (Pattern pattern : List.of(OF_SYSTEM_V, OF_POSIX)) {
                        Matcher matcher = pattern.matcher(line);
                        if (matcher.matches()) {
                            used.add(matcher.group(1));
                        }
                    }
                });
            } catch (IOException e) {
                // It has ended.
            }
            return used;
        }

        boolean wasSeen() {
            return !seen.isEmpty();
        }

        /** What is still there of it. */
        Set<String> left() throws IOException {
            Set<String> left = new TreeSet<>();
            try (Stream<String> segments = Files.lines(Path.of("/proc/sysvipc/shm"))) {
                // key shmid perms size cpid lpid nattch
                segments.skip(1).map(line -> line.strip().split(" +", -1)[1]).forEach(left::add);
            }
            try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of("/dev/shm"), "PostgreSQL.*")) {
                files.forEach(each -> left.add(each.toString()));
            }
            left.retainAll(seen);
            return left;
        }

        @Override
        public void close() {
            looks.set(false);
            end.join();
        }
    }

    private static String read(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    }
}
