// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.receive;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.archiver.receive.ReceiveOptions.FlushAfter;
import org.tidemark.archiver.receive.ReceiveOptions.Synchronous;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.ObjectEncoder;
import org.tidemark.catalog.wal.StreamedSegment;
import org.tidemark.core.Lsn;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.postgres.ControlFile;
import org.tidemark.store.ObjectSource;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.Rounds;

class PieceDeliveryTest {
    @TempDir
    private Path spool;

    @Test
    void aReaderNeedsFewOfManyPieces() {
        Random random = Rounds.random();
        List<Integer> ends = new ArrayList<>(List.of(0));
        Map<Integer, Integer> needed = new TreeMap<>(Map.of(0, 0));
        int written = 0;
        for (int number = 1; number <= 8_640; number++) {
            written += 1 + random.nextInt(100);
            int start = PieceDelivery.start(ends, written);
            ends.add(written);
            assertThat(needed).as("a piece begins where another one ends").containsKey(start);
            int pieces = needed.getOrDefault(start, 0) + 1;
            needed.put(written, pieces);
            assertThat(pieces).as("piece %s", number).isEqualTo(Integer.bitCount(number));
        }
    }

    @Test
    void noPieceIsLongerThanItsLimitUnlessItHoldsWhatIsNew() {
        List<Integer> ends = new ArrayList<>(List.of(0));
        for (int number = 1; number <= 64; number++) {
            int written = number * (PieceDelivery.MAX_BYTES / 3);
            int start = PieceDelivery.start(ends, written);
            ends.add(written);
            assertThat(written - start).isLessThanOrEqualTo(PieceDelivery.MAX_BYTES);
        }
    }

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
    void piecesFollowTheServerAndAreItsWal(PostgresBinaries binaries) throws Exception {
        try (PostgresServer server = server(binaries);
                Reception reception = new Reception(server, spool)) {
            reception.pieceInterval = Optional.of(Duration.ofMillis(100));
            reception.start().awaitTold("receiving");
            for (int i = 0; i < 5; i++) {
                server.sql("INSERT INTO rows SELECT generate_series(1, 200)");
                Lsn written = Lsn.parse(server.query("SELECT pg_current_wal_flush_lsn()"));
                reception.await(
                        "a piece reaches " + written,
                        () -> streamed(reception, current(server)).stream()
                                .anyMatch(each -> !each.end().isBefore(written)));
            }
            StreamedSegment streamed = streamed(reception, current(server)).getFirst();
            int length = (int) streamed.end().minus(streamed.segment().start(Reception.SIZE));
            byte[] ofServer = Files.readAllBytes(server.dataDirectory()
                    .resolve("pg_wal")
                    .resolve(streamed.segment().name()));
            try (InputStream content = reception.wal().open(streamed)) {
                byte[] stored = content.readAllBytes();
                assertThat(Arrays.copyOf(stored, length)).isEqualTo(Arrays.copyOf(ofServer, length));
                assertThat(stored).hasSize(Reception.SIZE.bytes());
            }
            int before = streamed.pieces().size();
            Thread.sleep(500); // only what advanced is stored
            assertThat(streamed(reception, streamed.segment()).getFirst().pieces())
                    .hasSizeLessThanOrEqualTo(before + 1);
        }
    }

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
    void aCommitThatWaitsForTheRepositoryReturnsWithItsPiece(PostgresBinaries binaries) throws Exception {
        try (PostgresServer server = server(binaries);
                Reception reception = new Reception(server, spool)) {
            startFlushingIntoTheRepository(reception);
            server.awaitStandbyAtCommit("receiver");
            for (int i = 0; i < 20; i++) {
                server.sql("INSERT INTO rows VALUES (" + i + ")");
                Lsn flushed = Lsn.parse(server.query("SELECT flush_lsn FROM pg_stat_replication"));
                Segment segment = Segment.containing(current(server).timeline(), flushed, Reception.SIZE);
                assertThat(streamed(reception, segment))
                        .as("what the server was told is in the repository")
                        .anyMatch(each -> !each.end().isBefore(flushed));
                if (i == 10) {
                    server.sql("SELECT pg_switch_wal()");
                }
            }
        }
    }

    private static void startFlushingIntoTheRepository(Reception reception) throws Exception {
        reception.pieceInterval = Optional.of(Duration.ofHours(1));
        reception.flushAfter = FlushAfter.REPOSITORY;
        reception.synchronous = Synchronous.YES;
        reception.start().awaitTold("receiving");
    }

    /** Two servers archive to one cluster, and the other one has stored the segment first. */
    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
    void contentOfAnotherServerUnderTheNameIsNotReportedAsFlushed(PostgresBinaries binaries) throws Exception {
        try (PostgresServer server = server(binaries);
                Reception reception = new Reception(server, spool)) {
            startFlushingIntoTheRepository(reception);
            Segment segment = current(server);
            try (EncodedObject other = ObjectEncoder.encode(
                    ContainerKind.WAL,
                    segment.name(),
                    ControlFile.read(server.dataDirectory()).system(),
                    Encoding.of(Codec.parse("zstd:1")),
                    ObjectSource.of(new byte[Reception.SIZE.bytes()]),
                    spool)) {
                reception.wal().put(segment, other);
            }
            reception.shutRepository(true);

            server.sql("INSERT INTO rows VALUES (1)", "SELECT pg_switch_wal()", "INSERT INTO rows VALUES (2)");
            long before = notStored(reception);
            reception.await("it tries to store pieces again", () -> {
                Lsn flushed =
                        Lsn.parse(server.query("SELECT coalesce(max(flush_lsn), '0/0') FROM pg_stat_replication"));
                assertThat(flushed).isLessThan(segment.end(Reception.SIZE));
                return notStored(reception) >= before + 2;
            });
        }
    }

    /** A repository takes so long that the segment, and the next one, are archived meanwhile. */
    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
    void aSegmentThatIsDoneWithMeanwhileIsNoFailure(PostgresBinaries binaries) throws Exception {
        try (PostgresServer server = server(binaries);
                Reception reception = new Reception(server, spool)) {
            reception.pieceInterval = Optional.of(Duration.ofMillis(100));
            reception.piecesMayGo = new CountDownLatch(1);
            reception.start().awaitTold("receiving");
            server.sql("INSERT INTO rows VALUES (1)");
            reception.await("a piece", () -> reception.aPieceWaits);
            for (int i = 0; i < 3; i++) {
                Segment segment = current(server);
                server.sql("SELECT pg_switch_wal()", "INSERT INTO rows VALUES (2)");
                reception.awaitTold("archived " + segment.name());
            }

            reception.piecesMayGo.countDown();

            Segment segment = current(server);
            reception.await(
                    "a piece of " + segment.name(),
                    () -> !streamed(reception, segment).isEmpty());
            assertThat(notStored(reception)).as(reception.told.toString()).isZero();
        }
    }

    private static long notStored(Reception reception) {
        return reception.told.stream()
                .filter(each -> each.startsWith("piece not stored"))
                .count();
    }

    private static PostgresServer server(PostgresBinaries binaries) {
        PostgresServer server =
                PostgresServer.of(binaries).initdb("--wal-segsize=1").start();
        server.sql("CREATE TABLE rows (n int)");
        return server;
    }

    private static List<StreamedSegment> streamed(Reception reception, Segment segment) throws IOException {
        return reception.wal().listing().streamed(segment);
    }

    private static Segment current(PostgresServer server) {
        return (Segment) WalFile.parse(server.query("SELECT pg_walfile_name(pg_current_wal_flush_lsn())"));
    }
}
