// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.backup.request.BackupListener;
import org.tidemark.backup.request.BackupOptions;
import org.tidemark.backup.source.SourceMethod;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.ClientEnvironment;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresServerBuilder;

/** Files that a server has lost are no part of a backup, and PostgreSQL itself sends the rest without a word. */
class MissingTablespaceTest {
    @TempDir
    private Path directory;

    /** What a disk that is not mounted leaves. */
    enum Unmounted {
        EMPTY_MOUNT_POINT,
        NO_MOUNT_POINT,
        /** As replay leaves it after a crash. */
        EMPTY_DIRECTORY_OF_THE_VERSION,
        DIRECTORY_OF_THE_VERSION_LEADS_NOWHERE;

        void leave(Path place, String version) throws IOException {
            Files.move(place, place.resolveSibling("unmounted"));
            switch (this) {
                case EMPTY_MOUNT_POINT -> directory(place);
                case NO_MOUNT_POINT -> {}
                case EMPTY_DIRECTORY_OF_THE_VERSION ->
                    directory(directory(place).resolve(version));
                case DIRECTORY_OF_THE_VERSION_LEADS_NOWHERE ->
                    Files.createSymbolicLink(directory(place).resolve(version), place.resolve("nowhere"));
            }
        }

        private static Path directory(Path path) throws IOException {
            OperatingUser.current().own(Files.createDirectory(path));
            return path;
        }
    }

    /** PostgreSQL itself refuses to send what the last one leaves. */
    static Stream<Arguments> methodsAndStates() {
        return Stream.of(SourceMethod.LOCAL, SourceMethod.STREAM)
                .flatMap(method -> Stream.of(Unmounted.values())
                        .filter(state -> method == SourceMethod.LOCAL
                                || state != Unmounted.DIRECTORY_OF_THE_VERSION_LEADS_NOWHERE)
                        .map(state -> Arguments.of(method, state)));
    }

    @ParameterizedTest
    @MethodSource("methodsAndStates")
    void aTablespaceWhoseDiskIsNotMountedFailsTheBackup(SourceMethod method, Unmounted state) throws IOException {
        try (ArchivedServer source = new ArchivedServer(server(15), work())) {
            Path place = tablespace(source, "data1");
            source.server.sql("CREATE DATABASE app");
            inApp(source, "CREATE TABLE orders TABLESPACE data1 AS SELECT i FROM generate_series(1, 100) i");
            source.server.stopFast();
            state.leave(place, version(place));
            source.server.start();

            assertFails(source, source.options(method), "tablespace 'data1'", place.toString());
            assertThat(source.used).containsExactly(method);
            if (state != Unmounted.EMPTY_DIRECTORY_OF_THE_VERSION) {
                assertThat(source.phases)
                        .as("told before all is copied")
                        .doesNotContain(BackupListener.Phase.FINISHING);
            }
        }
    }

    /** PostgreSQL and a copy of files skip what is gone, as if it had been dropped. */
    @ParameterizedTest
    @EnumSource(names = {"LOCAL", "STREAM"})
    void aDiskThatGoesAwayDuringTheCopyFailsTheBackup(SourceMethod method) throws IOException {
        try (ArchivedServer source = new ArchivedServer(server(15), work())) {
            Path place = tablespace(source, "data1");
            source.server.sql(
                    "CREATE DATABASE app", "CREATE TABLE dropped TABLESPACE data1 AS SELECT generate_series(1, 100) i");
            inApp(source, "CREATE TABLE orders TABLESPACE data1 AS SELECT i FROM generate_series(1, 100) i");
            source.onceCopied = () -> source.server.sql("DROP TABLE dropped");
            source.taker(source.options(method)).take(source.settings()).first();

            source.onceCopied = () -> leave(Unmounted.EMPTY_MOUNT_POINT, place);
            assertFails(
                    source,
                    source.options(method),
                    "database 'app' has tables or indexes in tablespace 'data1' whose files were not all read",
                    place.toString());
        }
    }

    /** None of its relations names the tablespace. */
    @ParameterizedTest
    @EnumSource(names = {"LOCAL", "STREAM"})
    void aDiskWithAWholeDatabaseThatGoesAwayFailsTheBackup(SourceMethod method) throws IOException {
        try (ArchivedServer source = new ArchivedServer(server(15), work())) {
            Path place = tablespace(source, "data1");
            source.server.sql("CREATE DATABASE app TABLESPACE data1", "CREATE DATABASE brief TABLESPACE data1");
            source.onceCopied = () -> source.server.sql("DROP DATABASE brief");
            source.taker(source.options(method)).take(source.settings()).first();

            source.onceCopied = () -> leave(Unmounted.EMPTY_MOUNT_POINT, place);
            assertFails(
                    source,
                    source.options(method),
                    "database 'app' is in tablespace 'data1', and PostgreSQL does not find its directory",
                    place.toString());
        }
    }

    private static void leave(Unmounted state, Path place) {
        try {
            state.leave(place, version(place));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#ofThisRun")
    void eachVersionSaysIt(PostgresBinaries binaries) throws IOException {
        try (ArchivedServer source =
                new ArchivedServer(PostgresServer.of(binaries).withTemplates(), work())) {
            Path place = tablespace(source, "data1");
            source.server.sql("CREATE UNLOGGED TABLE orders (i int) TABLESPACE data1", "CHECKPOINT");
            for (SourceMethod method : List.of(SourceMethod.LOCAL, SourceMethod.STREAM)) {
                assertThat(source.taker(source.options(method))
                                .take(source.settings())
                                .first()
                                .contents()
                                .isCompared())
                        .isTrue();
            }
            source.server.stopFast();
            Unmounted.EMPTY_MOUNT_POINT.leave(place, version(place));
            source.server.start();

            for (SourceMethod method : List.of(SourceMethod.LOCAL, SourceMethod.STREAM)) {
                assertFails(source, source.options(method), "tablespace 'data1' was not read");
            }
            assertThat(source.warnings).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"LOCAL", "STREAM"})
    void anIncrementalBackupFailsAsWell(SourceMethod method) throws IOException {
        PostgresServerBuilder builder =
                PostgresServer.of(PostgresBinaries.embedded(17)).setting("summarize_wal", "on");
        try (ArchivedServer source = new ArchivedServer(builder, work())) {
            Path place = tablespace(source, "data1");
            source.server.sql("CREATE TABLE orders TABLESPACE data1 AS SELECT i FROM generate_series(1, 100) i");
            source.taker().take(source.settings()).first();
            source.server.stopFast();
            Unmounted.EMPTY_MOUNT_POINT.leave(place, version(place));
            source.server.start();

            assertFails(source, source.options(BaseBackup.Type.INCREMENTAL, method), "tablespace 'data1' was not read");
        }
    }

    /** For temporary tables, on a disk that does not outlive a restart. */
    @ParameterizedTest
    @EnumSource(names = {"LOCAL", "STREAM"})
    void aTablespaceThatNothingUsesIsAWarning(SourceMethod method) throws IOException {
        try (ArchivedServer source = new ArchivedServer(server(15), work())) {
            Path place = tablespace(source, "scratch");
            tablespace(source, "kept");
            source.server.stopFast();
            Unmounted.EMPTY_MOUNT_POINT.leave(place, version(place));
            source.server.start();

            BaseBackup backup =
                    source.taker(source.options(method)).take(source.settings()).first();

            assertThat(source.warnings)
                    .singleElement()
                    .asString()
                    .contains("tablespace 'scratch' was not read", "Nothing is lost");
            assertThat(backup.contents().isCompared()).isTrue();
        }
    }

    /** What nobody says to be unused may be in use. */
    @Test
    void aDatabaseThatRefusesTheRoleIsNamed() throws IOException {
        try (ArchivedServer source = new ArchivedServer(server(15), work())) {
            Path place = tablespace(source, "data1");
            source.server.sql(
                    "CREATE DATABASE app",
                    "REVOKE CONNECT ON DATABASE app FROM PUBLIC",
                    "CREATE ROLE limited LOGIN REPLICATION");
            ConnectionSettings limited = ConnectionSettings.parse(
                    source.server.socketConninfo().replace("user=postgres", "user=limited"),
                    new ClientEnvironment(Map.of(), Path.of("/nonexistent"), "nobody"));

            BaseBackup backup = source.taker().take(limited).first();

            assertThat(backup.contents().isCompared()).isFalse();
            assertThat(backup.run().warnings())
                    .anySatisfy(warning -> assertThat(warning)
                            .startsWith("not compared with PostgreSQL's catalogs: what 1 database has in tablespaces")
                            .contains("'app' could not be asked", "CONNECT"));
            source.server.stopFast();
            Unmounted.EMPTY_MOUNT_POINT.leave(place, version(place));
            source.server.start();
            assertThatThrownBy(() -> source.taker().take(limited))
                    .isInstanceOfSatisfying(
                            UserFacingException.class,
                            e -> assertThat(e.getMessage())
                                    .contains("tablespace 'data1' was not read", "it may be in use", "'app'"));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"LOCAL", "STREAM"})
    void theDirectoryOfADatabaseThatIsEmptyFailsTheBackup(SourceMethod method) throws IOException {
        try (ArchivedServer source = new ArchivedServer(server(15), work())) {
            source.server.sql("CREATE DATABASE app");
            String oid = source.server.query("SELECT oid FROM pg_database WHERE datname = 'app'");
            source.server.stopFast();
            Path base = source.server.dataDirectory().resolve("base").resolve(oid);
            Files.move(base, source.server.newDirectory("kept").resolve(oid));
            OperatingUser.current().own(Files.createDirectory(base));
            source.server.start();

            assertFails(source, source.options(method), "database 'app'");
        }
    }

    @Test
    void theFileThatNamesTheCatalogsOfADatabaseMustNotBeEmpty() throws IOException {
        try (ArchivedServer source = new ArchivedServer(server(15), work())) {
            source.server.sql("CREATE DATABASE app");
            String oid = source.server.query("SELECT oid FROM pg_database WHERE datname = 'app'");
            source.server.stopFast();
            Files.write(source.server.dataDirectory().resolve("base/" + oid + "/pg_filenode.map"), new byte[0]);
            source.server.start();

            assertFails(source, source.options(SourceMethod.LOCAL), "'pg_filenode.map' is missing or empty");
        }
    }

    @Test
    void aStandbyIsAskedItself() throws IOException {
        try (ArchivedServer source = new ArchivedServer(server(15), work())) {
            tablespace(source, "data1");
            source.server.sql("CREATE TABLE orders TABLESPACE data1 AS SELECT i FROM generate_series(1, 100) i");
            Path copy = source.server.newDirectory("copies").resolve("standby");
            String oid = source.server.query("SELECT oid FROM pg_tablespace WHERE spcname = 'data1'");
            Path data = source.server.takeBaseBackup(copy).dataDirectory();
            try (PostgresServer standby = PostgresServer.of(source.server.binaries())
                    .from(data)
                    .standbyOf(source.server)
                    .start()) {
                standby.stopFast();
                Path place = copy.resolve("tablespace-" + oid);
                Unmounted.EMPTY_MOUNT_POINT.leave(place, version(place));
                standby.start();

                assertThatThrownBy(() ->
                                source.taker(source.options(SourceMethod.LOCAL)).take(ArchivedServer.settings(standby)))
                        .isInstanceOfSatisfying(
                                UserFacingException.class,
                                e -> assertThat(e.getMessage())
                                        .contains("tablespace 'data1' was not read", place.toString()));
            }
        }
    }

    private static void assertFails(ArchivedServer source, BackupOptions options, String... told) {
        assertThatThrownBy(() -> source.taker(options).take(source.settings()).first())
                .isInstanceOfSatisfying(UserFacingException.class, e -> {
                    assertThat(e.exitCode()).isEqualTo(ExitCode.BACKUP_FAILED);
                    assertThat(e.getMessage()).contains(told);
                });
    }

    private static PostgresServerBuilder server(int major) {
        return PostgresServer.of(PostgresBinaries.embedded(major)).withTemplates();
    }

    private static Path tablespace(ArchivedServer source, String name) {
        Path place = source.server.newDirectory(name);
        source.server.sql("CREATE TABLESPACE " + name + " LOCATION '" + place + "'");
        return place;
    }

    private static String version(Path place) throws IOException {
        Path unmounted = place.resolveSibling("unmounted");
        try (Stream<Path> files = Files.list(Files.exists(place) ? place : unmounted)) {
            return String.valueOf(files.findFirst().orElseThrow().getFileName());
        }
    }

    private static void inApp(ArchivedServer source, String sql) {
        try (Connection app =
                        DriverManager.getConnection(source.server.jdbcUrl().replace("/postgres?", "/app?"));
                Statement statement = app.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private Path work() throws IOException {
        return Files.createDirectories(directory.resolve("work"));
    }
}
