// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.WalStream.Data;
import org.tidemark.postgres.WalStream.Keepalive;
import org.tidemark.postgres.WalStream.Message;
import org.tidemark.postgres.WalStream.Reply;
import org.tidemark.postgres.WalStream.SlotLife;
import org.tidemark.postgres.WalStream.Start;
import org.tidemark.postgres.WalStream.TimelineEnd;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresWait;

class WalStreamTest {
    private static final WalSegmentSize SIZE = new WalSegmentSize(1 << 20);
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @TempDir
    Path home;

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#ofThisRun")
    void theWalOfAServerArrivesByteForByteAndItsSlotFollowsWhatIsFlushed(PostgresBinaries binaries) throws Exception {
        try (PostgresServer server =
                        PostgresServer.of(binaries).initdb("--wal-segsize=1").start();
                ReplicationConnection slots = connection(server);
                ReplicationConnection connection = connection(server)) {
            slots.createSlot("receiver", SlotLife.PERMANENT);
            Lsn kept = Lsn.parse(server.query("SELECT restart_lsn FROM pg_replication_slots"));
            assertThat(slots.slotStart("receiver"))
                    .isEqualTo(binaries.major() < 15 ? Optional.empty() : Optional.of(kept));
            assertThat(slots.slotStart("no_such_slot")).isEmpty();
            Segment first = Segment.containing(Timeline.FIRST, kept, SIZE);
            Lsn from = first.start(SIZE);
            WalStream stream = connection.startReplication(new Start(Optional.of("receiver"), Timeline.FIRST, from));
            server.sql("CREATE TABLE t AS SELECT generate_series(1, 40000) AS i");
            Lsn end = server.walPosition();

            byte[] received = receive(stream, from, end);

            byte[] written = new byte[(int) end.minus(from)];
            for (Segment segment = first; segment.start(SIZE).isBefore(end); segment = segment.next(SIZE)) {
                try (RandomAccessFile file = new RandomAccessFile(
                        server.dataDirectory().resolve("pg_wal/" + segment).toFile(), "r")) {
                    int done = (int) segment.start(SIZE).minus(from);
                    file.readFully(written, done, Math.min(SIZE.bytes(), written.length - done));
                }
            }
            assertThat(Arrays.mismatch(received, written)).isEqualTo(-1);
            stream.report(end, end, Instant.now(), Reply.NOT_NEEDED);
            PostgresWait.until(
                    "the slot follows",
                    LIMIT,
                    server,
                    () -> server.query("SELECT restart_lsn FROM pg_replication_slots")
                            .equals(end.toString()));
            assertThatExceptionOfType(PostgresException.class)
                    .isThrownBy(() -> slots.dropSlot("receiver"))
                    .satisfies(e -> assertThat(e.sqlState()).hasValue("55006"));
            Thread stop = Thread.ofVirtual().start(server::stopFast);
            assertThatExceptionOfType(PostgresException.class)
                    .isThrownBy(() -> {
                        while (true) {
                            answer(stream, end);
                        }
                    })
                    // A report that the server no longer reads tells of the connection alone.
                    .satisfies(e -> assertThat(e.getMessage()).containsAnyOf("the server is shutting down", "was lost"))
                    .satisfies(e -> assertThat(e.exitCode()).isEqualTo(ExitCode.POSTGRES_UNAVAILABLE));
            assertThat(stop.join(LIMIT)).isTrue();
        }
    }

    /** As a receiver does: a server that shuts down waits until everything is flushed. */
    private static void answer(WalStream stream, Lsn from) {
        Lsn end = from;
        Optional<Message> message = stream.next(LIMIT);
        if (message.orElseThrow() instanceof Data data) {
            end = data.start().plus(data.content().remaining());
        } else if (message.get() instanceof Keepalive keepalive) {
            end = keepalive.end();
        }
        stream.report(end, end, Instant.now(), Reply.NOT_NEEDED);
    }

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#ofThisRun")
    void theEndOfATimelineNamesTheNextOne(PostgresBinaries binaries) throws IOException {
        try (PostgresServer server = PostgresServer.of(binaries)
                .initdb("--wal-segsize=1")
                .setting("max_wal_senders", "10")
                .standby("false")
                .start()) {
            Segment first;
            try (ReplicationConnection connection = connection(server)) {
                first = Segment.containing(
                        Timeline.FIRST, connection.identifySystem().flushed(), SIZE);
                WalStream stream =
                        connection.startReplication(new Start(Optional.empty(), Timeline.FIRST, first.start(SIZE)));
                server.promote();

                Message last = null;
                while (!(last instanceof TimelineEnd)) {
                    last = stream.next(LIMIT).orElseThrow();
                }

                TimelineEnd end = (TimelineEnd) last;
                assertThat(end.next()).isEqualTo(new Timeline(2));
                assertThat(end.at()).isGreaterThan(first.start(SIZE));
                assertThat(connection.timelineHistory(end.next())).isPresent();
                try (ReplicationConnection another = connection(server)) {
                    assertThat(another.startReplication(new Start(Optional.empty(), Timeline.FIRST, end.at()))
                                    .next(LIMIT))
                            .hasValue(end);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#ofThisRun")
    void whatTheServerCannotSendIsToldByItsSqlState(PostgresBinaries binaries) throws IOException {
        try (PostgresServer server =
                PostgresServer.of(binaries).initdb("--wal-segsize=1").start()) {
            assertThat(stateOf(server, new Start(Optional.empty(), Timeline.FIRST, new Lsn(SIZE.bytes()))))
                    .hasValue("58P01");
            assertThat(stateOf(server, new Start(Optional.of("gone"), Timeline.FIRST, new Lsn(SIZE.bytes()))))
                    .hasValue("42704");
            try (ReplicationConnection one = connection(server);
                    ReplicationConnection other = connection(server)) {
                one.createSlot("brief", SlotLife.TEMPORARY);
                assertThatExceptionOfType(PostgresException.class)
                        .isThrownBy(() -> other.createSlot("brief", SlotLife.PERMANENT))
                        .satisfies(e -> assertThat(e.sqlState()).hasValue("42710"));
                assertThat(server.query("SELECT temporary AND restart_lsn IS NOT NULL FROM pg_replication_slots"))
                        .isEqualTo("t");
            }
        }
    }

    /** In the middle of the WAL, at its end, after a refusal, and on a timeline that has ended. */
    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#ofThisRun")
    void aStreamThatIsStoppedLeavesItsConnectionUsable(PostgresBinaries binaries) throws IOException {
        try (PostgresServer server = PostgresServer.of(binaries)
                .initdb("--wal-segsize=1")
                .setting("max_wal_senders", "10")
                .setting("wal_keep_size", "64MB")
                .standby("false")
                .start()) {
            Lsn start;
            try (ReplicationConnection connection = connection(server)) {
                start = Segment.containing(
                                Timeline.FIRST, connection.identifySystem().flushed(), SIZE)
                        .start(SIZE);
            }
            server.promote();
            server.sql("CREATE TABLE many AS SELECT generate_series(1, 200000) i");
            Start old = new Start(Optional.empty(), Timeline.FIRST, start);
            try (ReplicationConnection connection = connection(server)) {
                for (int messages = 0; messages < 2; messages++) {
                    WalStream ended = connection.startReplication(old);
                    if (messages > 0) {
                        assertThat(ended.next(LIMIT)).isPresent();
                    }
                    ended.stop();
                    Start current = new Start(
                            Optional.empty(),
                            new Timeline(2),
                            Segment.containing(new Timeline(2), server.walPosition(), SIZE)
                                    .start(SIZE));
                    WalStream stopped = connection.startReplication(current);
                    if (messages > 0) {
                        assertThat(stopped.next(LIMIT)).isPresent();
                    }
                    stopped.stop();
                }
                WalStream refused =
                        connection.startReplication(new Start(Optional.empty(), Timeline.FIRST, new Lsn(SIZE.bytes())));
                assertThatExceptionOfType(PostgresException.class).isThrownBy(() -> refused.next(LIMIT));
                refused.stop();
                assertThat(connection.identifySystem().timeline()).isEqualTo(new Timeline(2));
            }
        }
    }

    private Optional<String> stateOf(PostgresServer server, Start start) {
        try (ReplicationConnection connection = connection(server)) {
            connection.startReplication(start).next(LIMIT);
            return Optional.empty();
        } catch (PostgresException e) {
            return e.sqlState();
        }
    }

    private ReplicationConnection connection(PostgresServer server) {
        return new TestConnections(home).replication(server.socketConninfo());
    }

    private static byte[] receive(WalStream stream, Lsn from, Lsn end) {
        byte[] received = new byte[(int) end.minus(from)];
        Lsn next = from;
        while (next.isBefore(end)) {
            if (stream.next(LIMIT).orElseThrow() instanceof Data data) {
                assertThat(data.start()).isEqualTo(next);
                int count = data.content().remaining();
                int kept = (int) Math.min(count, end.minus(next));
                data.content().get(received, (int) next.minus(from), kept);
                next = next.plus(count);
            }
        }
        return received;
    }
}
