// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.SmallDisk;

/** WAL that is fetched ahead changes how fast a recovery is, and nothing else. */
@ParameterizedClass
@MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
@Order(1) // among the longest
@InTurn
final class PrefetchTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    @Parameter
    PostgresBinaries binaries = PostgresBinaries.newestEmbedded();

    @Test
    void whatWasFetchedAheadIsDeliveredAndThePrefetcherEndsWithTheServer() {
        WalStory story = WalStory.of(binaries);
        Goal delayed = Goal.withoutOptions("latest").with("recovery_min_apply_delay", Optional.of("1h"));
        try (ScratchArchive archive = ScratchArchive.ofProcesses(story.cluster())) {
            try (RecoveringServer server = RecoveringServer.prefetchingStandby(archive, delayed)) {
                server.launch();
                await().atMost(LIMIT).until(() -> isAhead(archive, story.segment(4)));
                List<ProcessHandle> prefetchers = prefetchers(archive);
                assertThat(prefetchers).hasSize(1);
                archive.spoil(Fault.MISSING, story.segment(3));
                archive.spoil(Fault.DAMAGED, story.segment(4));

                server.changeSetting("recovery_min_apply_delay", "0");

                server.mustShow(WalStory.rowsUpTo(WalStory.BATCHES));
                server.kill();
                await().atMost(LIMIT).until(() -> prefetchers.stream().noneMatch(ProcessHandle::isAlive));
            }
            assertThat(directories(archive)).isEmpty();
        }
    }

    @Test
    void aStandbyGoesOnWithWhatWasFetchedAheadAndWaitsAtTheEnd() throws Exception {
        WalStory story = WalStory.of(binaries);
        try (ScratchArchive archive = ScratchArchive.ofProcesses(story.cluster());
                RecoveringServer server = RecoveringServer.prefetchingStandby(archive, Goal.withoutOptions("latest"))) {
            archive.withhold(List.of(story.segment(4)));
            server.launch();
            server.mustShow(WalStory.rowsUpTo(3));
            server.awaitRefusal(story.segment(4));
            assertThat(prefetchers(archive)).hasSize(1);
            archive.mend(story.segment(4));

            server.mustShow(WalStory.rowsUpTo(4));
            assertThat(archive.requests()).allMatch(request -> request.endsWith(" 0") || request.endsWith(" 1"));
        }
    }

    @Test
    void anObjectThatIsDamagedOrGoneStopsTheRecoveryAsWithoutAPrefetcher() {
        WalStory story = WalStory.of(binaries);
        String segment = story.segment(3);
        try (ScratchArchive archive = ScratchArchive.ofProcesses(story.cluster());
                RecoveringServer server = RecoveringServer.prefetching(archive, Goal.latest(1))) {
            for (Fault fault : List.of(Fault.DAMAGED, Fault.MISSING, Fault.WRONG_FILE)) {
                archive.spoil(fault, segment);
                server.mustStop();
                archive.mend(segment);
            }
            assertThat(server.statusesOf(segment)).hasSize(3).containsOnly("200");
            server.mustOpenWith(WalStory.rowsUpTo(WalStory.BATCHES));
        }
    }

    @Test
    void theAbandonedTimelineIsNeverReplayed() {
        FailoverStory story = FailoverStory.of(binaries);
        for (Goal goal : List.of(Goal.latest(2), Goal.withoutOptions("latest"))) {
            try (ScratchArchive archive = ScratchArchive.ofProcesses(story.cluster());
                    RecoveringServer server = RecoveringServer.prefetching(archive, goal)) {
                server.mustOpenWith(FailoverStory.ROWS_OF_2);
            }
        }
        try (ScratchArchive archive = ScratchArchive.ofProcesses(story.cluster());
                RecoveringServer server = RecoveringServer.prefetching(archive, Goal.latest(1))) {
            server.mustOpenWith(FailoverStory.ROWS_OF_1);
        }
    }

    @Test
    void aStandbyFollowsATimelineThatIsArchivedLater() {
        FailoverStory story = FailoverStory.of(binaries);
        try (ScratchArchive archive = ScratchArchive.ofProcesses(story.cluster());
                RecoveringServer server = RecoveringServer.prefetchingStandby(archive, Goal.withoutOptions("latest"))) {
            archive.withhold(List.of(FailoverStory.HISTORY));
            archive.withhold(story.young());
            archive.withhold(story.old().subList(1, story.old().size()));
            server.launch();
            server.mustShow("batch-1=50");
            archive.mend(FailoverStory.HISTORY);
            server.awaitDelivery(FailoverStory.HISTORY);
            story.old().subList(1, story.old().size()).forEach(archive::mend);
            story.young().forEach(archive::mend);

            server.mustShow(FailoverStory.ROWS_OF_2);
        }
    }

    @Test
    void aPrefetcherThatIsKilledAtAnyMomentCostsTimeOnly() throws Exception {
        WalStory story = WalStory.of(binaries);
        Random random = Rounds.random();
        for (int round = 0; round < Rounds.of(2, 50); round++) {
            try (ScratchArchive archive = ScratchArchive.ofProcesses(story.cluster());
                    RecoveringServer server = RecoveringServer.prefetching(archive, Goal.latest(1))) {
                Thread killer = new Thread(() -> killUntilInterrupted(archive, random), "killer");
                killer.start();
                try {
                    server.mustOpenWith(WalStory.rowsUpTo(WalStory.BATCHES));
                } finally {
                    killer.interrupt();
                    killer.join();
                }
            }
        }
    }

    @Test
    void aSpoolThatCannotBeWrittenCostsTimeOnly() throws IOException {
        WalStory story = WalStory.of(binaries);
        try (ScratchArchive archive = ScratchArchive.ofProcesses(story.cluster());
                RecoveringServer server = RecoveringServer.prefetching(archive, Goal.latest(1))) {
            Files.writeString(archive.spool().resolve("v1"), "in the way");

            server.mustOpenWith(WalStory.rowsUpTo(WalStory.BATCHES));
        }
    }

    /** Something else fills the disk while files are fetched ahead, and before that. */
    @Test
    void aDiskThatIsFullCostsTimeOnly() throws Exception {
        WalStory story = WalStory.of(binaries);
        try (ScratchArchive archive = ScratchArchive.ofProcesses(story.cluster());
                SmallDisk disk = SmallDisk.mount(archive.spool(), "size=280m");
                RecoveringServer server = RecoveringServer.prefetchingStandby(archive, Goal.withoutOptions("latest"))) {
            archive.withhold(List.of(story.segment(2), story.segment(3), story.segment(4)));
            server.launch();
            server.mustShow(WalStory.rowsUpTo(1));
            await().atMost(LIMIT).until(() -> prefetchers(archive).size() == 1);

            disk.fill();
            archive.mend(story.segment(2));
            server.mustShow(WalStory.rowsUpTo(2));
            server.restart();
            server.mustShow(WalStory.rowsUpTo(2));
            archive.mend(story.segment(3));
            server.mustShow(WalStory.rowsUpTo(3));
            disk.makeRoom();
            archive.mend(story.segment(4));

            server.mustShow(WalStory.rowsUpTo(4));
            assertThat(archive.requests()).allMatch(request -> request.endsWith(" 0") || request.endsWith(" 1"));
        }
    }

    private static void killUntilInterrupted(ScratchArchive archive, Random random) {
        try {
            while (true) {
                Thread.sleep(random.nextInt(400));
                prefetchers(archive).forEach(ProcessHandle::destroyForcibly);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean isAhead(ScratchArchive archive, String segment) {
        return directories(archive).stream().anyMatch(directory -> Files.exists(directory.resolve(segment)));
    }

    /** The processes that fetch ahead from this archive. */
    private static List<ProcessHandle> prefetchers(ScratchArchive archive) {
        return directories(archive).stream()
                .flatMap(directory -> process(directory).stream())
                .toList();
    }

    private static Optional<ProcessHandle> process(Path directory) {
        try {
            String state = Files.readString(directory.resolve("state"));
            return ProcessHandle.of(Long.parseLong(state.substring(0, state.indexOf(' '))));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static List<Path> directories(ScratchArchive archive) {
        Path parent = archive.spool().resolve("v1/prefetch");
        if (!Files.isDirectory(parent)) {
            return List.of();
        }
        try (Stream<Path> children = Files.list(parent)) {
            return children.toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
