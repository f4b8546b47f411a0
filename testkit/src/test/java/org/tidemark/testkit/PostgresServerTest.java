// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class PostgresServerTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    static List<PostgresBinaries> versions() {
        return PostgresBinaries.ofThisRun();
    }

    static PostgresBinaries newest() {
        return PostgresBinaries.embedded().getLast();
    }

    @Test
    void everySupportedMajorVersionIsAtHand() {
        assertThat(PostgresBinaries.embedded())
                .extracting(PostgresBinaries::major)
                .containsExactly(13, 14, 15, 16, 17, 18);
    }

    @ParameterizedTest
    @MethodSource("versions")
    void aCopyReplaysTheArchiveAndHoldsTheSameRows(PostgresBinaries binaries) throws Exception {
        Path archive = OperatingUser.current().newTemporaryDirectory("tidemark-archive");
        Path copies = OperatingUser.current().newTemporaryDirectory("tidemark-copies");
        try (PostgresServer primary = PostgresServer.of(binaries)
                .archiving("cp %p " + archive + "/%f")
                .start()) {
            primary.sql(
                    "CREATE TABLESPACE elsewhere LOCATION '" + primary.newDirectory("elsewhere") + "'",
                    "CREATE TABLE rows TABLESPACE elsewhere AS SELECT g, md5(g::text) FROM generate_series(1, 1000) g");
            BaseBackupCopy backup = primary.takeBaseBackup(copies.resolve("base"));
            primary.sql("INSERT INTO rows SELECT g, 'later' FROM generate_series(1, 500) g");
            primary.archiveCurrentSegment(LIMIT);

            try (PostgresServer restored = PostgresServer.of(binaries)
                    .from(backup.dataDirectory())
                    .recovery("cp " + archive + "/%f %p")
                    .setting("archive_mode", "off")
                    .create()) {
                restored.launch();
                restored.awaitRecoveryEnd(LIMIT);

                assertThat(restored.tableHashes()).isEqualTo(primary.tableHashes());
                assertThat(restored.tableHashes().get("public.rows")).startsWith("1500 rows, ");
                assertThat(restored.query("SHOW server_version")).startsWith(binaries.version());
            }
        } finally {
            TemporaryTree.delete(archive);
            TemporaryTree.delete(copies);
        }
    }

    @ParameterizedTest
    @MethodSource("versions")
    void aStandbyFollowsAndIsPromoted(PostgresBinaries binaries) {
        Path copies = OperatingUser.current().newTemporaryDirectory("tidemark-copies");
        try (PostgresServer primary = PostgresServer.of(binaries).start()) {
            BaseBackupCopy backup = primary.takeBaseBackup(copies.resolve("base"));
            try (PostgresServer standby = PostgresServer.of(binaries)
                    .from(backup.dataDirectory())
                    .standbyOf(primary)
                    .start()) {
                primary.sql("CREATE TABLE rows AS SELECT 1 AS one");
                PostgresWait.until(
                        "the table arrives",
                        LIMIT,
                        standby,
                        () -> !standby.query("SELECT to_regclass('rows')").isEmpty());
                assertThat(standby.isInRecovery()).isTrue();

                standby.promote();

                standby.sql("INSERT INTO rows VALUES (2)");
                assertThat(standby.query("SELECT timeline_id FROM pg_control_checkpoint()"))
                        .isNotEmpty();
                assertThat(Files.exists(standby.dataDirectory().resolve("pg_wal/00000002.history")))
                        .isTrue();
            }
        } finally {
            TemporaryTree.delete(copies);
        }
    }

    @Test
    void committedRowsSurviveAnImmediateStop() {
        try (PostgresServer server = PostgresServer.of(newest()).start()) {
            server.sql("CREATE TABLE rows AS SELECT 1 AS one");

            server.stopImmediately();
            server.start();

            assertThat(server.query("SELECT one FROM rows")).isEqualTo("1");
            server.restart();
            assertThat(server.query("SELECT one FROM rows")).isEqualTo("1");
        }
    }

    @Test
    void initdbOptionsAndSettingsAndEnvironmentReachTheServer() {
        try (PostgresServer server = PostgresServer.of(newest())
                .initdb("--wal-segsize=1")
                .withoutDataChecksums()
                .setting("work_mem", "7MB")
                .autoSetting("cluster_name", "it's")
                .environment("TIDEMARK_TEST", "reached")
                .start()) {
            assertThat(server.query("SHOW wal_segment_size")).isEqualTo("1MB");
            assertThat(server.query("SHOW data_checksums")).isEqualTo("off");
            assertThat(server.query("SHOW work_mem")).isEqualTo("7MB");
            assertThat(server.query("SHOW cluster_name")).isEqualTo("it's");
            // The program reads its input to the end: PostgreSQL fails if it ends before.
            server.sql("COPY (SELECT 1) TO PROGRAM 'cat > /dev/null; echo $TIDEMARK_TEST > " + server.dataDirectory()
                    + "/said'");
            assertThat(server.dataDirectory().resolve("said")).hasContent("reached");
        }
    }

    @Test
    void serversOfOneVersionShareTheirIdentityUnlessAskedNotTo() {
        String identity = "SELECT system_identifier FROM pg_control_system()";
        try (PostgresServer one = PostgresServer.of(newest()).start();
                PostgresServer same = PostgresServer.of(newest()).start();
                PostgresServer other = PostgresServer.of(newest()).ownIdentity().start()) {
            assertThat(same.query(identity)).isEqualTo(one.query(identity));
            assertThat(other.query(identity)).isNotEqualTo(one.query(identity));
        }
    }

    @Test
    void aRowThatIsMissingOrChangedChangesTheHash() {
        try (PostgresServer server = PostgresServer.of(newest()).start()) {
            server.sql("CREATE TABLE rows AS SELECT g FROM generate_series(1, 3) g");
            var before = server.tableHashes();

            server.sql("UPDATE rows SET g = 4 WHERE g = 3");

            assertThat(server.tableHashes()).isNotEqualTo(before);
            server.sql("UPDATE rows SET g = 3 WHERE g = 4", "CREATE TABLE empty (g int)");
            assertThat(server.tableHashes()).containsAllEntriesOf(before).hasSize(2);
        }
    }

    @Test
    void aServerThatCannotStartShowsItsLogAndLeavesNothing() {
        PostgresServer server =
                PostgresServer.of(newest()).setting("no_such_setting", "1").create();
        try (server) {
            assertThatThrownBy(server::start).hasMessageContaining("no_such_setting");
            server.awaitDown(LIMIT);
        }
        assertThat(server.dataDirectory().getParent()).doesNotExist();
    }
}
