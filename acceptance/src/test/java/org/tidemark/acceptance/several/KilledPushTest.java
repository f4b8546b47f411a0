// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.several;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.archiver.PushTarget.Holders;
import org.tidemark.archiver.queue.BacklogDelivery;
import org.tidemark.archiver.queue.PendingObject;
import org.tidemark.archiver.queue.PendingQueue;
import org.tidemark.archiver.queue.Spool;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.postgres.ControlFile;
import org.tidemark.store.filesystem.FileSystemStoreProvider;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.Rounds;

class KilledPushTest {
    @TempDir
    private Path directory;

    /** Never started: it has a data directory. */
    private final PostgresServer server = PostgresServer.of(
                    PostgresBinaries.oldestAndNewest().getLast())
            .initdb("--wal-segsize=1")
            .create();

    @AfterEach
    void remove() {
        server.close();
    }

    /**
     * The second repository comes and goes, and the process is killed at any moment: whatever it has acknowledged is in
     * the first one, and in the second one or kept for it.
     */
    @Test
    void whateverWasAcknowledgedBeforeAKillIsWhereItWasPromised() throws Exception {
        Path data = server.dataDirectory();
        ControlFile control = ControlFile.read(data);
        Repository local = create("local", control);
        Repository offsite = create("offsite", control);
        Random random = Rounds.random();
        Set<String> acknowledged = new HashSet<>();
        int next = 10;
        int rounds = Rounds.of(6, 300);
        for (int round = 0; round < rounds; round++) {
            boolean away = round % 3 != 2;
            if (away) {
                Files.move(directory.resolve("offsite"), directory.resolve("away"));
            }
            Path told = directory.resolve("told" + round);
            Process process = new ProcessBuilder(PushingProcess.command(
                            directory.toString(),
                            data.toString(),
                            Integer.toString(next),
                            local.id().value(),
                            offsite.id().value()))
                    .redirectOutput(told.toFile())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            awaitFirst(told, process);
            Thread.sleep(random.nextInt(300)); // the moment of the kill is left to chance
            process.destroyForcibly();
            assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
            if (away) {
                Files.move(directory.resolve("away"), directory.resolve("offsite"));
            }
            List<String> lines = Files.readAllLines(told);
            // A line may have been cut off by the kill.
            lines.stream().filter(line -> line.length() == 24).forEach(acknowledged::add);
            next += lines.size();
            check(control, acknowledged, offsite);
        }
        assertThat(acknowledged).hasSizeGreaterThanOrEqualTo(rounds);
        PendingQueue queue = queue(control, offsite);
        assertThat(new BacklogDelivery(
                                queue,
                                archive("offsite", control),
                                id -> List.of(new Holders.Holder("local", system -> archive("local", control))),
                                new Spool(directory.resolve("spool"), 1L << 30).histories(Clock.systemUTC()),
                                Clock.systemUTC())
                        .deliver(queue.list(), 100_000, () -> true)
                        .refused())
                .isEmpty();
        assertThat(queue.pending()).isEmpty();
        for (String name : acknowledged) {
            assertThat(archive("offsite", control).wal().contains(segment(name)))
                    .as(name)
                    .isTrue();
        }
        assertThat(leftOvers()).as("temporary files").isLessThanOrEqualTo(1);
    }

    private static void awaitFirst(Path told, Process process) throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        while (Files.size(told) < 25 && process.isAlive() && System.nanoTime() < end) {
            Thread.sleep(5);
        }
        assertThat(process.isAlive()).as("it pushes until it is killed").isTrue();
    }

    private long leftOvers() throws IOException {
        try (Stream<Path> files = Files.walk(directory.resolve("spool"))) {
            return files.filter(file -> String.valueOf(file.getFileName()).startsWith(".new-"))
                    .count();
        }
    }

    private static Segment segment(String name) {
        return (Segment) org.tidemark.core.WalFile.parse(name);
    }

    private void check(ControlFile control, Set<String> acknowledged, Repository offsite) throws IOException {
        Set<String> kept = new HashSet<>();
        for (PendingObject object : queue(control, offsite).pending()) {
            assertThat(object.held())
                    .as("its bytes are in the first repository")
                    .isPresent();
            kept.add(object.keyName());
        }
        ClusterArchive first = archive("local", control);
        ClusterArchive second = archive("offsite", control);
        for (String name : acknowledged) {
            assertThat(first.wal().contains(segment(name))).as(name).isTrue();
            assertThat(kept.contains(name) || second.wal().contains(segment(name)))
                    .as("%s is in the second repository or kept for it", name)
                    .isTrue();
        }
    }

    private PendingQueue queue(ControlFile control, Repository offsite) {
        return new Spool(directory.resolve("spool"), 1L << 30)
                .queue(offsite.id(), PushingProcess.CLUSTER, control.system());
    }

    private ClusterArchive archive(String name, ControlFile control) throws IOException {
        return Repository.open(PushingProcess.store(directory.resolve(name)), Optional.empty())
                .incarnation(PushingProcess.CLUSTER, control.system())
                .orElseThrow();
    }

    private Repository create(String name, ControlFile control) throws IOException {
        Path root = directory.resolve(name);
        new FileSystemStoreProvider().createRoot(root.toUri(), Map.of());
        Repository repository = Repository.create(PushingProcess.store(root), Clock.systemUTC());
        repository.register(
                new ClusterIdentity(
                        PushingProcess.CLUSTER,
                        control.system(),
                        control.walSegmentSize(),
                        control.pageSize(),
                        control.postgresMajor()),
                Clock.systemUTC());
        return repository;
    }
}
