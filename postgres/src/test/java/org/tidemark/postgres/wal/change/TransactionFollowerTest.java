// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.wal.change;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.core.Lsn;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.wal.WalReader.Following;
import org.tidemark.postgres.wal.WalReader.WalRecord;
import org.tidemark.postgres.wal.change.EndedTransaction.Gap;
import org.tidemark.postgres.wal.change.EndedTransaction.Outcome;
import org.tidemark.postgres.wal.change.TransactionFollower.SegmentRead;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.Rounds;

/** What is read of a part of WAL, or with little memory, is what is read of all of it, or says that it is less. */
class TransactionFollowerTest {
    private static final System.Logger LOG = System.getLogger(TransactionFollowerTest.class.getName());
    private static final WalSegmentSize SIZE = new WalSegmentSize(1 << 20);
    private static final int PLENTY = TransactionFollower.DEFAULT_MOST_ENTRIES;

    static List<PostgresBinaries> some() {
        return PostgresBinaries.ofThisRun();
    }

    @ParameterizedTest
    @MethodSource("some")
    void aPartOfWalTellsTheSameOrSaysWhatItLacks(PostgresBinaries binaries) throws Exception {
        Random random = Rounds.random();
        try (PostgresServer server = worked(binaries)) {
            List<Path> segments = FollowedServer.segments(server);
            Map<Lsn, EndedTransaction> all = byEnd(FollowedServer.transactions(server, SIZE));
            int same = 0;
            for (int round = 0; round < Rounds.of(10, 40); round++) {
                List<EndedTransaction> found = new ArrayList<>();
                List<SegmentRead> reads = new ArrayList<>();
                boolean isSmall = random.nextBoolean();
                TransactionFollower follower = new TransactionFollower(isSmall ? 20 : PLENTY, found::add);
                int first = random.nextInt(segments.size() - 4);
                int left = random.nextBoolean() ? first + 2 + random.nextInt(2) : -1;
                for (int i = first; i < segments.size(); i++) {
                    if (i != left) {
                        // Without the segment that is left out, the last record before it is not known.
                        Following following = i + 1 == left ? Following.NONE : FollowedServer.following(segments, i);
                        try (InputStream in = FollowedServer.open(segments.get(i))) {
                            reads.add(follower.read(in, following, FollowedServer.name(segments.get(i)), SIZE));
                        }
                    }
                }

                assertThat(reads.stream().filter(SegmentRead::isGap).count()).isEqualTo(left < 0 ? 0 : 1);
                assertThat(follower.openTransactions()).isLessThanOrEqualTo(isSmall ? 20 : 10);
                assertThat(follower.damagedRecords()).isZero();
                for (EndedTransaction each : found) {
                    EndedTransaction whole =
                            Objects.requireNonNull(all.get(each.end().at()));
                    assertThat(each.xid()).isEqualTo(whole.xid());
                    assertThat(each.outcome()).isEqualTo(whole.outcome());
                    assertThat(each.time()).isEqualTo(whole.time());
                    if (each.knowledge().isEmpty()) {
                        assertThat(each).isEqualTo(whole);
                        same++;
                    }
                }
                Lsn from = FollowedServer.name(segments.get(first)).start(SIZE);
                if (left < 0) {
                    long expected = all.keySet().stream()
                            .filter(end -> !end.isBefore(from))
                            .count();
                    assertThat(found).hasSize((int) expected);
                }
            }

            LOG.log(System.Logger.Level.INFO, binaries + ": " + same + " transactions of parts were the same");
            assertThat(same).isPositive();
        }
    }

    /**
     * Since 14, the server that goes on after a crash says so in the next segment, where the record would have ended.
     */
    @ParameterizedTest
    @MethodSource("some")
    void aSegmentWhoseLastRecordWasAbandonedLacksNothing(PostgresBinaries binaries) throws Exception {
        try (PostgresServer server = FollowedServer.start(binaries, 1)) {
            server.sql(
                    "CREATE TABLE t (x text)",
                    "INSERT INTO t SELECT repeat('x', 999) FROM generate_series(1, 6000) AS n");
            server.stopFast();
            List<Path> segments = FollowedServer.segments(server);
            int crossed = 0;
            for (int i = 0; i + 1 < segments.size(); i++) {
                Path next = segments.get(i + 1);
                byte[] abandoned = Files.readAllBytes(next);
                if ((abandoned[2] & 1) != 0) {
                    crossed++;
                    abandoned[2] = (byte) ((abandoned[2] & ~1) | 8);
                    SegmentRead read = read(segments.get(i), () -> new ByteArrayInputStream(abandoned));
                    assertThat(read.isWhole()).as(next.toString()).isTrue();
                    assertThat(read(segments.get(i), Following.NONE).isWhole())
                            .as(next.toString())
                            .isFalse();
                }
            }
            assertThat(crossed).isPositive();
        }
    }

    private static SegmentRead read(Path segment, Following following) throws IOException {
        try (InputStream in = FollowedServer.open(segment)) {
            return new TransactionFollower(PLENTY, _ -> {}).read(in, following, FollowedServer.name(segment), SIZE);
        }
    }

    @ParameterizedTest
    @MethodSource("some")
    void aPreparedTransactionKeepsWhatItDidBeforeARestart(PostgresBinaries binaries) throws Exception {
        try (PostgresServer server = FollowedServer.start(binaries, 1)) {
            server.sql("CREATE TABLE t AS SELECT g FROM generate_series(1, 500) g");
            long oid = Long.parseLong(server.query("SELECT 't'::regclass::oid"));
            try (Connection connection = server.connect();
                    Statement sql = connection.createStatement()) {
                sql.execute("BEGIN");
                sql.execute("SAVEPOINT s");
                sql.execute("DELETE FROM t");
                sql.execute("RELEASE s");
                sql.execute("TRUNCATE t");
                sql.execute("PREPARE TRANSACTION 'x'");
            }
            server.sql("SELECT pg_switch_wal()");
            int later = FollowedServer.segments(server).size();
            server.restart();
            server.sql("CHECKPOINT");
            server.stopImmediately();
            server.start();
            server.sql("CHECKPOINT", "SELECT txid_current()", "COMMIT PREPARED 'x'");
            server.stopFast();

            EndedTransaction whole = twoPhase(FollowedServer.transactions(server, SIZE));
            List<EndedTransaction> found = new ArrayList<>();
            TransactionFollower follower = new TransactionFollower(PLENTY, found::add);
            List<Path> segments = FollowedServer.segments(server);
            FollowedServer.follow(follower, segments.subList(later, segments.size()), SIZE, _ -> {});

            assertThat(whole.knowledge()).isEmpty();
            assertThat(whole.kinds()).containsExactly(Change.Kind.TRUNCATE);
            assertThat(whole.changes().getFirst().oids()).contains(oid);
            assertThat(whole.massChanges(500)).hasSize(1);
            assertThat(twoPhase(found).knowledge()).contains(Gap.BEGUN_BEFORE);
        }
    }

    @ParameterizedTest
    @MethodSource("some")
    void aSegmentThatEndsEarlyIsNotWhole(PostgresBinaries binaries) throws Exception {
        try (PostgresServer server = worked(binaries)) {
            List<Path> segments = FollowedServer.segments(server);
            byte[] bytes = Files.readAllBytes(segments.get(1));
            List<EndedTransaction> found = new ArrayList<>();
            TransactionFollower follower = new TransactionFollower(PLENTY, found::add);

            SegmentRead cut = follower.read(
                    new ByteArrayInputStream(bytes, 0, bytes.length / 2 + 100),
                    Following.NONE,
                    FollowedServer.name(segments.get(1)),
                    SIZE);
            SegmentRead next;
            try (InputStream in = FollowedServer.open(segments.get(2))) {
                next = follower.read(
                        in, FollowedServer.following(segments, 2), FollowedServer.name(segments.get(2)), SIZE);
            }

            assertThat(cut.isWhole()).isFalse();
            assertThat(next.isGap()).isTrue();
            assertThat(next.isWhole()).isTrue();
        }
    }

    @ParameterizedTest
    @MethodSource("some")
    void theRecordOfAnUnknownVersionOrManagerIsCounted(PostgresBinaries binaries) throws Exception {
        try (PostgresServer server = worked(binaries)) {
            Path segment = FollowedServer.segments(server).get(1);
            byte[] bytes = Files.readAllBytes(segment);
            ByteBuffer pages = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            for (int page = 0; page < bytes.length; page += 8192) {
                pages.putShort(page, (short) 0xD1FF);
            }
            List<EndedTransaction> found = new ArrayList<>();
            TransactionFollower follower = new TransactionFollower(PLENTY, found::add);
            follower.read(new ByteArrayInputStream(bytes), Following.NONE, FollowedServer.name(segment), SIZE);

            assertThat(found).isEmpty();
            assertThat(follower.unknownRecords()).isPositive();

            Lsn at = new Lsn(1 << 20);
            boolean isRight = follower.visit(
                    new WalRecord(200, 0, 7, 0xD118, at, at, at, ByteBuffer.allocate(9)), 9, binaries.major());

            assertThat(isRight).isTrue();
        }
    }

    private static EndedTransaction twoPhase(List<EndedTransaction> all) {
        return all.stream().filter(EndedTransaction::isTwoPhase).findFirst().orElseThrow();
    }

    private static Map<Lsn, EndedTransaction> byEnd(List<EndedTransaction> all) {
        return all.stream().collect(Collectors.toMap(each -> each.end().at(), each -> each));
    }

    /** A server that has ended, after random transactions that change rows, and some that change tables. */
    private static PostgresServer worked(PostgresBinaries binaries) throws Exception {
        PostgresServer server = FollowedServer.start(binaries, 1);
        try {
            Thread definitions = Thread.ofVirtual().start(() -> {
                for (int i = 0; i < 30; i++) {
                    server.sql(
                            "CREATE TABLE d(id int PRIMARY KEY, b text)",
                            "INSERT INTO d VALUES (1, 'x')",
                            i % 3 == 0 ? "TRUNCATE d" : i % 3 == 1 ? "VACUUM FULL d" : "DELETE FROM d",
                            "DROP TABLE d");
                }
            });
            RecordsOfRealServersTest.work(server, new HashMap<>());
            definitions.join();
            server.stopFast();
            assertThat(FollowedServer.transactions(server, SIZE))
                    .anyMatch(each -> each.outcome() == Outcome.ROLLED_BACK);
            return server;
        } catch (Exception | AssertionError e) {
            server.close();
            throw e;
        }
    }
}
