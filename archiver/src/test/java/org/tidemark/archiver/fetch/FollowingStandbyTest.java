// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.archiver.PushTarget;
import org.tidemark.archiver.push.WalPusher;
import org.tidemark.archiver.push.WalPusher.PushRequest;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.wal.WalArchive;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.ControlFile.ClusterState;
import org.tidemark.store.MemoryStore;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresServerBuilder;
import org.tidemark.testkit.PostgresWait;
import org.tidemark.testkit.Rounds;

/**
 * A standby with archive_mode = always that streams from another standby, which is promoted: where the timeline ends,
 * PostgreSQL hands over the segment as far as it goes, under its full name.
 */
@InTurn
class FollowingStandbyTest {
    private static final WalSegmentSize SEGMENT_SIZE = new WalSegmentSize(1 << 20);

    /** Before a segment is recycled it is archived, and the archiver of a standby of 13 looks once a minute. */
    private static final Duration LIMIT = Duration.ofMinutes(3);

    @TempDir
    private Path work;

    private final MemoryStore store = new MemoryStore(Clock.systemUTC());
    private Optional<WalArchive> archive = Optional.empty();

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oldestAndNewest")
    void theSegmentThatItCutOffDoesNotStandInTheWayOfTheWholeOne(PostgresBinaries binaries) throws IOException {
        try (PostgresServer primary = archiving(binaries, "on").start()) {
            primary.newDirectory("archive");
            Path base = primary.takeBaseBackup(primary.newDirectory("copies").resolve("base"))
                    .dataDirectory();
            try (PostgresServer promoted = archiving(binaries, "off")
                            .from(base)
                            .standbyOf(primary)
                            .start();
                    PostgresServer follower = archiving(binaries, "always")
                            .from(base)
                            .standbyOf(promoted)
                            .create()) {
                Path handedOver = follower.newDirectory("archive");
                follower.start();
                primary.sql("CREATE TABLE rows AS SELECT generate_series(1, 500) AS n");
                awaitRows(follower, 500);
                promoted.promote();
                Segment cut = lastOfFirstTimeline(promoted);
                PostgresWait.until(
                        "'" + cut.name() + "' is handed over",
                        LIMIT,
                        follower,
                        () -> follower.isArchived(cut.name())
                                && handedOver.resolve(cut.name()).toFile().exists());
                ControlFile control = ControlFile.read(primary.dataDirectory());
                register(control);

                push(cut, handedOver.resolve(cut.name()), control);
                push(cut, handedOver.resolve(cut.name()), control);

                assertThat(wal().contains(cut)).isFalse();
                assertThat(wal().listing().partials(cut)).hasSize(1);
                primary.sql("INSERT INTO rows SELECT generate_series(501, 600)");
                assertThat(primary.archiveCurrentSegment(PostgresWait.DEFAULT_LIMIT))
                        .isEqualTo(cut.name());
                push(cut, primary.dataDirectory().resolveSibling("archive").resolve(cut.name()), control);
                assertThat(wal().contains(cut)).isTrue();
            }
        }
    }

    static List<PostgresBinaries> chosen() {
        // The archiver of a standby of 13 looks for files once a minute only: too slow for an ordinary build.
        return Rounds.of(0, 1) == 1
                ? PostgresBinaries.embedded()
                : List.of(PostgresBinaries.oldestAndNewest().getLast());
    }

    /** As on every server that has run for a while. */
    @ParameterizedTest
    @MethodSource("chosen")
    void theSegmentThatItCutOffInARecycledFileIsArchivedAsFarAsItGoes(PostgresBinaries binaries) throws IOException {
        afterTheSwitch(binaries, "always", (follower, cut) -> {
            PostgresWait.until(
                    "'" + cut.name() + "' is handed over", LIMIT, follower, () -> follower.isArchived(cut.name()));

            requireArchivedAsPartial(follower, cut);
        });
    }

    /** Until its first checkpoint has ended, pg_control has the timeline of the last one. */
    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oldestAndNewest")
    void soItIsByAServerThatWasPromotedJustNow(PostgresBinaries binaries) throws IOException {
        afterTheSwitch(binaries, "off", (follower, cut) -> {
            String checkpointer =
                    follower.query("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'");
            follower.run(List.of("sh", "-c", "kill -STOP " + checkpointer));
            try {
                follower.promote();
                ControlFile control = ControlFile.read(follower.dataDirectory());
                assertThat(control.state()).isEqualTo(ClusterState.IN_PRODUCTION);
                assertThat(control.checkpoint().timeline()).isEqualTo(Timeline.FIRST);

                requireArchivedAsPartial(follower, cut);
            } finally {
                follower.run(List.of("sh", "-c", "kill -CONT " + checkpointer));
            }
        });
    }

    private interface Continuation {
        void with(PostgresServer follower, Segment cut) throws IOException;
    }

    /** A follower with this archive_mode has followed the switch to timeline 2, in a segment of a recycled file. */
    private static void afterTheSwitch(PostgresBinaries binaries, String mode, Continuation then) throws IOException {
        try (PostgresServer primary = archiving(binaries, "off").start()) {
            Path base = primary.takeBaseBackup(primary.newDirectory("copies").resolve("base"))
                    .dataDirectory();
            try (PostgresServer promoted = archiving(binaries, "off")
                            .from(base)
                            .standbyOf(primary)
                            .start();
                    PostgresServer follower = archiving(binaries, mode)
                            .setting("wal_keep_size", "0")
                            .setting("min_wal_size", "20MB")
                            .setting("max_wal_size", "40MB")
                            .from(base)
                            .standbyOf(promoted)
                            .create()) {
                follower.newDirectory("archive");
                follower.start();
                primary.sql("CREATE TABLE rows AS SELECT generate_series(1, 500) AS n");
                for (int i = 0; i < 8; i++) {
                    primary.sql("CREATE TABLE fill" + i + " AS SELECT generate_series(1, 20000) AS n");
                }
                primary.sql("CHECKPOINT", "INSERT INTO rows VALUES (501)");
                awaitRows(follower, 501);
                PostgresWait.until("old segments are recycled", LIMIT, follower, () -> {
                    follower.sql("CHECKPOINT");
                    if (isRecycled(follower, segmentOf(primary).next(SEGMENT_SIZE))) {
                        return true;
                    }
                    // It may have been made again, of zeros, when the one before it was nearly full.
                    primary.sql("SELECT pg_switch_wal()", "CHECKPOINT");
                    return false;
                });
                String before = segmentOf(primary).name();
                primary.sql("SELECT pg_switch_wal()", "INSERT INTO rows VALUES (502)");
                awaitRows(follower, 502);
                promoted.promote();
                promoted.sql("INSERT INTO rows VALUES (503)");
                awaitRows(follower, 503);
                Segment cut = lastOfFirstTimeline(promoted);
                assertThat(cut.name()).isNotEqualTo(before);
                assertThat(isRecycled(follower, cut)).isTrue();
                then.with(follower, cut);
            }
        }
    }

    private void requireArchivedAsPartial(PostgresServer follower, Segment cut) throws IOException {
        ControlFile control = ControlFile.read(follower.dataDirectory());
        register(control);

        push(cut, follower.dataDirectory().resolve("pg_wal").resolve(cut.name()), control);

        assertThat(wal().contains(cut)).isFalse();
        assertThat(wal().listing().partials(cut)).hasSize(1);
    }

    /** In which the timeline ended that {@code promoted} had followed. */
    private static Segment lastOfFirstTimeline(PostgresServer promoted) throws IOException {
        Path history = promoted.dataDirectory().resolve("pg_wal/00000002.history");
        Lsn end = TimelineHistory.parse(new Timeline(2), Files.readString(history))
                .endOf(Timeline.FIRST)
                .orElseThrow();
        return Segment.containing(Timeline.FIRST, end, SEGMENT_SIZE);
    }

    private static Segment segmentOf(PostgresServer server) {
        return (Segment) WalFile.parse(server.query("SELECT pg_walfile_name(pg_current_wal_lsn())"));
    }

    /** Whether the last page of its file holds something. */
    private static boolean isRecycled(PostgresServer server, Segment segment) throws IOException {
        Path file = server.dataDirectory().resolve("pg_wal").resolve(segment.name());
        if (!Files.exists(file)) {
            return false;
        }
        byte[] bytes = Files.readAllBytes(file);
        return bytes[bytes.length - 8192] != 0;
    }

    private static PostgresServerBuilder archiving(PostgresBinaries binaries, String mode) {
        return PostgresServer.of(binaries)
                .initdb("--wal-segsize=1")
                .setting("wal_keep_size", "64MB")
                // What it writes by itself would fill the segment that is to be cut off.
                .setting("autovacuum", "off")
                .setting("archive_mode", mode)
                // Relative to the data directory; a base backup is taken before the directory is there.
                .setting("archive_command", "cp %p ../archive/%f");
    }

    private static void awaitRows(PostgresServer server, int count) {
        PostgresWait.until(
                "the rows are there",
                PostgresWait.DEFAULT_LIMIT,
                server,
                () -> server.query("SELECT to_regclass('rows') IS NOT NULL").equals("t"));
        PostgresWait.until(
                "the rows are there",
                PostgresWait.DEFAULT_LIMIT,
                server,
                () -> server.query("SELECT count(*) FROM rows").equals(Integer.toString(count)));
    }

    private void register(ControlFile control) throws IOException {
        archive = Optional.of(Repository.create(store, Clock.systemUTC())
                .register(
                        new ClusterIdentity(
                                new ClusterName("main"),
                                control.system(),
                                control.walSegmentSize(),
                                control.pageSize(),
                                control.postgresMajor()),
                        Clock.systemUTC())
                .wal());
    }

    private WalArchive wal() {
        return archive.orElseThrow();
    }

    private void push(Segment segment, Path file, ControlFile control) throws IOException {
        PushTarget target = new PushTarget(
                "memory",
                Encoding.of(Codec.parse("zstd:1")),
                system -> Repository.open(store, Optional.empty())
                        .incarnation(new ClusterName("main"), system)
                        .orElseThrow());
        new WalPusher(target, work, Clock.systemUTC()).push(new PushRequest(segment, file, control));
    }
}
