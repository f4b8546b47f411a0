// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.WalRefusedException.Reason;
import org.tidemark.postgres.wal.RestorePoint;
import org.tidemark.postgres.wal.TimelineBeginning;
import org.tidemark.postgres.wal.WalReader.Following;
import org.tidemark.postgres.wal.WalRecords;
import org.tidemark.postgres.wal.change.LastCommit;
import org.tidemark.testkit.BaseBackupCopy;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresWait;

class WalOfRealServersTest {
    private static final Pattern SEGMENT = Pattern.compile("[0-9A-F]{24}(\\.partial)?");
    private static final String LOAD =
            "CREATE TABLE %s AS SELECT g, md5(g::text) AS text FROM generate_series(1, 20000) g";

    static List<PostgresBinaries> some() {
        return PostgresBinaries.ofThisRun();
    }

    static List<PostgresBinaries> oldestAndNewest() {
        return PostgresBinaries.oldestAndNewest();
    }

    @ParameterizedTest
    @MethodSource("some")
    void whatAServerArchivesPassesAndWhatItRecyclesIsRefused(PostgresBinaries binaries) throws IOException {
        try (PostgresServer server = archivingServer(binaries, "--wal-segsize=1")) {
            for (int round = 0; round < 4; round++) {
                server.sql(LOAD.formatted("t" + round), "CHECKPOINT");
                server.archiveCurrentSegment(PostgresWait.DEFAULT_LIMIT);
            }
            server.stopFast();
            ControlFile control = ControlFile.read(server.dataDirectory());

            List<WalSegmentContent> archived = checkAll(archive(server), control);

            assertThat(archived).hasSizeGreaterThan(4).allSatisfy(content -> {
                assertThat(content.postgresMajor()).isEqualTo(binaries.major());
                assertThat(content.leftoverPages()).isZero();
            });
            assertThat(archived)
                    .as("some end in zero pages")
                    .anySatisfy(content -> assertThat(control.walSegmentSize().offset(content.endOfContent()))
                            .isNotZero());
            assertThat(recycled(server, control)).contains(Reason.RECYCLED).isSubsetOf(Reason.RECYCLED, Reason.ZEROED);
        }
    }

    @ParameterizedTest
    @MethodSource("some")
    void whatAPromotedStandbyArchivesPassesWithTheParentsTimelineInItsHeaders(PostgresBinaries binaries)
            throws IOException {
        try (PostgresServer primary = archivingServer(binaries, "--wal-segsize=1")) {
            primary.sql("ALTER SYSTEM SET wal_keep_size = '1GB'", "SELECT pg_reload_conf()");
            BaseBackupCopy copy = primary.takeBaseBackup(primary.dataDirectory().resolveSibling("copy"));
            try (PostgresServer standby = PostgresServer.of(binaries)
                    .from(copy.dataDirectory())
                    .standbyOf(primary)
                    .create()) {
                standby.newDirectory("archive");
                standby.start();
                // Enough WAL and restartpoints for the standby to write into files that it has recycled.
                for (int round = 0; round < 4; round++) {
                    primary.sql(LOAD.formatted("u" + round), "CHECKPOINT");
                    awaitReplay(primary, standby);
                    standby.sql("CHECKPOINT");
                }
                Instant promoted = Instant.now();
                standby.promote();
                standby.sql(LOAD.formatted("after_promotion"));
                standby.archiveCurrentSegment(PostgresWait.DEFAULT_LIMIT);
                ControlFile control = ControlFile.read(standby.dataDirectory());
                List<Path> files = archive(standby);

                List<WalSegmentContent> contents = checkAll(files, control);

                assertThat(files).anySatisfy(file -> assertThat(file.toString()).endsWith(".partial"));
                assertThat(contents).anySatisfy(content -> {
                    assertThat(content.firstTimeline()).isEqualTo(Timeline.FIRST);
                    assertThat(content.lastTimeline()).isEqualTo(new Timeline(2));
                });
                requireEndOfRecordsAtTheSwitch(files, control);
                requireTheBeginningInTheFirstSegmentOfTheTimeline(files, control, promoted);
            }
        }
    }

    private static void requireTheBeginningInTheFirstSegmentOfTheTimeline(
            List<Path> files, ControlFile control, Instant promoted) throws IOException {
        List<Optional<TimelineBeginning>> beginnings = new ArrayList<>();
        for (Path file : files) {
            if (WalFile.parse(String.valueOf(file.getFileName())) instanceof WalFile.Segment segment
                    && !segment.timeline().equals(Timeline.FIRST)) {
                try (InputStream in = Files.newInputStream(file)) {
                    beginnings.add(WalRecords.beginning(in, segment, control.walSegmentSize()));
                }
            }
        }
        assertThat(beginnings.getFirst()).hasValueSatisfying(begun -> {
            assertThat(begun.at()).isBetween(promoted, Instant.now());
            assertThat(begun.earliest()).isBetween(promoted.truncatedTo(ChronoUnit.SECONDS), begun.at());
        });
        assertThat(beginnings.subList(1, beginnings.size())).isNotEmpty().allMatch(Optional::isEmpty);
    }

    /** On a quiet server; its checkpoints have the time. */
    @ParameterizedTest
    @MethodSource("some")
    void aSegmentWithoutATransactionStillHasATime(PostgresBinaries binaries) throws IOException {
        try (PostgresServer server = archivingServer(binaries, "--wal-segsize=1")) {
            server.archiveCurrentSegment(PostgresWait.DEFAULT_LIMIT);
            Instant before = Instant.now().truncatedTo(ChronoUnit.SECONDS);
            server.sql("CHECKPOINT", "SELECT pg_switch_wal()");
            server.stopFast();
            WalSegmentSize size = ControlFile.read(server.dataDirectory()).walSegmentSize();
            Path last = archive(server).getLast();
            WalFile.Segment segment = (WalFile.Segment) WalFile.parse(String.valueOf(last.getFileName()));

            try (InputStream in = Files.newInputStream(last);
                    InputStream again = Files.newInputStream(last)) {
                assertThat(WalRecords.lastTransactionEnd(in, Following.NONE, segment, size))
                        .isEmpty();
                assertThat(WalRecords.newestTime(again, segment, size))
                        .hasValueSatisfying(time -> assertThat(time).isBetween(before, Instant.now()));
            }
        }
    }

    /** A commit, an abort, and both of a prepared transaction, whose records have more than their time. */
    @ParameterizedTest
    @MethodSource("some")
    void theLastEndOfATransactionIsAsTheServerHasItAndAQuietSegmentHasNone(PostgresBinaries binaries)
            throws IOException {
        try (PostgresServer server = archivingServer(binaries, "--wal-segsize=1")) {
            List<Instant> earliest = new ArrayList<>();
            for (String transaction : List.of(
                    "CREATE TABLE t AS SELECT 1 AS n",
                    "BEGIN; INSERT INTO t VALUES (2); SAVEPOINT s; INSERT INTO t VALUES (3); ROLLBACK",
                    "BEGIN; INSERT INTO t VALUES (4); PREPARE TRANSACTION 'p'; COMMIT PREPARED 'p'",
                    "BEGIN; INSERT INTO t VALUES (5); PREPARE TRANSACTION 'q'; ROLLBACK PREPARED 'q'")) {
                server.archiveCurrentSegment(PostgresWait.DEFAULT_LIMIT);
                earliest.add(Instant.parse(server.query(
                        "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")));
                server.sql(transaction.split("; ", -1));
            }
            server.archiveCurrentSegment(PostgresWait.DEFAULT_LIMIT);
            Instant after = Instant.now();
            server.sql("CHECKPOINT", "SELECT pg_switch_wal()");
            server.archiveCurrentSegment(PostgresWait.DEFAULT_LIMIT);
            server.stopFast();
            WalSegmentSize size = ControlFile.read(server.dataDirectory()).walSegmentSize();

            List<Optional<Instant>> ends = new ArrayList<>();
            for (Path file : archive(server)) {
                if (WalFile.parse(String.valueOf(file.getFileName())) instanceof WalFile.Segment segment) {
                    try (InputStream in = Files.newInputStream(file)) {
                        ends.add(WalRecords.lastTransactionEnd(in, Following.NONE, segment, size));
                    }
                }
            }

            List<Optional<Instant>> last = ends.subList(ends.size() - earliest.size() - 2, ends.size() - 1);
            for (int i = 0; i < earliest.size(); i++) {
                Instant next = i + 1 < earliest.size() ? earliest.get(i + 1) : after;
                assertThat(last.get(i))
                        .as("%s", last)
                        .hasValueSatisfying(end -> assertThat(end)
                                .isAfter(earliest.get(last.indexOf(Optional.of(end))))
                                .isBefore(next));
            }
            assertThat(last.getLast()).isEmpty();
        }
    }

    /** Of a prepared transaction, its own; what was rolled back or only prepared does not count. */
    @ParameterizedTest
    @MethodSource("some")
    void theLastCommitIsTheOneThatTheServerHas(PostgresBinaries binaries) throws IOException {
        try (PostgresServer server = archivingServer(binaries, "--wal-segsize=1")) {
            server.archiveCurrentSegment(PostgresWait.DEFAULT_LIMIT);
            server.sql("CREATE TABLE t AS SELECT 1 AS n");
            Lsn created = server.walPosition();
            server.sql("BEGIN", "INSERT INTO t VALUES (2)", "ROLLBACK");
            Lsn rolledBack = server.walPosition();
            server.sql("BEGIN", "INSERT INTO t VALUES (3)", "PREPARE TRANSACTION 'p'", "COMMIT PREPARED 'p'");
            server.sql("BEGIN", "INSERT INTO t VALUES (4)", "PREPARE TRANSACTION 'q'", "ROLLBACK PREPARED 'q'");
            server.sql("BEGIN", "INSERT INTO t VALUES (5)", "PREPARE TRANSACTION 'r'");
            Lsn end = server.walPosition();
            int first = Integer.parseInt(server.query("SELECT xmin FROM t WHERE n = 1"));
            int prepared = Integer.parseInt(server.query("SELECT xmin FROM t WHERE n = 3"));
            String name = server.archiveCurrentSegment(PostgresWait.DEFAULT_LIMIT);
            WalFile.Segment segment = (WalFile.Segment) WalFile.parse(name);
            WalSegmentSize size = ControlFile.read(server.dataDirectory()).walSegmentSize();

            List<LastCommit> found = new ArrayList<>();
            for (Lsn until : List.of(created, rolledBack, end)) {
                try (InputStream in = Files.newInputStream(archive(server).getLast())) {
                    found.add(LastCommit.find(until, in, Following.NONE, segment, size)
                            .orElseThrow());
                }
            }

            assertThat(found).extracting(LastCommit::xid).containsExactly(first, first, prepared);
            assertThat(found.getFirst().end()).isEqualTo(created);
            assertThat(found.getLast().time()).isAfter(found.getFirst().time()).isBefore(Instant.now());
        }
    }

    /** So many that some records end in the segment after the one in which they begin. */
    @ParameterizedTest
    @MethodSource("some")
    void everyRestorePointIsFoundWhereTheServerSaysThatItIs(PostgresBinaries binaries) throws IOException {
        try (PostgresServer server = archivingServer(binaries, "--wal-segsize=1")) {
            Instant before = Instant.now();
            server.sql("CREATE TABLE points AS SELECT i, pg_create_restore_point('caf\u00e9 ' || i) AS lsn"
                    + " FROM generate_series(1, 30000) i");
            server.archiveCurrentSegment(PostgresWait.DEFAULT_LIMIT);
            server.sql("INSERT INTO points SELECT 0, pg_create_restore_point(repeat('x', 63))");
            server.archiveCurrentSegment(PostgresWait.DEFAULT_LIMIT);
            String expected = server.query("SELECT string_agg(CASE i WHEN 0 THEN repeat('x', 63) ELSE 'caf\u00e9 ' || i"
                    + " END || ' ' || lsn, E'\\n' ORDER BY lsn) FROM points");
            server.stopFast();
            ControlFile control = ControlFile.read(server.dataDirectory());
            List<Path> files = archive(server);

            List<RestorePoint> found = new ArrayList<>();
            int crossings = 0;
            for (int i = 0; i < files.size(); i++) {
                if (WalFile.parse(String.valueOf(files.get(i).getFileName())) instanceof WalFile.Segment segment) {
                    Path next = files.get(Math.min(i + 1, files.size() - 1));
                    boolean[] crossed = new boolean[1];
                    try (InputStream in = Files.newInputStream(files.get(i))) {
                        found.addAll(WalRecords.restorePoints(
                                in,
                                () -> {
                                    crossed[0] = true;
                                    return Files.newInputStream(next);
                                },
                                segment,
                                control.walSegmentSize()));
                    }
                    crossings += crossed[0] ? 1 : 0;
                }
            }

            assertThat(found.stream()
                            .map(point -> point.name() + " " + point.end())
                            .collect(Collectors.joining("\n")))
                    .isEqualTo(expected);
            assertThat(found)
                    .allSatisfy(point -> assertThat(point.created()).isBetween(before.minusSeconds(1), Instant.now()));
            assertThat(crossings).isPositive();
        }
    }

    @ParameterizedTest
    @MethodSource("oldestAndNewest")
    void segmentsOf64MebibytesPass(PostgresBinaries binaries) throws IOException {
        try (PostgresServer server = archivingServer(binaries, "--wal-segsize=64")) {
            server.archiveCurrentSegment(PostgresWait.DEFAULT_LIMIT);

            List<WalSegmentContent> contents = checkAll(archive(server), ControlFile.read(server.dataDirectory()));

            assertThat(contents).isNotEmpty();
        }
    }

    private static PostgresServer archivingServer(PostgresBinaries binaries, String segmentSize) {
        PostgresServer server = PostgresServer.of(binaries)
                .initdb(segmentSize)
                // Relative to the data directory, in which PostgreSQL runs the command.
                .archiving("cp %p ../archive/%f")
                .setting("max_prepared_transactions", "2")
                .create();
        try {
            server.newDirectory("archive");
            server.start();
        } catch (RuntimeException e) {
            server.close();
            throw e;
        }
        return server;
    }

    private static void awaitReplay(PostgresServer primary, PostgresServer standby) {
        var written = primary.walPosition();
        PostgresWait.until(
                "the standby replays " + written,
                PostgresWait.DEFAULT_LIMIT,
                standby,
                () -> !standby.walPosition().isBefore(written));
    }

    private static List<WalSegmentContent> checkAll(List<Path> files, ControlFile control) throws IOException {
        List<WalSegmentContent> contents = new ArrayList<>();
        for (Path file : files) {
            WalSegmentContent content = check(file, control).check(file);
            int end = control.walSegmentSize().offset(content.endOfContent());
            if (end != 0 && !file.toString().endsWith(".partial")) {
                byte[] lastPage = Arrays.copyOfRange(Files.readAllBytes(file), end - content.walPageSizeBytes(), end);
                assertThat(content.isCutOff(lastPage, end == content.walPageSizeBytes()))
                        .as(file.toString())
                        .isFalse();
            }
            contents.add(content);
        }
        return contents;
    }

    /**
     * The parent's last records, before the bytes that the standby's recycled file held, end where its child begins.
     */
    private static void requireEndOfRecordsAtTheSwitch(List<Path> files, ControlFile control) throws IOException {
        int partials = 0;
        for (Path file : files) {
            if (WalFile.parse(String.valueOf(file.getFileName())) instanceof WalFile.PartialSegment partial) {
                String history = Files.readString(file.resolveSibling("00000002.history"));
                Lsn end = TimelineHistory.parse(new Timeline(2), history)
                        .endOf(Timeline.FIRST)
                        .orElseThrow();
                try (InputStream in = Files.newInputStream(file)) {
                    assertThat(WalRecords.end(in, partial.segment(), control.walSegmentSize()))
                            .as(file.toString())
                            .contains(end);
                }
                partials++;
            }
        }
        assertThat(partials).isEqualTo(1);
    }

    private static WalSegmentCheck check(Path file, ControlFile control) {
        OptionalInt major = OptionalInt.of(control.postgresMajor());
        return switch (WalFile.parse(String.valueOf(file.getFileName()))) {
            case WalFile.Segment segment ->
                WalSegmentCheck.of(segment, control.system(), control.walSegmentSize(), major);
            case WalFile.PartialSegment partial ->
                WalSegmentCheck.of(partial, control.system(), control.walSegmentSize(), major);
            case WalFile.TimelineHistoryFile history -> throw new IllegalArgumentException(history.name());
            case WalFile.BackupHistoryFile backup -> throw new IllegalArgumentException(backup.name());
        };
    }

    /** Why the files in pg_wal after the one with the last checkpoint are refused. */
    private static List<Reason> recycled(PostgresServer server, ControlFile control) throws IOException {
        String current = WalFile.Segment.containing(
                        control.timeline(), control.checkpoint().location(), control.walSegmentSize())
                .name();
        List<Reason> reasons = new ArrayList<>();
        for (Path file : segments(server.dataDirectory().resolve("pg_wal"))) {
            if (String.valueOf(file.getFileName()).compareTo(current) > 0) {
                reasons.add(catchThrowableOfType(
                                WalRefusedException.class,
                                () -> check(file, control).check(file))
                        .reason());
            }
        }
        return reasons;
    }

    private static List<Path> archive(PostgresServer server) throws IOException {
        return segments(server.dataDirectory().resolveSibling("archive"));
    }

    private static List<Path> segments(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file ->
                            SEGMENT.matcher(String.valueOf(file.getFileName())).matches())
                    .sorted()
                    .toList();
        }
    }
}
