// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.postgres.ReplicationConnection.SystemIdentity;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

class ReplicationConnectionTest {
    @TempDir
    Path home;

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#embedded")
    void theServerTellsWhoItIsAndWhereItsTimelinesBegan(PostgresBinaries binaries) {
        try (PostgresServer server = PostgresServer.of(binaries)
                .setting("max_wal_senders", "10")
                .standby("false")
                .start()) {
            server.promote();
            try (ReplicationConnection connection = new TestConnections(home).replication(server.conninfo())) {
                SystemIdentity identity = connection.identifySystem();

                assertThat(identity.system().toString())
                        .isEqualTo(server.query("SELECT system_identifier FROM pg_control_system()"));
                assertThat(identity.timeline()).isEqualTo(new Timeline(2));
                assertThat(identity.flushed()).isLessThanOrEqualTo(server.walPosition());
                assertThat(connection.serverVersionNum() / 10_000).isEqualTo(binaries.major());
                assertThat(connection.show("wal_segment_size")).isEqualTo("16MB");
                assertThat(connection.timelineHistory(Timeline.FIRST)).isEmpty();
                assertThat(connection.timelineHistory(new Timeline(9))).isEmpty();
                assertThat(connection.timelineHistory(new Timeline(2)))
                        .map(bytes -> TimelineHistory.parse(new Timeline(2), new String(bytes, StandardCharsets.UTF_8)))
                        .hasValueSatisfying(history ->
                                assertThat(history.endOf(Timeline.FIRST)).isPresent());
                assertThatExceptionOfType(PostgresException.class)
                        .isThrownBy(() -> connection.show("no_such_setting"))
                        .satisfies(e -> assertThat(e.exitCode()).isEqualTo(ExitCode.POSTGRES_REFUSED))
                        .satisfies(e -> assertThat(e.sqlState()).hasValue("42704"));
                assertThat(connection.show("max_wal_senders")).isEqualTo("10");

                connection.cancel();
                connection.cancel();
                assertThatExceptionOfType(PostgresException.class).isThrownBy(connection::identifySystem);
            }
        }
    }
}
