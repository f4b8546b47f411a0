// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.core.Timeline;
import org.tidemark.postgres.BaseBackupResult.ServerChecksums;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

class BaseBackupTest {
    @TempDir
    Path home;

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#embedded")
    void everyFileThatArrivesIsTheOneOfTheManifest(PostgresBinaries binaries) throws Exception {
        try (PostgresServer server = PostgresServer.of(binaries).start();
                ReplicationConnection connection = connect(server.socketConninfo())) {
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
            assertThat(connection.identifySystem().flushed()).isGreaterThanOrEqualTo(result.end());
        }
    }

    private ReplicationConnection connect(String conninfo) {
        return ReplicationConnection.open(
                ConnectionSettings.parse(conninfo, new ClientEnvironment(Map.of(), home, "nobody")));
    }
}
