// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.receive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.archiver.receive.ReceiveOptions.FlushAfter;
import org.tidemark.archiver.receive.ReceiveOptions.Missing;
import org.tidemark.archiver.receive.ReceiveOptions.Reconnect;
import org.tidemark.archiver.receive.ReceiveOptions.Synchronous;
import org.tidemark.catalog.format.DecodedObject;
import org.tidemark.catalog.wal.WalArchive;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.postgres.ReplicationConnection;
import org.tidemark.postgres.WalStream.SlotLife;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresServerBuilder;
import org.tidemark.testkit.TemporaryTree;

class WalReceiverTest {
    @TempDir
    Path spool;

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#ofThisRun")
    void everySegmentFromTheBeginningOfTheSlotIsArchivedAsTheServerWroteIt(PostgresBinaries binaries) throws Exception {
        try (PostgresServer server = server(binaries).start();
                Reception reception = new Reception(server, spool)) {
            Segment first = createSlot(server);
            write(server, 3);
            reception.slot = Optional.of("receiver");
            reception.start();
            write(server, 3);
            Segment last = current(server);

            reception.await(
                    "the last segment is archived",
                    () -> reception
                            .wal()
                            .contains(Segment.of(last.timeline(), last.index(Reception.SIZE) - 1, Reception.SIZE)));

            for (Segment each = first; each.compareTo(last) < 0; each = each.next(Reception.SIZE)) {
                assertThat(archived(reception.wal(), each)).as(each.name()).isEqualTo(inPgWal(server, each));
            }
            assertThat(reception.spooled()).allMatch(name -> name.endsWith(".open"));
            Lsn written = server.walPosition();
            reception.await(
                    "the slot follows",
                    () -> !Lsn.parse(server.query("SELECT restart_lsn FROM pg_replication_slots"))
                            .isBefore(written));
        }
    }

    /** Everything that a promotion leaves: the end of the old timeline, the history, the new timeline. */
    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#ofThisRun")
    void aPromotionIsFollowedWithItsHistoryFirst(PostgresBinaries binaries) throws Exception {
        try (PostgresServer primary = server(binaries).start();
                PostgresServer standby = standbyOf(primary);
                Reception reception = new Reception(standby, spool).start()) {
            reception.awaitTold("receiving"); // it begins with the segment that is current then
            write(primary, 2);
            reception.awaitTold("archived 00000001");
            primary.stopFast();
            standby.promote();
            reception.awaitTold("timeline 1 ended");
            write(standby, 2);
            reception.awaitTold("archived 00000002000000000000");

            int history = reception.told.indexOf("archived 00000002.history");
            assertThat(history).isNotNegative();
            assertThat(List.copyOf(reception.told).subList(0, history))
                    .noneMatch(each -> each.startsWith("archived 00000002000"));
            assertThat(reception.told)
                    .filteredOn(each -> each.endsWith(".partial"))
                    .singleElement()
                    .satisfies(each -> assertThat(reception.told.indexOf(each)).isGreaterThan(history));
            Lsn end = reception.wal().history(new Timeline(2)).orElseThrow().begin();
            Segment switched = Segment.containing(Timeline.FIRST, end, Reception.SIZE);
            assertThat(reception.wal().listing().partials(switched)).hasSize(1);
            assertThat(reception.wal().contains(switched)).isFalse();
            assertThat(archived(reception.wal(), switched.on(new Timeline(2))))
                    .isEqualTo(inPgWal(standby, switched.on(new Timeline(2))));
        }
    }

    /** The address moves from a dead primary to a standby that had received less than the receiver. */
    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#ofThisRun")
    void theNewPrimaryIsFollowedWhereItLeftTheOldOneEvenIfMoreWasReceived(PostgresBinaries binaries) throws Exception {
        try (PostgresServer primary = server(binaries).start();
                PostgresServer standby = standbyOf(primary);
                Reception reception = new Reception(primary, spool).start()) {
            write(primary, 2);
            Lsn known = primary.walPosition();
            reception.await("the standby follows", () -> !standby.walPosition().isBefore(known));
            standby.sql("SELECT pg_wal_replay_pause()");
            standby.stopImmediately();
            write(primary, 3);
            Segment last = current(primary);
            reception.await(
                    "more is archived",
                    () -> reception
                            .wal()
                            .contains(Segment.of(last.timeline(), last.index(Reception.SIZE) - 1, Reception.SIZE)));
            primary.stopImmediately();
            reception.moveTo(standby);
            Files.writeString(standby.dataDirectory().resolve("postgresql.auto.conf"), "primary_conninfo = ''\n");
            standby.start();
            standby.promote();
            write(standby, 3);

            Segment next = current(standby);
            reception.await(
                    "the new timeline is archived",
                    () -> reception
                            .wal()
                            .contains(Segment.of(next.timeline(), next.index(Reception.SIZE) - 1, Reception.SIZE)));

            assertThat(reception.told).anyMatch(each -> each.startsWith("more of timeline 1 up to "));
            Lsn begin = reception.wal().history(new Timeline(2)).orElseThrow().begin();
            assertThat(begin).isLessThan(last.start(Reception.SIZE));
            assertThat(reception
                            .wal()
                            .listing()
                            .firstMissing(
                                    Segment.containing(new Timeline(2), begin, Reception.SIZE),
                                    Segment.of(next.timeline(), next.index(Reception.SIZE) - 1, Reception.SIZE)))
                    .isEmpty();
        }
    }

    /** A synchronous commit may have waited for the receiver alone. */
    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#ofThisRun")
    void whatTheNewPrimaryLacksOfTheSegmentOfTheSwitchIsKept(PostgresBinaries binaries) throws Exception {
        mustKeepWhatTheNewPrimaryLacks(binaries, "INSERT INTO rows VALUES (0)");
    }

    @Test
    void whatTheNewPrimaryLacksAfterAWholeSegmentIsKept() throws Exception {
        mustKeepWhatTheNewPrimaryLacks(PostgresBinaries.newestEmbedded(), "SELECT pg_switch_wal()");
    }

    /** @param last what the standby still receives */
    private void mustKeepWhatTheNewPrimaryLacks(PostgresBinaries binaries, String last) throws Exception {
        try (PostgresServer primary = server(binaries).start();
                PostgresServer standby = standbyOf(primary);
                Reception reception = new Reception(primary, spool)) {
            reception.synchronous = Synchronous.YES;
            reception.start();
            write(primary, 2);
            primary.sql(last);
            Lsn known = primary.walPosition();
            reception.await("the standby follows", () -> !standby.walPosition().isBefore(known));
            standby.stopImmediately();
            primary.sql("INSERT INTO rows SELECT generate_series(1, 100)");
            Lsn committed = primary.walPosition();
            Segment switched = current(primary);
            reception.await("it is flushed", () -> isFlushed(primary, committed));
            primary.stopImmediately();
            reception.moveTo(standby);
            Files.writeString(standby.dataDirectory().resolve("postgresql.auto.conf"), "primary_conninfo = ''\n");
            standby.start();
            standby.promote();
            write(standby, 1);
            reception.awaitTold("archived " + switched.name() + ".partial");
            reception.awaitTold("more of timeline 1 up to ");

            assertThat(reception.wal().history(new Timeline(2)).orElseThrow().begin())
                    .isBetween(switched.start(Reception.SIZE), committed);
            try (InputStream partial = reception
                    .wal()
                    .open(reception.wal().listing().partials(switched).getFirst())
                    .orElseThrow()) {
                int bytes = (int) committed.minus(switched.start(Reception.SIZE));
                assertThat(partial.readNBytes(bytes)).isEqualTo(Arrays.copyOf(inPgWal(primary, switched), bytes));
            }
        }
    }

    @Test
    void aRemovedSlotEndsItAndTheErrorSaysHowToCreateIt() throws Exception {
        try (PostgresServer server = server(PostgresBinaries.newestEmbedded()).start();
                Reception reception = new Reception(server, spool)) {
            reception.slot = Optional.of("gone");

            assertThatExceptionOfType(UserFacingException.class)
                    .isThrownBy(reception::run)
                    .satisfies(e -> assertThat(e.exitCode()).isEqualTo(ExitCode.POSTGRES_REFUSED))
                    .satisfies(e -> assertThat(e.hint()).contains("--create-slot --slot gone"));
            assertThat(reception.told).noneMatch(each -> each.startsWith("receiving"));
        }
    }

    /** Otherwise it would receive, and archive nothing, until the spool is full. */
    @Test
    void anErrorInTheThreadThatArchivesEndsIt() throws Exception {
        try (PostgresServer server = server(PostgresBinaries.newestEmbedded()).start();
                Reception reception = new Reception(server, spool)) {
            reception.error = Optional.of(new OutOfMemoryError("unable to create native thread"));
            reception.start();
            reception.awaitTold("receiving"); // from a later segment on there is nothing to archive
            write(server, 1);
            server.sql("SELECT pg_switch_wal()");

            assertThat(reception.awaitEnd())
                    .hasValueSatisfying(e -> assertThat(e)
                            .isInstanceOf(UserFacingException.class)
                            .hasMessageContaining("unable to create native thread"));
        }
    }

    @Test
    void removedWalEndsItUnlessTheHoleIsAccepted() throws Exception {
        try (PostgresServer server = server(PostgresBinaries.newestEmbedded()).start();
                Reception reception = new Reception(server, spool)) {
            write(server, 1);
            Segment before = current(server);
            reception.end = Optional.of(server.walPosition());
            reception.run();
            reception.end = Optional.empty();
            write(server, 3);
            server.sql("CHECKPOINT", "SELECT pg_switch_wal()", "CHECKPOINT");
            reception.await("the segment is removed", () -> {
                write(server, 1);
                server.sql("CHECKPOINT");
                return Files.notExists(server.dataDirectory().resolve("pg_wal/" + before));
            });

            assertThatExceptionOfType(UserFacingException.class)
                    .isThrownBy(reception::run)
                    .satisfies(e -> assertThat(e.exitCode()).isEqualTo(ExitCode.WAL_MISSING))
                    .satisfies(e -> assertThat(e.hint()).contains("--skip-missing"));

            reception.missing = Missing.SKIP;
            reception.start();
            reception.awaitTold("skipped " + before.start(Reception.SIZE));
            Segment next = current(server);
            write(server, 1);
            reception.await("it goes on", () -> reception.wal().contains(next));
            assertThat(reception.wal().contains(before)).isFalse();
            assertThat(reception.wal().listing().partials(before)).hasSize(1);
        }
    }

    @Test
    void aServerThatGoesAwayForAWhileIsConnectedAgainAndNoSegmentIsMissing() throws Exception {
        try (PostgresServer server = server(PostgresBinaries.newestEmbedded()).start();
                Reception reception = new Reception(server, spool)) {
            Segment first = createSlot(server);
            reception.slot = Optional.of("receiver");
            reception.start();
            for (int i = 0; i < 2; i++) {
                write(server, 1);
                if (i == 0) {
                    server.stopFast();
                } else {
                    server.stopImmediately();
                }
                server.start();
            }
            write(server, 1);
            Segment last = current(server);

            reception.await(
                    "everything is archived",
                    () -> reception.wal().contains(last)
                            || reception
                                    .wal()
                                    .listing()
                                    .firstMissing(first, last)
                                    .equals(Optional.of(last)));

            assertThat(reception.wasTold("interrupted POSTGRES_UNAVAILABLE")).isTrue();
            reception.reconnect = Reconnect.NO;
            assertThat(reception.stop())
                    .get()
                    .satisfies(e ->
                            assertThat(((UserFacingException) e).exitCode()).isEqualTo(ExitCode.INTERRUPTED));
            server.stopFast();
            assertThatExceptionOfType(UserFacingException.class)
                    .isThrownBy(reception::run)
                    .satisfies(e -> assertThat(e.exitCode()).isEqualTo(ExitCode.POSTGRES_UNAVAILABLE));
        }
    }

    /**
     * A snapshot of the same timeline is put back, and the server writes past what was received: nothing in the names
     * and addresses of its WAL tells that it is another one.
     */
    @Test
    void aServerThatWasSetBackIsRefusedAlsoOnceItHasWrittenMore(@TempDir Path kept) throws Exception {
        try (PostgresServer server = server(PostgresBinaries.newestEmbedded()).start();
                Reception reception = new Reception(server, spool)) {
            createSlot(server);
            reception.slot = Optional.of("receiver");
            reception.start();
            write(server, 2);
            takeSnapshot(server, kept.resolve("snapshot"));
            write(server, 4);
            Segment last = current(server);
            Segment complete = Segment.of(last.timeline(), last.index(Reception.SIZE) - 1, Reception.SIZE);
            reception.await("it is archived", () -> reception.wal().contains(complete));
            reception.stop();
            setBack(server, kept.resolve("snapshot"));
            write(server, 8);
            int archived = reception.told.size();

            mustRefuseOtherWal(reception);

            assertThat(reception.told.subList(archived, reception.told.size()))
                    .as("nothing of the other state is received")
                    .noneMatch(each -> each.startsWith("receiving"));
        }
    }

    /**
     * After the snapshot is put back the same rows are loaded again: where records have the same lengths, all pages
     * after the first difference are the same, too.
     */
    @Test
    void aServerThatWasSetBackAndDoesNearlyTheSameIsRefused(@TempDir Path kept) throws Exception {
        try (PostgresServer server = server(PostgresBinaries.newestEmbedded())
                        .setting("autovacuum", "off")
                        .setting("wal_keep_size", "64MB")
                        .start();
                Reception reception = new Reception(server, spool)) {
            server.sql("CREATE TABLE rows (n text)", "CREATE TABLE bulk (n text)", "CHECKPOINT");
            server.sql("SELECT pg_switch_wal()");
            takeSnapshot(server, kept.resolve("snapshot"));
            reception.start();
            reception.awaitTold("receiving");
            String load = "INSERT INTO bulk SELECT md5(i::text) FROM generate_series(1, 20000) i";
            server.sql("INSERT INTO rows VALUES ('balance 100')", load);
            Segment last = current(server);
            Segment complete = Segment.of(last.timeline(), last.index(Reception.SIZE) - 1, Reception.SIZE);
            reception.await("it is archived", () -> reception.wal().contains(complete));
            reception.stop();
            setBack(server, kept.resolve("snapshot"));
            server.sql("INSERT INTO rows VALUES ('balance 900')", load, load);

            mustRefuseOtherWal(reception);
        }
    }

    /** The segment is not complete, but what was received of it may be all that is left of acknowledged commits. */
    @Test
    void aServerThatWasSetBackWithinTheSegmentThatIsReceivedIsRefused(@TempDir Path kept) throws Exception {
        try (PostgresServer server = server(PostgresBinaries.newestEmbedded()).start();
                Reception reception = new Reception(server, spool)) {
            createSlot(server);
            reception.slot = Optional.of("receiver");
            reception.start();
            write(server, 2);
            takeSnapshot(server, kept.resolve("snapshot"));
            server.sql("INSERT INTO rows VALUES (100)");
            Segment open = current(server);
            Lsn committed = server.walPosition();
            reception.await("it is flushed", () -> isFlushed(server, committed));
            reception.stop();
            assertThat(current(server)).isEqualTo(open);
            Path file = reception.spooledFile(open.name() + ".open");
            byte[] received = Files.readAllBytes(file);
            setBack(server, kept.resolve("snapshot"));
            server.sql("INSERT INTO rows VALUES (900)", "INSERT INTO rows VALUES (900)");

            for (int i = 0; i < 2; i++) {
                mustRefuseOtherWal(reception);
                assertThat(file).as("nothing is overwritten").hasBinaryContent(received);
            }
        }
    }

    /** After a crash of the host, what was not synced may have become zeros, or bytes that are not WAL. */
    @ParameterizedTest
    @ValueSource(bytes = {0, 42})
    void whatTheCrashOfTheHostSpoiltIsReceivedAgain(byte left) throws Exception {
        try (PostgresServer server = server(PostgresBinaries.newestEmbedded()).start();
                Reception reception = new Reception(server, spool)) {
            createSlot(server);
            reception.slot = Optional.of("receiver");
            reception.start();
            write(server, 2);
            server.sql("INSERT INTO rows SELECT generate_series(1, 1000)");
            Lsn committed = server.walPosition();
            Segment open = current(server);
            reception.await("it is flushed", () -> isFlushed(server, committed));
            reception.stop();
            Path file = reception.spooledFile(open.name() + ".open");
            byte[] content = Files.readAllBytes(file);
            Arrays.fill(content, 4 * 8192, content.length, left);
            Files.write(file, content);

            reception.start();
            write(server, 2);

            reception.await("it is archived", () -> reception.wal().contains(open));
            assertThat(archived(reception.wal(), open)).isEqualTo(inPgWal(server, open));
        }
    }

    private static void takeSnapshot(PostgresServer server, Path to) throws IOException {
        server.stopFast();
        TemporaryTree.copy(server.dataDirectory(), to);
        server.start();
    }

    private static void setBack(PostgresServer server, Path snapshot) throws IOException {
        server.stopFast();
        TemporaryTree.delete(server.dataDirectory());
        TemporaryTree.copy(snapshot, server.dataDirectory());
        OperatingUser.current().own(server.dataDirectory());
        server.start();
    }

    private static void mustRefuseOtherWal(Reception reception) throws InterruptedException {
        assertThat(reception.start().awaitEnd())
                .get()
                .asInstanceOf(type(UserFacingException.class))
                .satisfies(e -> assertThat(e.exitCode()).isEqualTo(ExitCode.WAL_CONFLICT))
                .satisfies(e -> assertThat(e).hasMessageContaining("the server has other WAL at "));
    }

    private static boolean isFlushed(PostgresServer server, Lsn at) {
        return server.query("SELECT count(*) FROM pg_stat_replication WHERE flush_lsn >= '" + at + "'")
                .equals("1");
    }

    /** Standbys may use all the other WAL senders, so the comparison must do with the one that receives. */
    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#ofThisRun")
    void oneWalSenderIsEnoughAlsoWhenItConnectsAgain(PostgresBinaries binaries) throws Exception {
        try (PostgresServer server =
                        server(binaries).setting("max_wal_senders", "1").start();
                Reception reception = new Reception(server, spool)) {
            createSlot(server);
            reception.slot = Optional.of("receiver");
            reception.start();
            write(server, 2);
            reception.awaitTold("archived ");
            reception.stop();
            write(server, 2);
            Segment last = current(server);
            Segment complete = Segment.of(last.timeline(), last.index(Reception.SIZE) - 1, Reception.SIZE);

            reception.start();

            reception.await("it is archived", () -> reception.wal().contains(complete));
        }
    }

    @Test
    void whileTheRepositoryRefusesTheSpoolFillsUpToItsLimitAndTheServerKeepsTheRest() throws Exception {
        try (PostgresServer server = server(PostgresBinaries.newestEmbedded()).start();
                Reception reception = new Reception(server, spool)) {
            Segment first = createSlot(server);
            reception.slot = Optional.of("receiver");
            reception.spoolLimitBytes = 3L * Reception.SIZE.bytes();
            reception.shutRepository(true);
            reception.start();
            write(server, 8);
            Segment last = current(server);
            reception.awaitTold("not archived");
            reception.awaitTold("spool full");

            assertThat(reception.spooled()).hasSizeLessThanOrEqualTo(4);
            assertThat(reception.wal().contains(first)).isFalse();
            assertThat(Lsn.parse(server.query("SELECT restart_lsn FROM pg_replication_slots")))
                    .isLessThan(last.start(Reception.SIZE));
            assertThat(reception.stop()).isPresent();
            reception.start();
            reception.shutRepository(false);

            reception.await(
                    "everything is archived",
                    () -> reception.wal().listing().firstMissing(first, last).equals(Optional.of(last)));
            assertThat(reception.spooled()).hasSizeLessThanOrEqualTo(1);
        }
    }

    @Test
    void anotherClusterAtTheAddressIsRefused() throws Exception {
        try (PostgresServer server = server(PostgresBinaries.newestEmbedded()).start();
                PostgresServer other =
                        server(PostgresBinaries.newestEmbedded()).ownIdentity().start();
                Reception reception = new Reception(server, spool)) {
            reception.start();
            reception.awaitTold("receiving");
            reception.moveTo(other);
            server.stopFast();

            assertThat(reception.awaitEnd())
                    .get()
                    .satisfies(e ->
                            assertThat(((UserFacingException) e).exitCode()).isEqualTo(ExitCode.WRONG_CLUSTER));
            assertThatExceptionOfType(UserFacingException.class)
                    .isThrownBy(reception::run)
                    .satisfies(e -> assertThat(e.exitCode()).isEqualTo(ExitCode.WRONG_CLUSTER));
        }
    }

    @Test
    void twoReceiversOfOneClusterExcludeEachOther() throws Exception {
        try (PostgresServer server = server(PostgresBinaries.newestEmbedded()).start();
                Reception reception = new Reception(server, spool).start()) {
            reception.awaitTold("receiving");

            assertThatExceptionOfType(UserFacingException.class)
                    .isThrownBy(reception::run)
                    .withMessageContaining("another wal-receive of cluster 'main' runs on this host")
                    .satisfies(e -> assertThat(e.exitCode()).isEqualTo(ExitCode.LOCAL_FILES));
        }
    }

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#ofThisRun")
    void aCommitWaitsUntilASynchronousReceiverHasFlushedIt(PostgresBinaries binaries) throws Exception {
        try (PostgresServer server = server(binaries)
                        .setting("synchronous_standby_names", "receiver")
                        .start();
                Reception reception = new Reception(server, spool)) {
            reception.synchronous = Synchronous.YES;
            reception.slot = Optional.of("brief");
            reception.slotLife = SlotLife.TEMPORARY;
            reception.start();
            reception.awaitTold("receiving");

            for (int i = 0; i < 20; i++) {
                server.sql("CREATE TABLE t" + i + "()");
                Lsn committed = server.walPosition();
                assertThat(Lsn.parse(server.query("SELECT flush_lsn FROM pg_stat_replication")))
                        .isGreaterThanOrEqualTo(committed);
            }
            assertThat(server.query("SELECT sync_state FROM pg_stat_replication"))
                    .isEqualTo("sync");
        }
    }

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#ofThisRun")
    void withFlushAfterRepositoryOnlyArchivedWalIsReportedAndTheServerCanStillStop(PostgresBinaries binaries)
            throws Exception {
        try (PostgresServer server = server(binaries).start();
                Reception reception = new Reception(server, spool)) {
            createSlot(server);
            reception.slot = Optional.of("receiver");
            reception.flushAfter = FlushAfter.REPOSITORY;
            reception.shutRepository(true);
            reception.start();
            Lsn before = Lsn.parse(server.query("SELECT restart_lsn FROM pg_replication_slots"));
            write(server, 2);
            Segment last = current(server);
            reception.awaitTold("not archived");
            reception.await(
                    "it is written, but not flushed",
                    () -> server.query(
                                    "SELECT write_lsn >= '" + last.start(Reception.SIZE) + "' FROM pg_stat_replication")
                            .equals("t"));
            assertThat(Lsn.parse(server.query("SELECT flush_lsn FROM pg_stat_replication")))
                    .isLessThanOrEqualTo(before);

            reception.shutRepository(false);

            reception.await(
                    "it is flushed",
                    () -> server.query("SELECT restart_lsn FROM pg_replication_slots")
                            .equals(last.start(Reception.SIZE).toString()));
            server.stopFast();
            assertThat(server.isRunning()).isFalse();
        }
    }

    private static PostgresServerBuilder server(PostgresBinaries binaries) {
        return PostgresServer.of(binaries)
                .initdb("--wal-segsize=1")
                .setting("min_wal_size", "2MB")
                .setting("max_wal_size", "64MB")
                .setting("max_wal_senders", "10");
    }

    private static PostgresServer standbyOf(PostgresServer primary) {
        Path base = primary.takeBaseBackup(primary.newDirectory("copies").resolve("base"))
                .dataDirectory();
        return server(primary.binaries()).from(base).standbyOf(primary).start();
    }

    private static Segment createSlot(PostgresServer server) {
        try (ReplicationConnection connection = ReplicationConnection.open(Reception.connection(server))) {
            connection.createSlot("receiver", SlotLife.PERMANENT);
        }
        return Segment.containing(
                Timeline.FIRST,
                Lsn.parse(server.query("SELECT restart_lsn FROM pg_replication_slots")),
                Reception.SIZE);
    }

    /** Writes rows, then ends the segment, several times. */
    private static void write(PostgresServer server, int segments) {
        server.sql("CREATE TABLE IF NOT EXISTS rows (n int)");
        for (int i = 0; i < segments; i++) {
            server.sql("INSERT INTO rows SELECT generate_series(1, 1000)", "SELECT pg_switch_wal()");
        }
        server.sql("INSERT INTO rows VALUES (0)");
    }

    private static Segment current(PostgresServer server) {
        return (Segment) WalFile.parse(server.query("SELECT pg_walfile_name(pg_current_wal_insert_lsn())"));
    }

    private static byte[] archived(WalArchive wal, Segment segment) throws IOException {
        Optional<DecodedObject> found = wal.open(segment);
        try (InputStream in = found.orElseThrow()) {
            return in.readAllBytes();
        }
    }

    private static byte[] inPgWal(PostgresServer server, Segment segment) throws IOException {
        return Files.readAllBytes(server.dataDirectory().resolve("pg_wal/" + segment));
    }
}
