// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.resident;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tidemark.acceptance.resident.ResidentHost.awaitDrained;
import static org.tidemark.acceptance.resident.ResidentHost.fill;
import static org.tidemark.acceptance.resident.ResidentHost.marks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.acceptance.resident.ResidentHost.Archiver;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.SmallDisk;

/** PostgreSQL archives beside a resident archiver, to which anything may happen. */
@Order(1) // among the longest
class ResidentArchiverTest {
    private static final String SERVES = "are archived as soon as they are ready";
    private static final int SEGMENTS = 20;
    private static final int INTERRUPTED = 75;

    static Stream<PostgresBinaries> versions() {
        return PostgresBinaries.oldestAndNewest().stream().skip(Rounds.of(1, 0));
    }

    private static PostgresServer server(PostgresBinaries binaries) {
        PostgresServer server = PostgresServer.of(binaries)
                .initdb("--wal-segsize=1")
                .archiving("false")
                .create();
        server.start();
        return server;
    }

    private static PostgresServer server() {
        return server(PostgresBinaries.newestEmbedded());
    }

    @ParameterizedTest
    @MethodSource("versions")
    void drainsABacklogWithoutStartingJavaForEachSegment(PostgresBinaries binaries) throws Exception {
        try (ResidentHost host = new ResidentHost();
                PostgresServer server = server(binaries)) {
            host.add("main", server);
            fill(server, 3);
            Archiver archiver = host.start();
            archiver.awaitLine("serving main");
            host.archiveBy(server, host.commandWithHold("main"));
            archiver.awaitServing(server, SERVES, 1);
            awaitDrained(server);

            host.hold();
            fill(server, SEGMENTS);
            host.awaitNoted(server);
            int before = host.starts();
            host.release();
            awaitDrained(server);
            // Where the archiver is slow, a call does not wait for it; here all was archived before the first call.
            assertThat(host.starts() - before).isLessThan(SEGMENTS / 2);
            assertThat(marks(server, ".done")).hasSizeGreaterThanOrEqualTo(SEGMENTS);

            server.restart();
            fill(server, 3);
            awaitDrained(server);
            archiver.awaitServing(server, SERVES, 2);
            awaitDrained(server);
            host.compare("main", server);
            assertThat(archiver.residentMib()).isBetween(1L, 250L);
            assertThat(archiver.stop()).as(archiver.log()).isEqualTo(INTERRUPTED);
        }
    }

    @Test
    void whatIsAcknowledgedIsInTheRepositoryHoweverItIsKilled() throws Exception {
        Random random = Rounds.random();
        try (ResidentHost host = new ResidentHost();
                PostgresServer server = server()) {
            host.add("main", server);
            host.archiveBy(server, host.command("main"));
            for (int round = 0; round < Rounds.of(2, 100); round++) {
                Archiver archiver = host.start();
                if (random.nextBoolean()) {
                    archiver.awaitLine("serving main");
                }
                fill(server, random.nextInt(1, 12));
                TimeUnit.MILLISECONDS.sleep(random.nextInt(1_500));
                archiver.kill();
                fill(server, random.nextInt(3));
            }
            awaitDrained(server);
            host.compare("main", server);
        }
    }

    @Test
    void oneThatIsStoppedDelaysNothingForLong() throws Exception {
        try (ResidentHost host = new ResidentHost();
                PostgresServer server = server()) {
            host.add("main", server);
            Archiver archiver = host.start();
            archiver.awaitLine("serving main");
            host.archiveBy(server, host.command("main"));
            archiver.awaitServing(server, SERVES, 1);

            archiver.signal("STOP");
            fill(server, 3);
            awaitDrained(server);
            archiver.signal("CONT");
            fill(server, 2);
            awaitDrained(server);
            host.compare("main", server);
        }
    }

    @Test
    void aSecondOneTakesOverWhenTheFirstHasGone() throws Exception {
        try (ResidentHost host = new ResidentHost();
                PostgresServer server = server()) {
            host.add("main", server);
            Archiver first = host.start();
            first.awaitLine("serving main");
            host.archiveBy(server, host.command("main"));
            first.awaitServing(server, SERVES, 1);
            Archiver second = host.start();
            second.awaitLine("another process archives ahead");

            first.kill();
            second.awaitServing(server, SERVES, 1);
            fill(server, 3);
            awaitDrained(server);
            host.compare("main", server);
        }
    }

    @Test
    void twoClustersAreServedByOneProcess() throws Exception {
        try (ResidentHost host = new ResidentHost();
                PostgresServer one = server();
                PostgresServer other = server()) {
            host.add("one", one);
            host.add("other", other);
            Archiver archiver = host.start();
            archiver.awaitLine("serving one, other");
            for (PostgresServer each : List.of(one, other)) {
                fill(each, 5);
                host.archiveBy(each, host.command(each == one ? "one" : "other"));
            }
            awaitDrained(one);
            awaitDrained(other);
            archiver.awaitServing(one, "'one' " + SERVES, 1);
            archiver.awaitServing(other, "'other' " + SERVES, 1);
            awaitDrained(one);
            awaitDrained(other);
            host.compare("one", one);
            host.compare("other", other);
        }
    }

    @Test
    void aChangedConfigurationIsNoticedAndARepositoryThatIsGoneIsLeftToWalPush() throws Exception {
        try (ResidentHost host = new ResidentHost();
                PostgresServer server = server()) {
            host.add("main", server);
            Archiver archiver = host.start();
            archiver.awaitLine("serving main");
            host.archiveBy(server, host.command("main"));
            archiver.awaitServing(server, SERVES, 1);

            Path second = host.directory().resolve("second");
            host.configure("[repository.second]\nurl = '" + second.toUri() + "'\n");
            host.must("init", "--repository", "second", "--cluster", "main");
            fill(server, 2);
            awaitDrained(server);
            archiver.awaitServing(server, SERVES, 2);
            awaitDrained(server);
            assertThat(archiver.log()).contains("the configuration was read again");
            fill(server, 3);
            awaitDrained(server);
            List<String> archived = marks(server, ".done");
            host.must(
                    "wal-fetch",
                    archived.getLast(),
                    second + ".fetched",
                    "--cluster",
                    "main",
                    "--repository",
                    "second");

            host.configure(""); // the first one alone
            Path away = Files.move(host.repository(), host.directory().resolve("away"));
            List<String> before = marks(server, ".done");
            fill(server, 3);
            archiver.awaitLine("WARNING");
            assertThat(marks(server, ".done")).isEqualTo(before);
            Files.move(away, host.repository());
            archiver.signal("HUP");
            fill(server, 1); // which wakes the archiver of PostgreSQL
            awaitDrained(server);
            host.compare("main", server);
            assertThat(archiver.stop()).isEqualTo(INTERRUPTED);
        }
    }

    @Test
    void aPromotionIsFollowed() throws Exception {
        try (ResidentHost host = new ResidentHost();
                PostgresServer server = server()) {
            host.add("main", server);
            Archiver archiver = host.start();
            archiver.awaitLine("serving main");
            host.archiveBy(server, host.command("main"));
            archiver.awaitServing(server, SERVES, 1);

            server.stopFast();
            Files.createFile(server.dataDirectory().resolve("standby.signal"));
            server.start();
            server.promote();
            fill(server, 4);
            awaitDrained(server);

            assertThat(marks(server, ".done"))
                    .contains("00000002.history")
                    .anyMatch(name -> name.matches("00000002[0-9A-F]{16}"));
            host.compare("main", server);
        }
    }

    /** The disk of the spool has no block left, then no name either: PostgreSQL waits for neither. */
    @Test
    void aFullSpoolDelaysNothingAndNoSegmentIsMissing() throws Exception {
        try (ResidentHost host = new ResidentHost();
                SmallDisk disk = SmallDisk.mount(host.spool(), "size=1m,nr_inodes=60");
                PostgresServer server = server()) {
            host.add("main", server);
            disk.fill();
            fill(server, 2);
            host.archiveBy(server, host.command("main"));
            awaitDrained(server);
            Archiver archiver = host.start();
            archiver.awaitLine("serving main");
            fill(server, 2);
            awaitDrained(server);
            List<Path> names = new ArrayList<>();
            while (takeName(host.spool().resolve("name-" + names.size()))) {
                names.add(host.spool().resolve("name-" + names.size()));
            }
            fill(server, 2);
            awaitDrained(server);

            for (Path name : names) {
                Files.delete(name);
            }
            disk.makeRoom();
            archiver.awaitServing(server, SERVES, 1);
            fill(server, 1);
            awaitDrained(server);
            host.compare("main", server);
            assertThat(archiver.stop()).as(archiver.log()).isEqualTo(INTERRUPTED);
        }
    }

    private static boolean takeName(Path file) {
        try {
            Files.createFile(file);
            return true;
        } catch (IOException e) {
            return false; // no inode is left
        }
    }
}
