// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.resident;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.archiver.resident.ResidentService.Condition;
import org.tidemark.archiver.resident.ResidentState.Archived;
import org.tidemark.archiver.resident.ResidentState.Trouble;
import org.tidemark.archiver.resident.Station.Notes;
import org.tidemark.postgres.RunningProcess;
import org.tidemark.testkit.SmallDisk;

/** What others can see of an archiver: here a process that sleeps, and this one. */
class ResidentServiceTest {
    private static final Instant SINCE = Instant.parse("2026-11-20T06:30:00.123Z");
    private static final CallIdentity CALL = new CallIdentity("boot 12 0", List.of());

    @TempDir
    private Path directory;

    private Path data;
    private Path root;
    private Process sleeping;
    private Station station;

    @BeforeEach
    void makeServer() throws IOException {
        data = Files.createDirectory(directory.resolve("data"));
        root = directory.resolve("spool/v1/archived");
        Files.writeString(
                data.resolve("postmaster.pid"),
                ProcessHandle.current().pid() + "\n/data\n1700000000\n5432\n/tmp\n\n\nready\n");
        station = Station.of(root, data).orElseThrow();
        sleeping = new ProcessBuilder("sleep", "600").start();
    }

    @AfterEach
    void end() {
        sleeping.destroyForcibly();
    }

    private RunningProcess other() {
        return RunningProcess.of(Long.toString(sleeping.pid())).orElseThrow();
    }

    private static ResidentState state(RunningProcess process, Optional<Trouble> trouble) {
        return new ResidentState(process, SINCE, Optional.empty(), trouble);
    }

    private Optional<Condition> condition() {
        return ResidentService.of(root, data).map(ResidentService::condition);
    }

    private void signal(String name) throws Exception {
        new ProcessBuilder("kill", "-" + name, Long.toString(sleeping.pid()))
                .start()
                .waitFor();
    }

    private void awaitCondition(Condition expected) throws Exception {
        for (int i = 0; i < 3_000 && !condition().equals(Optional.of(expected)); i++) {
            Thread.sleep(10);
        }
        assertThat(condition()).contains(expected);
    }

    @Test
    void whereNoneIsUsedThereIsNothingToSee() {
        assertThat(ResidentService.of(root, data)).isEmpty();
        assertThat(ResidentService.of(root, directory.resolve("elsewhere"))).isEmpty();
    }

    @Test
    void whatItToldIsReadAgain() throws Exception {
        Trouble trouble = new Trouble(SINCE.plusSeconds(5), "nothing is\narchived", "Do this.\nOr that.");
        ResidentState state = new ResidentState(
                other(),
                SINCE,
                Optional.of(new Archived("000000010000000000000004", SINCE.plusMillis(1))),
                Optional.of(trouble));

        station.tell(state, false);

        assertThat(ResidentService.of(root, data)).get().satisfies(service -> {
            assertThat(service.state()).isEqualTo(state);
            assertThat(service.condition()).isEqualTo(Condition.HINDERED);
        });
        assertThat(trouble.message()).isEqualTo("nothing is archived");
        try (Stream<Path> files = Files.list(root)) {
            assertThat(files).containsExactly(station.asked());
        }
        Files.writeString(station.asked(), "");
        assertThat(ResidentService.of(root, data)).as("of an older version").isEmpty();
    }

    @Test
    void itIsSeenWaitingStoppedAndKilled() throws Exception {
        station.tell(state(other(), Optional.empty()), false);
        assertThat(condition()).contains(Condition.WAITING);
        signal("STOP");
        awaitCondition(Condition.STOPPED);
        signal("CONT");
        awaitCondition(Condition.WAITING);
        signal("KILL");
        awaitCondition(Condition.GONE);

        station.leave();
        assertThat(condition()).as("this one removes nothing of another").contains(Condition.GONE);
    }

    @Test
    void itIsSeenServingAndLate() throws Exception {
        RunningProcess self = RunningProcess.self();
        try (Notes notes = station.open(CALL).orElseThrow()) {
            station.tell(state(self, Optional.empty()), true);
            assertThat(condition()).contains(Condition.SERVING);
            Files.createFile(root.resolve(station.server().key()).resolve("late"));
            assertThat(condition()).contains(Condition.LATE);
            assertThat(ResidentService.of(root, data).orElseThrow().late()).isPresent();
            notes.inTime();
            assertThat(condition()).contains(Condition.SERVING);
        }
        assertThat(condition()).contains(Condition.WAITING);
        station.leave();
        assertThat(condition()).isEmpty();
    }

    @Test
    void oneThatTriesAgainIsNotInOrderYet() throws Exception {
        RunningProcess self = RunningProcess.self();
        try (Notes notes = station.open(CALL).orElseThrow()) {
            assertThat(notes.last()).isEmpty();
            station.tell(state(self, Optional.of(new Trouble(SINCE, "no repository", "Mount it."))), true);
            assertThat(condition()).contains(Condition.HINDERED);
        }
    }

    @Test
    void aFullDiskIsNotFilledWithWhatCouldNotBeTold() throws Exception {
        try (SmallDisk disk = SmallDisk.mount(directory.resolve("spool"), "size=1m,nr_inodes=100")) {
            Files.createDirectories(root);
            disk.fill();
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> station.tell(state(RunningProcess.self(), Optional.empty()), false))
                        .isInstanceOf(IOException.class);
            }
            try (Stream<Path> files = Files.list(root)) {
                assertThat(files).isEmpty();
            }
            disk.makeRoom();
            station.tell(state(RunningProcess.self(), Optional.empty()), false);
            assertThat(condition()).contains(Condition.WAITING);
        }
    }

    @Test
    void oneThatServesCountsMoreThanOneThatWaits() throws Exception {
        station.tell(state(other(), Optional.empty()), true);

        station.tell(state(RunningProcess.self(), Optional.empty()), false);
        assertThat(ResidentService.of(root, data).orElseThrow().state().process())
                .isEqualTo(other());

        sleeping.destroyForcibly().waitFor();
        station.tell(state(RunningProcess.self(), Optional.empty()), false);
        assertThat(condition()).contains(Condition.WAITING);
    }
}
