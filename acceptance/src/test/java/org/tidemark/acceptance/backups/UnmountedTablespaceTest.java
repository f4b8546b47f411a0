// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.backups;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OpenSshServer;
import org.tidemark.testkit.OpenSshServer.Serves;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** After a restart of its host PostgreSQL starts without the disk of a tablespace, and says nothing. */
@InTurn
class UnmountedTablespaceTest {
    private static final List<String> METHODS = List.of("local", "stream", "ssh");

    private final TidemarkHost host = new TidemarkHost();

    @AfterEach
    void close() {
        host.close();
    }

    @Test
    void noMethodTakesABackupWithoutItAndCheckIsCritical() throws IOException {
        try (OpenSshServer ssh = OpenSshServer.startAsOrdinaryUser(Serves.READ_ONLY_SFTP);
                PostgresServer server = PostgresServer.of(PostgresBinaries.newestEmbedded())
                        .withTemplates()
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            host.configure("[repository.local]\nurl = '"
                    + host.directory().resolve("repository").toUri() + "'\n[cluster.main]\nconninfo = '"
                    + server.conninfo() + "'\n"
                    + SshSourceTest.sshHost(host, ssh, OperatingUser.current().name())
                    + "[cluster.main.check]\nfree-space = '0%'\n");
            host.must("init");
            Path orders = server.newDirectory("orders");
            Path scratch = server.newDirectory("scratch");
            server.sql(
                    "CREATE TABLESPACE orders LOCATION '" + orders + "'",
                    "CREATE TABLESPACE scratch LOCATION '" + scratch + "'",
                    "CREATE TABLE orders TABLESPACE orders AS SELECT i FROM generate_series(1, 1000) i",
                    "CREATE DATABASE shop");
            METHODS.forEach(method -> host.must("backup", "--method", method));
            assertThat(check()).contains("OK tablespaces");
            server.stopFast();
            Path kept = server.newDirectory("unmounted");
            unmount(orders, kept);
            unmount(scratch, kept);
            server.start();

            for (String method : METHODS) {
                Outcome refused = host.run("backup", "--method", method);
                assertThat(refused.status()).as(refused.talk()).isEqualTo(42);
                assertThat(refused.talk())
                        .contains("tablespace 'orders' was not read", "'" + orders + "'", "Is its disk mounted?");
            }
            assertThat(check())
                    .contains("CRITICAL tablespaces", "has tables or indexes in tablespace 'orders'", orders.toString())
                    .contains("the place of tablespace 'scratch', which no database uses");

            mount(orders, kept);
            METHODS.forEach(
                    method -> assertThat(host.must("backup", "--method", method).talk())
                            .contains("tablespace 'scratch' was not read", "Nothing is lost")
                            .doesNotContain("'orders'"));
            mount(scratch, kept);
            assertThat(check()).contains("OK tablespaces");

            Path shop = server.dataDirectory()
                    .resolve("base/" + server.query("SELECT oid FROM pg_database WHERE datname = 'shop'"));
            unmount(shop, kept);
            assertThat(check()).contains("CRITICAL tablespaces", "database 'shop'", "'base'");
            mount(shop, kept);
        }
    }

    private String check() {
        return host.run("check", "--verbose").data().replaceAll(" +", " ");
    }

    private static void unmount(Path place, Path to) throws IOException {
        Files.move(place, to.resolve(place.getFileName()));
        OperatingUser.current().own(Files.createDirectory(place));
    }

    private static void mount(Path place, Path from) throws IOException {
        Files.delete(place);
        Files.move(from.resolve(place.getFileName()), place);
    }
}
