// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.core.Timeline;
import org.tidemark.postgres.BaseBackupResult.ServerChecksums;
import org.tidemark.testkit.BaseBackupCopy;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

class BaseBackupTest {
    private static final int PAGE_BYTES = 8_192;

    @TempDir
    Path home;

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#ofThisRun")
    void everyFileThatArrivesIsTheOneOfTheManifest(PostgresBinaries binaries) throws Exception {
        try (PostgresServer server = PostgresServer.of(binaries).withTemplates().start();
                ReplicationConnection connection = new TestConnections(home).replication(server.socketConninfo())) {
            Path elsewhere = server.newDirectory("elsewhere");
            server.sql(
                    "CREATE TABLESPACE elsewhere LOCATION '" + elsewhere + "'",
                    "CREATE TABLE near AS SELECT i, repeat('x', 200) AS filler FROM generate_series(1, 20000) i",
                    "CREATE TABLE far TABLESPACE elsewhere AS SELECT * FROM near");

            ReceivedBackup backup = new ReceivedBackup();
            BaseBackupResult result = connection.baseBackup(BaseBackupOptions.of("it's a \\ test"), backup);

            assertThat(result.checksums()).isEqualTo(ServerChecksums.NO_FAILURE);
            assertThat(result.startTimeline()).isEqualTo(Timeline.FIRST);
            assertThat(result.end()).isGreaterThan(result.start());
            assertThat(backup.events).containsExactly("started", "tablespace", "base", "manifest");
            assertThat(backup.tablespaces.getFirst().location()).isEqualTo(elsewhere.toString());
            assertThat(backup.files).isEqualTo(backup.manifestFiles()).hasSizeGreaterThan(500);
            assertThat(backup.bytesDone).isBetween(backup.bytesExpected / 2, backup.bytesExpected * 2);
            assertThat(backup.reports).isGreaterThan(10);
            assertThat(backup.warnings).isEmpty();
            assertThat(connection.identifySystem().flushed()).isGreaterThanOrEqualTo(result.end());

            damage(server, "near");
            ReceivedBackup damaged = new ReceivedBackup();
            BaseBackupResult failure = connection.baseBackup(BaseBackupOptions.of("damaged"), damaged);

            assertThat(failure.checksums()).isEqualTo(ServerChecksums.FAILURE);
            assertThat(damaged.files).isEqualTo(damaged.manifestFiles()).hasSizeGreaterThan(500);
            assertThat(damaged.warnings).extracting(ServerMessage::sqlState).contains("01000", "XX001");
            assertThat(connection.show("data_checksums")).isEqualTo("on");
        }
    }

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oldestAndNewest")
    void aStandbyIsASourceToo(PostgresBinaries binaries) throws Exception {
        try (PostgresServer primary = PostgresServer.of(binaries).start()) {
            BaseBackupCopy copy = primary.takeBaseBackup(home.resolve("copy"));
            try (PostgresServer standby = PostgresServer.of(binaries)
                            .from(copy.dataDirectory())
                            .standbyOf(primary)
                            .start();
                    ReplicationConnection connection =
                            new TestConnections(home).replication(standby.socketConninfo())) {
                ReceivedBackup backup = new ReceivedBackup();

                BaseBackupResult result = connection.baseBackup(BaseBackupOptions.of("standby"), backup);

                assertThat(result.end()).isGreaterThanOrEqualTo(result.start());
                assertThat(backup.files).isEqualTo(backup.manifestFiles()).containsKey("standby.signal");
            }
        }
    }

    /** Turns bits of a page on disk; the server reads it from there for a base backup. */
    private static void damage(PostgresServer server, String table) throws IOException {
        server.sql("CHECKPOINT");
        Path file = server.dataDirectory().resolve(server.query("SELECT pg_relation_filepath('" + table + "')"));
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.seek(3 * PAGE_BYTES + 1_000);
            bytes.write(new byte[] {1, 2, 3, 4});
        }
    }
}
