// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.backup.server.BackupFacts;
import org.tidemark.backup.server.ServerQueries;
import org.tidemark.backup.source.FilesSource;
import org.tidemark.backup.source.SourceChoice;
import org.tidemark.backup.source.SourceMethod;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.CatalogEntry.Unpublished;
import org.tidemark.catalog.backup.ManifestEntry;
import org.tidemark.catalog.backup.ManifestEntry.DirectoryEntry;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;
import org.tidemark.catalog.backup.ManifestEntry.LinkEntry;
import org.tidemark.catalog.backup.ManifestReader;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.BaseBackupOptions.Checkpoint;
import org.tidemark.postgres.ClientEnvironment;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.PostgresManifest;
import org.tidemark.postgres.ReplicationConnection;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresServerBuilder;
import org.tidemark.testkit.PostgresWait;
import org.tidemark.testkit.RequiredServer;

class LocalBackupTest {
    @TempDir
    private Path directory;

    /** As of a standby whose primary's clock is ahead: PostgreSQL's time says nothing of the times of files. */
    @Test
    void filesAreKnownByTheirOwnClock() throws Exception {
        try (ArchivedServer source = new ArchivedServer(PostgresServer.of(PostgresBinaries.embedded(16)), work())) {
            source.server.sql(
                    "CREATE TABLE t WITH (fillfactor = 30) AS SELECT i, 'a'::text AS t FROM generate_series(1, 500) i",
                    "VACUUM t",
                    "CHECKPOINT");
            Path file = source.server.dataDirectory().resolve(source.server.query("SELECT pg_relation_filepath('t')"));
            FileTime modified = Files.getLastModifiedTime(file);
            try (ReplicationConnection connection = ReplicationConnection.open(source.settings())) {
                ServerQueries queries = ServerQueries.of(source.settings(), connection.walSender(), _ -> {});
                BackupFacts known = new ServerFacts(connection, queries);
                BackupFacts ahead = (BackupFacts) Proxy.newProxyInstance(
                        BackupFacts.class.getClassLoader(),
                        new Class<?>[] {BackupFacts.class},
                        (_, method, arguments) -> method.getName().equals("started")
                                ? Optional.of(Instant.now().plus(Duration.ofHours(1)))
                                : method.invoke(known, arguments));
                FilesSource files = SourceChoice.of(
                                SourceMethod.LOCAL,
                                BaseBackup.Type.FULL,
                                Optional.empty(),
                                1,
                                OptionalLong.empty(),
                                source.settings(),
                                connection,
                                Checkpoint.FAST,
                                Clock.systemUTC())
                        .files()
                        .orElseThrow();
                source.taker(source.options(SourceMethod.LOCAL)).take(ahead, files);
            }
            source.server.sql("UPDATE t SET t = 'b' WHERE i = 7", "CHECKPOINT");
            Files.setLastModifiedTime(file, modified);

            BaseBackup increment = source.taker(source.options(BaseBackup.Type.INCREMENTAL, SourceMethod.LOCAL))
                    .take(source.settings())
                    .first();

            Path restored = directory.resolve("restored");
            PlainRestore.restore(source.catalog(), increment, restored, directory);
            assertThat(restored.resolve(source.server.dataDirectory().relativize(file)))
                    .hasSameBinaryContentAs(file);
        }
    }

    /** Everything that BASE_BACKUP treats in a way of its own, in one cluster that nobody writes to. */
    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#ofThisRun")
    void theFilesAreThoseOfBaseBackup(PostgresBinaries binaries) throws Exception {
        PostgresServerBuilder builder = PostgresServer.of(binaries)
                .withTemplates()
                .setting("autovacuum", "off")
                .setting("logging_collector", "on")
                .setting("checkpoint_timeout", "1h")
                .setting("max_prepared_transactions", "2");
        if (binaries.major() >= 16) {
            builder = builder.setting("allow_in_place_tablespaces", "on");
        }
        if (binaries.major() <= 14) {
            builder = builder.setting("stats_temp_directory", "global/pg_stat_elsewhere");
        }
        try (ArchivedServer source = new ArchivedServer(builder, work())) {
            link(source.server, "pg_wal");
            link(source.server, "pg_snapshots");
            assertSameFiles(source, binaries.major());
        }
    }

    private static void assertSameFiles(ArchivedServer source, int major) throws Exception {
        try (Connection open = source.server.connect();
                Statement session = open.createStatement()) {
            Path data = source.server.dataDirectory();
            OperatingUser.current().own(Files.createDirectory(data.resolve("nested")));
            source.server.sql(
                    "CREATE TABLESPACE nested LOCATION '" + data.resolve("nested") + "'",
                    "CREATE TABLE in_nested TABLESPACE nested AS SELECT i FROM generate_series(1, 10) i",
                    "CREATE TABLESPACE fast LOCATION '" + source.server.newDirectory("fast") + "'",
                    "CREATE TABLE large AS SELECT i, repeat(md5(i::text), 5) AS t FROM generate_series(1, 20000) i",
                    "CREATE TABLE other TABLESPACE fast AS SELECT i FROM generate_series(1, 1000) i",
                    "CREATE UNLOGGED TABLE unlogged (i int PRIMARY KEY, t text)",
                    "CREATE UNLOGGED TABLE unlogged_fast (i int PRIMARY KEY, t text) TABLESPACE fast",
                    "INSERT INTO unlogged SELECT i, 'x' FROM generate_series(1, 1000) i",
                    "VACUUM large",
                    "CREATE TABLE prepared (i int)",
                    "SELECT pg_create_physical_replication_slot('slot', true)",
                    "SELECT pg_switch_wal()");
            if (major >= 16) {
                source.server.sql(
                        "CREATE TABLESPACE inside LOCATION ''",
                        "CREATE TABLE within TABLESPACE inside AS SELECT i FROM generate_series(1, 10) i");
            }
            source.server.sql("BEGIN; INSERT INTO prepared VALUES (1); PREPARE TRANSACTION 'one'");
            session.execute("CREATE TEMPORARY TABLE temporary AS SELECT i FROM generate_series(1, 1000) i");
            session.execute("CREATE TEMPORARY TABLE temporary_fast (t text) TABLESPACE fast");
            session.execute("INSERT INTO temporary_fast VALUES (repeat('x', 100000))");
            for (String name : List.of(
                    "postgresql.auto.conf.tmp",
                    "current_logfiles.tmp",
                    "backup_label.old",
                    "tablespace_map.old",
                    "backup_manifest",
                    "core.1234",
                    "mine/postmaster.opts",
                    "mine/pgsql_tmp1",
                    "mine/16400",
                    "mine/16400_init",
                    "mine/t3_16400",
                    "base/1/t3_16400",
                    "base/1/t3_16400_fsm.1",
                    "base/1/99990",
                    "base/1/99990.1",
                    "base/1/99990_fsm",
                    "base/1/99990_init",
                    "base/1/pg_internal.init.99",
                    "base/pgsql_tmp/pgsql_tmp1.0",
                    "global/pg_internal.init.7",
                    "global/99991",
                    "global/99991_init",
                    "pg_stat_tmp/x",
                    "pg_dynshmem/x",
                    "pg_subtrans/x/y",
                    "mine/pg_notify/x",
                    "pg_wal/mine",
                    "pg_xact/mine",
                    "pg_tblspc/mine")) {
                plant(data.resolve(name));
            }
            if (major >= 15) {
                plant(data.resolve("base/1/.DS_Store"));
            }
            source.server.sql("CHECKPOINT");

            BaseBackup streamed = source.taker().take(source.settings()).first();
            BaseBackup local = source.taker(source.options(SourceMethod.LOCAL))
                    .take(source.settings())
                    .first();

            assertThat(source.used).containsExactly(SourceMethod.STREAM, SourceMethod.LOCAL);
            assertThat(source.warnings).isEmpty();
            assertThat(shape(source, local)).containsExactlyElementsOf(shape(source, streamed));
            assertThat(local.contents().tablespaces())
                    .containsExactlyInAnyOrderElementsOf(streamed.contents().tablespaces());
            assertThat(local.contents().tablespaces())
                    .extracting(each -> each.name().orElseThrow())
                    .contains("nested", "fast");
            assertThat(local.contents().damagedPagesCount()).isZero();
            source.server.sql("ROLLBACK PREPARED 'one'");
        }
    }

    /** Moves a directory elsewhere, as operators do; a base backup has it as a directory anyway. */
    private static void link(PostgresServer server, String name) throws IOException {
        server.stopFast();
        Path elsewhere = server.newDirectory(name).resolve(name);
        Path directory = server.dataDirectory().resolve(name);
        Files.move(directory, elsewhere);
        OperatingUser.current().own(Files.createSymbolicLink(directory, elsewhere));
        server.start();
    }

    /** The program of the same version; others cannot read every manifest. */
    @Test
    void itsManifestPassesPgVerifybackup() throws Exception {
        PostgresBinaries machine = PostgresBinaries.ofMachine()
                .filter(binaries -> binaries.program("pg_verifybackup").isPresent())
                .orElseThrow(() -> RequiredServer.missing(
                        "there is no PostgreSQL with pg_verifybackup", "apt-get install postgresql"));
        try (ArchivedServer source =
                new ArchivedServer(PostgresServer.of(machine).withTemplates(), work())) {
            source.server.sql(
                    "CREATE TABLESPACE fast LOCATION '" + source.server.newDirectory("fast") + "'",
                    "CREATE TABLE large AS SELECT i, repeat(md5(i::text), 5) AS t FROM generate_series(1, 20000) i",
                    "CREATE TABLE other TABLESPACE fast AS SELECT i FROM generate_series(1, 1000) i");
            touchAll(source.server);

            BaseBackup backup = source.taker(source.options(SourceMethod.LOCAL))
                    .take(source.settings())
                    .first();

            Path restored = directory.resolve("restored");
            Path place = source.server.newDirectory("restored-fast");
            PlainRestore.restore(source.catalog(), backup, restored, place);
            try (InputStream manifest = source.catalog().postgresManifest(backup)) {
                Files.copy(manifest, restored.resolve(PostgresManifest.PATH));
            }
            OperatingUser.current().own(place);
            OperatingUser.current().own(directory);
            OperatingUser.current().own(restored);
            String program = machine.program("pg_verifybackup").orElseThrow().toString();
            assertThat(source.server.run(List.of(program, "-n", restored.toString())))
                    .contains("successfully verified");
        }
    }

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
    void aDamagedPageIsReadAgainAndListed(PostgresBinaries binaries) throws IOException {
        try (ArchivedServer source = new ArchivedServer(PostgresServer.of(binaries), work())) {
            source.server.sql(
                    "CREATE TABLE t AS SELECT i, repeat('x', 100) AS x FROM generate_series(1, 1000) i", "CHECKPOINT");
            String path = source.server.query("SELECT pg_relation_filepath('t')");
            source.server.stopFast();
            try (RandomAccessFile file = new RandomAccessFile(
                    source.server.dataDirectory().resolve(path).toFile(), "rw")) {
                file.seek(3 * 8192 + 5000);
                int old = file.read();
                file.seek(3 * 8192 + 5000);
                file.write(old ^ 1);
            }
            source.server.start();

            BaseBackup backup = source.taker(source.options(SourceMethod.LOCAL))
                    .take(source.settings())
                    .first();

            assertThat(backup.contents().damagedPagesCount()).isEqualTo(1);
            assertThat(backup.contents().damagedPages()).singleElement().satisfies(page -> {
                assertThat(page.path()).isEqualTo(path);
                assertThat(page.block()).isEqualTo(3);
                assertThat(page.reason()).contains("checksum");
            });
        }
    }

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
    void aSessionThatIsEndedEndsTheBackup(PostgresBinaries binaries) throws IOException {
        try (ArchivedServer source = new ArchivedServer(PostgresServer.of(binaries), work())) {
            source.beforeCopy = () -> source.server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    + " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()");

            assertFails(source, ExitCode.POSTGRES_UNAVAILABLE, "");
        }
    }

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
    void aStandbyIsBackedUpUnlessItIsPromotedMeanwhile(PostgresBinaries binaries) throws IOException {
        try (ArchivedServer source = new ArchivedServer(PostgresServer.of(binaries), work())) {
            source.server.sql("CREATE TABLE t AS SELECT i FROM generate_series(1, 1000) i");
            Path copy =
                    source.server.takeBaseBackup(directory.resolve("standby")).dataDirectory();
            try (PostgresServer standby = PostgresServer.of(binaries)
                    .from(copy)
                    .standbyOf(source.server)
                    .start()) {
                PostgresWait.until(
                        "the standby has caught up",
                        PostgresWait.DEFAULT_LIMIT,
                        standby,
                        () -> standby.walPosition().equals(source.server.walPosition()));
                Map<String, String> rows = source.server.tableHashes();
                source.beforeCopy =
                        () -> source.server.sql("INSERT INTO t VALUES (1001)", "DELETE FROM t WHERE i = 1001");
                source.beforeWalIsAwaited = () -> source.server.sql("SELECT txid_current()", "SELECT pg_switch_wal()");

                BaseBackup backup = source.taker(source.options(SourceMethod.LOCAL))
                        .take(ArchivedServer.settings(standby))
                        .first();

                assertThat(backup.run().from()).isEqualTo(BaseBackup.Source.STANDBY);
                assertThat(backup.run().method()).isEqualTo("local");
                Path restored = directory.resolve("restored");
                PlainRestore.restore(source.catalog(), backup, restored, directory);
                assertThat(source.startFrom(restored)).isEqualTo(rows);

                source.beforeCopy = standby::promote;
                assertThatThrownBy(() -> source.taker(source.options(SourceMethod.LOCAL))
                                .take(ArchivedServer.settings(standby))
                                .first())
                        .isInstanceOfSatisfying(
                                UserFacingException.class,
                                e -> assertThat(e.exitCode()).isEqualTo(ExitCode.BACKUP_FAILED));
                assertThat(source.catalog().list()).hasSize(2).element(1).isInstanceOf(Unpublished.class);
            }
        }
    }

    @Test
    void whatAServerNeedsAndIsALinkIsRefused() throws IOException {
        try (ArchivedServer source = new ArchivedServer(PostgresServer.of(PostgresBinaries.embedded(18)), work())) {
            Path data = source.server.dataDirectory();
            Files.createSymbolicLink(data.resolve("extra"), directory);
            source.beforeCopy = () -> {};
            BaseBackup backup = source.taker(source.options(SourceMethod.LOCAL))
                    .take(source.settings())
                    .first();
            assertThat(backup.run().warnings())
                    .containsExactly(
                            "'extra' in the data directory is a link or a special file; the backup does not contain it");

            Files.createSymbolicLink(data.resolve("base/99999"), directory);
            assertFails(source, ExitCode.BACKUP_FAILED, "'base/99999'");
        }
    }

    /** In whatever locale this runs. */
    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
    void aFileNameMayHaveAnyBytes(PostgresBinaries binaries) throws Exception {
        try (ArchivedServer source = new ArchivedServer(PostgresServer.of(binaries), work())) {
            touchAll(source.server);
            Path places = source.server.newDirectory("places");
            source.server.run(List.of("sh", "-c", "mkdir \"$0/$(printf 'caf\\303\\251')\"", places.toString()));
            source.server.sql("CREATE TABLESPACE cafe LOCATION '" + places + "/caf\u00e9'");

            for (SourceMethod method : List.of(SourceMethod.LOCAL, SourceMethod.STREAM)) {
                BaseBackup backup = source.taker(source.options(method))
                        .take(source.settings())
                        .first();

                assertThat(backup.contents().tablespaces())
                        .extracting(BaseBackup.Tablespace::location)
                        .containsExactly(places + "/caf\u00e9");
                String file = ": file 644 of 2 bytes, " + crcOf("x\n");
                assertThat(shape(source, backup))
                        .contains("caf\u00e9.txt" + file)
                        .contains("caf\udce9.txt" + file)
                        .contains("\udcff\u00e9/\udcfe" + file);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
    void aTablespaceInAPlaceThatIsNotUtf8IsRefusedWithWhatToDo(PostgresBinaries binaries) throws Exception {
        try (ArchivedServer source = new ArchivedServer(PostgresServer.of(binaries), work())) {
            Path places = source.server.newDirectory("places");
            source.server.run(List.of("mkdir", places + "/cafe"));
            source.server.sql("CREATE TABLESPACE cafe LOCATION '" + places + "/cafe'");
            source.server.run(List.of(
                    "sh",
                    "-c",
                    "cd \"$0\" && to=$1/$(printf 'caf\\351') && mv \"$1/cafe\" \"$to\""
                            + " && for link in pg_tblspc/*; do ln -sfn \"$to\" \"$link\"; done",
                    source.server.dataDirectory().toString(),
                    places.toString()));

            assertThatThrownBy(() ->
                            source.taker(source.options(SourceMethod.LOCAL)).take(source.settings()))
                    .isInstanceOfSatisfying(UserFacingException.class, e -> {
                        assertThat(e).hasMessageContaining("is not UTF-8").hasMessageStartingWith("the location of");
                        assertThat(e.hint()).contains("rename that directory");
                    });
        }
    }

    /** Not in base: PostgreSQL 13 to 16 warn of each file there that has no pages, and cannot send such a name. */
    private static void touchAll(PostgresServer server) throws Exception {
        touch(server, "caf\\303\\251.txt");
        touch(server, "caf\\351.txt");
        touch(server, "\\377\\303\\251/\\376");
    }

    private static int crcOf(String content) {
        CRC32C crc = new CRC32C();
        crc.update(content.getBytes(StandardCharsets.US_ASCII));
        return (int) crc.getValue();
    }

    /** @param name as printf takes it: this Java may run in a locale that cannot encode it */
    private static void touch(PostgresServer server, String name) throws Exception {
        Process process = new ProcessBuilder(
                        "sh",
                        "-c",
                        "umask 022; f=\"$0\"/\"$(printf '" + name + "')\"; mkdir -p \"${f%/*}\"; echo x > \"$f\"",
                        server.dataDirectory().toString())
                .start();
        assertThat(process.waitFor()).isZero();
    }

    @Test
    void whereThisIsNotItsHostOrTheRoleMayNotPostgresqlSendsItsFiles() throws IOException {
        try (ArchivedServer source = new ArchivedServer(PostgresServer.of(PostgresBinaries.embedded(18)), work())) {
            source.server.sql("CREATE ROLE backups LOGIN REPLICATION");
            ConnectionSettings settings = ConnectionSettings.parse(
                    source.server.socketConninfo() + " user=backups",
                    new ClientEnvironment(Map.of(), Path.of("/nonexistent"), "nobody"));

            BaseBackup streamed = source.taker(source.options(SourceMethod.AUTO))
                    .take(settings)
                    .first();
            assertThat(source.reasons.getLast()).contains("may not execute");
            assertThat(source.catalog().intent(streamed.id()).orElseThrow().walFrom())
                    .isPresent();

            source.server.sql(
                    "GRANT EXECUTE ON FUNCTION pg_backup_start(text, boolean), pg_backup_stop(boolean) TO backups");
            source.taker(source.options(SourceMethod.AUTO)).take(settings).first();
            assertThat(source.reasons.getLast()).contains("pg_read_all_settings");

            source.server.sql("GRANT pg_read_all_settings TO backups");
            source.taker(source.options(SourceMethod.AUTO)).take(settings).first();
            assertThat(source.reasons.getLast())
                    .contains(source.server.dataDirectory().toString());
            assertThat(source.used).containsExactly(SourceMethod.STREAM, SourceMethod.STREAM, SourceMethod.LOCAL);

            // As where another server with the same path answers.
            Path file = source.server.dataDirectory().resolve("postmaster.pid");
            String lines = Files.readString(file);
            String port = "\n" + source.server.port() + "\n";
            for (String other : List.of(
                    lines.replace(port, "\n1" + port.substring(1)),
                    lines.replaceFirst("^[0-9]+", "1"),
                    lines.replaceFirst("\n[0-9]+\n", "\n1600000000\n"),
                    lines.replaceFirst("\n[^\n]+\n", "\n/tmp\n"))) {
                Files.writeString(file, other);
                source.taker(source.options(SourceMethod.AUTO)).take(settings).first();
                assertThat(source.used.getLast()).as(other).isEqualTo(SourceMethod.STREAM);
            }
            assertThatThrownBy(() -> source.taker(source.options(SourceMethod.LOCAL))
                            .take(settings)
                            .first())
                    .isInstanceOfSatisfying(UserFacingException.class, e -> {
                        assertThat(e.exitCode()).isEqualTo(ExitCode.USAGE);
                        assertThat(e).hasMessageContaining("no backup was begun");
                        assertThat(e.hint()).contains("owner of the data directory");
                    });
            Files.writeString(file, lines);

            source.server.sql("REVOKE pg_read_all_settings FROM backups");
            assertNeeds(source, settings, "GRANT pg_read_all_settings TO \"backups\"");
            source.server.sql(
                    "REVOKE EXECUTE ON FUNCTION pg_backup_start(text, boolean), pg_backup_stop(boolean) FROM backups");
            assertNeeds(
                    source,
                    settings,
                    "GRANT EXECUTE ON FUNCTION pg_backup_start(text, boolean), pg_backup_stop(boolean) TO \"backups\"");
        }
    }

    private static void assertNeeds(ArchivedServer source, ConnectionSettings settings, String grant) {
        assertThatThrownBy(
                        () -> source.taker(source.options(SourceMethod.LOCAL)).take(settings))
                .isInstanceOfSatisfying(UserFacingException.class, e -> {
                    assertThat(e.exitCode()).isEqualTo(ExitCode.USAGE);
                    assertThat(e.hint()).contains(grant, "--method stream");
                });
    }

    @Test
    void aBackupThatIsStoppedDoesNotWarnThatItGoesOnWithoutQueries() throws IOException {
        try (ArchivedServer source = new ArchivedServer(PostgresServer.of(PostgresBinaries.embedded(18)), work())) {
            source.beforeStart = () -> Thread.currentThread().interrupt();
            try {
                assertThatThrownBy(() ->
                                source.taker(source.options(SourceMethod.AUTO)).take(source.settings()))
                        .isInstanceOfSatisfying(
                                UserFacingException.class,
                                e -> assertThat(e.exitCode()).isEqualTo(ExitCode.INTERRUPTED));
            } finally {
                Thread.interrupted();
            }
            assertThat(source.warnings).isEmpty();
        }
    }

    @Test
    void aDataDirectoryMayHaveANameOfAnyBytes() throws Exception {
        try (ArchivedServer source = new ArchivedServer(PostgresServer.of(PostgresBinaries.embedded(18)), work())) {
            Path data = source.server.dataDirectory();
            // As if the server had been started by this link.
            source.server.run(List.of(
                    "sh",
                    "-c",
                    "n=$(printf 'caf\\351'); ln -s \"$0\" \"$0-$n\" && LC_ALL=C sed -i \"2s/$/-$n/\" \"$0/postmaster.pid\"",
                    data.toString()));

            source.taker(source.options(SourceMethod.AUTO))
                    .take(source.settings())
                    .first();

            assertThat(source.used).as(source.reasons.toString()).containsExactly(SourceMethod.LOCAL);
        }
    }

    private static void assertFails(ArchivedServer source, ExitCode status, String why) throws IOException {
        int before = source.catalog().list().size();
        assertThatThrownBy(() -> source.taker(source.options(SourceMethod.LOCAL))
                        .take(source.settings())
                        .first())
                .isInstanceOfSatisfying(UserFacingException.class, e -> {
                    assertThat(e.exitCode()).as(e.toString()).isEqualTo(status);
                    assertThat(e).hasMessageContaining(why);
                });
        assertThat(source.catalog().list()).hasSize(before + 1).last().isInstanceOf(Unpublished.class);
        PostgresWait.until(
                "no session of the backup is left",
                PostgresWait.DEFAULT_LIMIT,
                source.server,
                () -> source.server
                        .query("SELECT count(*) FROM pg_stat_activity"
                                + " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()")
                        .equals("0"));
    }

    private static void plant(Path file) throws IOException {
        Path parent = file.resolveSibling("");
        if (!Files.exists(parent)) {
            Files.createDirectories(parent);
            OperatingUser.current().own(parent);
        }
        // A new page, so that PostgreSQL has no warning for what it takes for a relation.
        Files.write(file, new byte[8192]);
        OperatingUser.current().own(file);
    }

    /** Of each entry all that must be the same; the log grows, and pg_control and the label are of each backup. */
    private static List<String> shape(ArchivedServer source, BaseBackup backup) throws IOException {
        List<String> shape = new ArrayList<>();
        ManifestReader manifest = source.catalog().manifest(backup);
        for (Optional<ManifestEntry> entry = manifest.next(); entry.isPresent(); entry = manifest.next()) {
            String path = entry.get().path();
            shape.add(path + ": "
                    + switch (entry.get()) {
                        case DirectoryEntry each -> "directory " + Integer.toOctalString(each.mode());
                        case LinkEntry each -> "link to " + each.target();
                        case FileEntry each -> {
                            boolean differs = path.startsWith("log/")
                                    || List.of("backup_label", "global/pg_control")
                                            .contains(path)
                                    || path.startsWith("pg_xact/0")
                                    || path.startsWith("pg_logical/");
                            yield "file " + Integer.toOctalString(each.mode())
                                    + (differs
                                            ? ""
                                            : " of " + each.size() + " bytes, "
                                                    + each.crc32c().orElseThrow());
                        }
                    });
        }
        return shape;
    }

    private Path work() throws IOException {
        return Files.createDirectories(directory.resolve("work"));
    }
}
