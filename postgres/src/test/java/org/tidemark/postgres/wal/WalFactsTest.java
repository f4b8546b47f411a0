// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.AtLsn;
import org.tidemark.core.RecoveryTarget.AtRestorePoint;
import org.tidemark.core.RecoveryTarget.AtTime;
import org.tidemark.core.RecoveryTarget.Bound;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.wal.WalFacts.ParameterChange;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresWait;
import org.tidemark.testkit.Rounds;

class WalFactsTest {
    private static final int TABLESPACES = 40;

    @TempDir
    Path directory;

    static List<PostgresBinaries> some() {
        return PostgresBinaries.ofThisRun();
    }

    @ParameterizedTest
    @MethodSource("some")
    void eachTablespaceIsFoundWithItsPlaceAndEachStartWithItsSettings(PostgresBinaries binaries) throws IOException {
        Random random = Rounds.random();
        try (PostgresServer server = archiving(binaries)) {
            List<String> made = new ArrayList<>();
            for (int i = 0; i < TABLESPACES; i++) {
                Path place = server.newDirectory("place " + "é".repeat(random.nextInt(100)) + i);
                server.sql(
                        "SELECT pg_logical_emit_message(false, 'x', repeat('x', " + random.nextInt(200_000) + "))",
                        "CREATE TABLESPACE t" + i + " LOCATION '" + place + "'");
                made.add(server.query("SELECT oid FROM pg_tablespace WHERE spcname = 't" + i + "'") + " " + place);
                if (random.nextBoolean()) {
                    server.sql("DROP TABLESPACE t" + i);
                }
            }
            Lsn before = server.walPosition();
            server.sql("SELECT pg_create_restore_point('another')", "SELECT pg_create_restore_point('here')");
            Path late = server.newDirectory("late");
            server.sql("CREATE TABLESPACE late LOCATION '" + late + "'");
            made.add(server.query("SELECT oid FROM pg_tablespace WHERE spcname = 'late'") + " " + late);
            Instant asked = Instant.now();
            server.sql("ALTER SYSTEM SET max_connections = 42", "ALTER SYSTEM SET max_locks_per_transaction = 77");
            server.restart();
            server.sql(
                    "ALTER SYSTEM SET wal_level = minimal",
                    "ALTER SYSTEM SET max_wal_senders = 0",
                    "ALTER SYSTEM SET archive_mode = off");
            server.restart();
            server.sql(
                    "CREATE TABLE lost AS SELECT 1",
                    "ALTER SYSTEM RESET wal_level",
                    "ALTER SYSTEM RESET max_wal_senders",
                    "ALTER SYSTEM RESET archive_mode");
            server.restart();
            server.archiveCurrentSegment(PostgresWait.DEFAULT_LIMIT);
            server.stopFast();

            WalFacts facts = read(server, new AtTime(asked, Bound.INCLUSIVE));

            assertThat(facts.tablespaces().stream().map(each -> each.oid() + " " + each.location()))
                    .containsExactlyElementsOf(made);
            assertThat(facts.tablespaces()).isSortedAccordingTo((a, b) -> a.at().compareTo(b.at()));
            List<ParameterChange> changes = facts.parameters().stream()
                    .filter(each -> each.at().isAfter(before))
                    .toList();
            assertThat(changes).extracting(ParameterChange::isMinimal).containsExactly(false, true, false);
            assertThat(changes)
                    .extracting(each -> each.settings().maxConnections())
                    .containsOnly(42);
            assertThat(changes)
                    .extracting(each -> each.settings().maxLocksPerTransaction())
                    .containsOnly(77);
            assertThat(changes)
                    .extracting(each -> each.settings().maxWalSenders())
                    .containsExactly(8, 0, 8);
            assertThat(facts.end().filter(end -> end.isAfter(before))).isPresent();
            assertThat(read(server, new AtRestorePoint("here")).createdBefore(new AtRestorePoint("here")))
                    .containsExactlyElementsOf(
                            facts.tablespaces().subList(0, facts.tablespaces().size() - 1));
            assertThat(read(server, new AtRestorePoint("nowhere")).createdBefore(new AtRestorePoint("nowhere")))
                    .isEqualTo(facts.tablespaces());
        }
    }

    /** PostgreSQL ends before the first record that begins at a position or later, or after it. */
    @Test
    void aRecoveryToAPositionCreatesWhatBeginsBeforeTheRecordAtWhichItEnds() {
        CreatedTablespace tablespace =
                new CreatedTablespace(Lsn.parse("0/1000100"), Lsn.parse("0/1000080"), 16384, directory.toString());
        WalFacts facts = new WalFacts(List.of(tablespace), List.of(), Optional.empty());
        Map<String, List<Boolean>> inclusiveAndExclusive = Map.of(
                "0/1000080", List.of(false, false),
                "0/1000081", List.of(true, false),
                "0/1000100", List.of(true, false),
                "0/1000101", List.of(true, true));
        inclusiveAndExclusive.forEach((position, expected) -> {
            Lsn lsn = Lsn.parse(position);
            assertThat(List.of(
                            facts.createdBefore(new AtLsn(lsn, Bound.INCLUSIVE)).contains(tablespace),
                            facts.createdBefore(new AtLsn(lsn, Bound.EXCLUSIVE)).contains(tablespace)))
                    .as(position)
                    .isEqualTo(expected);
        });
    }

    /** Where the same name is used each night. */
    @Test
    void aRestorePointCountsWhereAllOfASegmentIsReplayed() {
        Segment segment = (Segment) WalFile.parse("000000010000000000000002");
        AtRestorePoint point = new AtRestorePoint("nightly");
        AtLsn position = new AtLsn(Lsn.parse("0/2000100"), Bound.INCLUSIVE);

        assertThat(WalFacts.within(segment, WalSegmentSize.DEFAULT, point, Lsn.parse("0/2000028")))
                .isEqualTo(point);
        assertThat(WalFacts.within(segment, WalSegmentSize.DEFAULT, point, Lsn.parse("0/2000029")))
                .isEqualTo(new RecoveryTarget.Latest());
        assertThat(WalFacts.within(segment, WalSegmentSize.DEFAULT, position, Lsn.parse("0/3000000")))
                .isEqualTo(position);
    }

    @Test
    void aPlaceIsOccupiedByTheDirectoryOfThisVersionAlone() throws IOException {
        CreatedTablespace tablespace = new CreatedTablespace(Lsn.parse("0/1000028"), 16384, directory.toString());

        assertThat(tablespace.occupied(15)).isEmpty();

        Path old = Files.createDirectories(directory.resolve("PG_14_202107181/5"));
        Files.createFile(directory.resolve("PG_15_file"));

        assertThat(old).exists();
        assertThat(tablespace.occupied(15)).isEmpty();

        Path version = Files.createDirectories(directory.resolve("PG_15_202209061"));

        assertThat(tablespace.occupied(15)).contains(version);
        assertThat(new CreatedTablespace(tablespace.at(), 1, directory + "/absent").occupied(15))
                .isEmpty();
    }

    @Test
    void aTablespaceIsThatOfADataDirectoryWhoseLinkLeadsThere() throws IOException {
        Path place = Files.createDirectory(directory.resolve("place"));
        Path data = directory.resolve("data");
        Files.createDirectories(data.resolve("pg_tblspc"));
        CreatedTablespace tablespace = new CreatedTablespace(Lsn.parse("0/1000028"), 16384, place.toString());

        assertThat(tablespace.isOf(data)).isFalse();

        Files.createSymbolicLink(data.resolve("pg_tblspc/16384"), place);

        assertThat(tablespace.isOf(data)).isTrue();
        assertThat(new CreatedTablespace(tablespace.at(), 16385, place.toString()).isOf(data))
                .as("in the place of one that is dropped before")
                .isTrue();
        Path other = Files.createDirectory(directory.resolve("other"));
        assertThat(new CreatedTablespace(tablespace.at(), 16384, other.toString()).isOf(data))
                .isFalse();
    }

    private static WalFacts read(PostgresServer server, RecoveryTarget target) throws IOException {
        ControlFile control = ControlFile.read(server.dataDirectory());
        List<Path> segments;
        try (Stream<Path> files = Files.list(server.dataDirectory().resolveSibling("archive"))) {
            segments = files.filter(
                            each -> WalFile.parse(String.valueOf(each.getFileName())) instanceof WalFile.Segment)
                    .sorted()
                    .toList();
        }
        WalFacts facts = WalFacts.NONE;
        for (int i = 0; i < segments.size(); i++) {
            WalFile.Segment name = (WalFile.Segment)
                    WalFile.parse(String.valueOf(segments.get(i).getFileName()));
            Path next = segments.get(Math.min(i + 1, segments.size() - 1));
            try (InputStream in = Files.newInputStream(segments.get(i))) {
                facts = facts.and(
                        WalFacts.read(in, () -> Files.newInputStream(next), name, control.walSegmentSize(), target));
            }
        }
        return facts;
    }

    private static PostgresServer archiving(PostgresBinaries binaries) {
        PostgresServer server = PostgresServer.of(binaries)
                .initdb("--wal-segsize=1")
                .archiving("cp %p ../archive/%f")
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
}
