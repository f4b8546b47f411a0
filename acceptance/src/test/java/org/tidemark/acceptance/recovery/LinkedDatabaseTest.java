// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** An operator moved a part of the data directory to another disk, and put a link in its place. */
@InTurn
class LinkedDatabaseTest {
    private final TidemarkHost host = new TidemarkHost();

    static List<PostgresBinaries> versions() {
        return PostgresBinaries.oldestAndNewest();
    }

    @AfterEach
    void close() {
        host.close();
    }

    @ParameterizedTest
    @MethodSource("versions")
    void whatPostgresqlLeavesOutOfItsBackupIsNoBackup(PostgresBinaries binaries) throws Exception {
        try (PostgresServer server = ArchivedCluster.primary(binaries)
                .withTemplates()
                .archiving(host.archiveCommand())
                .start()) {
            host.configure("[repository.local]\nurl = '"
                    + host.directory().resolve("repository").toUri() + "'\n[cluster.main]\nconninfo = '"
                    + server.conninfo() + "'\ndata-directory = '" + server.dataDirectory() + "'\n");
            host.must("init");
            server.sql("CREATE DATABASE shop");
            String oid = server.query("SELECT oid FROM pg_database WHERE datname = 'shop'");
            Path elsewhere = server.newDirectory("elsewhere");
            String table = server.query("SELECT pg_relation_filepath('pg_class')");
            for (String moved : List.of("base/" + oid, "pg_xact", table)) {
                Path place = server.dataDirectory().resolve(moved);
                Path to = elsewhere.resolve(String.valueOf(place.getFileName()));
                server.stopFast();
                Files.move(place, to);
                Files.createSymbolicLink(place, to);
                OperatingUser.current().own(place);
                server.start();

                for (Map.Entry<String, String> method : Map.of(
                                "stream", "' out of the base backup", "local", "' in the data directory is a link")
                        .entrySet()) {
                    Outcome backup = host.run("backup", "--method", method.getKey());

                    assertThat(backup.status()).as(backup.talk()).isEqualTo(42);
                    assertThat(backup.talk()).contains("'" + moved + method.getValue(), "use a tablespace");
                }
                server.stopFast();
                Files.delete(place);
                Files.move(to, place);
                server.start();
            }
            // What no server needs is told, now and later.
            Path link = Files.createSymbolicLink(server.dataDirectory().resolve("notes"), elsewhere);
            OperatingUser.current().own(link);
            host.must("backup", "--method", "stream");
            assertThat(host.must("list-backup").data()).contains("1 warning when it was taken");
            assertThat(host.must("show-backup", "latest").data()).containsPattern("warning +PostgreSQL: .*\"./notes\"");
            host.must("backup", "--method", "local");
            assertThat(host.must("show-backup", "latest").data()).containsPattern("warning +'notes' .* is a link");
        }
    }
}
