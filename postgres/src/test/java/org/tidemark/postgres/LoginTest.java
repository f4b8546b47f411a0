// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.core.ExitCode;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** Who may log in, and what is said to those who may not. */
class LoginTest {
    @TempDir
    Path home;

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oldestAndNewest")
    void whoMayNotLogInIsToldWhy(PostgresBinaries binaries) throws IOException {
        try (PostgresServer server = PostgresServer.of(binaries)
                .setting("max_wal_senders", "2")
                .setting("password_encryption", "scram-sha-256")
                .create()) {
            Files.writeString(server.dataDirectory().resolve("pg_hba.conf"), """
                    local all         all                    trust
                    local replication peered                 peer
                    local replication all                    trust
                    host  replication tidemark  127.0.0.1/32 scram-sha-256
                    host  replication plain     127.0.0.1/32 trust
                    host  all         postgres  127.0.0.1/32 trust
                    host  all         tidemark  127.0.0.1/32 scram-sha-256
                    """);
            server.start();
            server.sql("CREATE ROLE tidemark LOGIN REPLICATION PASSWORD 's3:cret'", "CREATE ROLE plain LOGIN");
            String tcp = "host=127.0.0.1 port=" + server.port() + " dbname=postgres user=";

            assertThat(refused(tcp + "tidemark", "28P01", "08004").hint())
                    .contains("there is no password file", "127.0.0.1:" + server.port() + ":*:tidemark:PASSWORD");
            PostgresException wrong = refused(tcp + "tidemark password=wr0ng", "28P01");
            assertThat(wrong.hint()).contains("Is the password of the role 'tidemark' right?");
            assertThat(wrong.getMessage() + wrong.hint()).doesNotContain("wr0ng");
            assertThat(refused(tcp + "plain", "42501").hint())
                    .contains("ALTER ROLE \"plain\" REPLICATION")
                    .doesNotContain("pg_hba.conf", "password");
            assertThat(refused(tcp + "stranger", "28000").hint())
                    .contains("host  replication  stranger  ADDRESS  scram-sha-256");
            assertThat(refused(
                                    "host=" + server.socketDirectory() + " port=" + server.port()
                                            + " dbname=postgres user=peered",
                                    "28000")
                            .hint())
                    .as("peer lets in only the OS user of the same name")
                    .contains("local  replication  peered  scram-sha-256");
            Path passwords = Files.writeString(
                    home.resolve("passwords"), "127.0.0.1:" + server.port() + ":replication:tidemark:s3\\:cret\n");
            Files.setPosixFilePermissions(passwords, PosixFilePermissions.fromString("rw-r--r--"));
            assertThat(refused(tcp + "tidemark passfile=" + passwords, "28P01", "08004")
                            .hint())
                    .contains("0600");

            Files.setPosixFilePermissions(passwords, PosixFilePermissions.fromString("rw-------"));
            assertIdentifies(server, tcp + "tidemark passfile=" + passwords);
            assertIdentifies(server, tcp + "tidemark password='s3:cret'");
            assertIdentifies(server, server.socketConninfo());
            assertIdentifies(
                    server,
                    "postgresql://postgres@"
                            + server.socketDirectory().toString().replace("/", "%2F") + ":" + server.port() + "/");
            tooManyWalSenders(server);
        }
    }

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oldestAndNewest")
    void theNextAddressIsTriedWhereNobodyListens(PostgresBinaries binaries) throws IOException {
        int closedPort;
        try (ServerSocket socket = new ServerSocket(0)) {
            closedPort = socket.getLocalPort();
        }
        unavailable("host=127.0.0.1 user=postgres port=" + closedPort, "08001");
        assertThat(unavailable("host=" + home + " user=postgres", "08001").getMessage())
                .contains("No such file or directory: " + home + "/.s.PGSQL.5432");

        try (PostgresServer server = PostgresServer.of(binaries).start()) {
            assertIdentifies(
                    server,
                    "user=postgres host=127.0.0.1," + home + ",127.0.0.1 port=" + closedPort + ",5432,"
                            + server.port());
        }
    }

    /** Of several hosts, the one that is of the wanted kind answers; by SQL and for replication alike. */
    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oldestAndNewest")
    void theServerOfTheWantedKindAnswers(PostgresBinaries binaries) throws IOException {
        try (PostgresServer primary = PostgresServer.of(binaries).start();
                PostgresServer standby = PostgresServer.of(binaries)
                        .from(primary.takeBaseBackup(home.resolve("base")).dataDirectory())
                        .standbyOf(primary)
                        .start()) {
            String both = "user=postgres dbname=postgres host=127.0.0.1,127.0.0.1 port=" + standby.port() + ","
                    + primary.port() + " target_session_attrs=";
            Map.of(
                            "any", standby,
                            "read-write", primary,
                            "primary", primary,
                            "read-only", standby,
                            "standby", standby,
                            "prefer-standby", standby)
                    .forEach((wanted, server) -> {
                        try (SqlConnection connection = new TestConnections(home).sql(both + wanted);
                                ReplicationConnection replication =
                                        new TestConnections(home).replication(both + wanted)) {
                            assertThat(connection.text(Duration.ofSeconds(10), "SHOW port"))
                                    .as(wanted)
                                    .hasValue(Integer.toString(server.port()));
                            assertThat(replication.show("port")).as(wanted).isEqualTo(Integer.toString(server.port()));
                        }
                    });

            String alone = "user=postgres dbname=postgres host=127.0.0.1 port=" + primary.port();
            assertIdentifies(primary, alone + " target_session_attrs=prefer-standby");
            assertThat(unavailable(alone + " target_session_attrs=standby", "").getMessage())
                    .contains("is not what was asked for: standby");
            assertThat(PrimaryConninfo.of(
                                    both + "prefer-standby", "db3", new ClientEnvironment(Map.of(), home, "nobody"))
                            .text())
                    .as("a standby follows the primary, whatever a backup prefers")
                    .contains("target_session_attrs=read-write")
                    .doesNotContain("prefer");
        }
    }

    private void tooManyWalSenders(PostgresServer server) {
        List<ReplicationConnection> connections = new ArrayList<>();
        try {
            // The one of a connection that was closed a moment ago ends a moment later.
            while (connections.size() < 2) {
                Awaitility.await("a free WAL sender")
                        .ignoreExceptionsInstanceOf(PostgresException.class)
                        .until(() -> connections.add(new TestConnections(home).replication(server.socketConninfo())));
            }

            assertThat(unavailable(server.socketConninfo(), "53300").hint()).contains("max_wal_senders");
        } finally {
            connections.forEach(ReplicationConnection::close);
        }
    }

    private void assertIdentifies(PostgresServer server, String conninfo) {
        try (ReplicationConnection connection = new TestConnections(home).replication(conninfo)) {
            assertThat(connection.identifySystem().system().toString())
                    .isEqualTo(server.query("SELECT system_identifier FROM pg_control_system()"));
        }
    }

    private PostgresException refused(String conninfo, String... sqlStates) {
        return fails(conninfo, ExitCode.POSTGRES_REFUSED, sqlStates);
    }

    private PostgresException unavailable(String conninfo, String... sqlStates) {
        return fails(conninfo, ExitCode.POSTGRES_UNAVAILABLE, sqlStates);
    }

    private PostgresException fails(String conninfo, ExitCode code, String... sqlStates) {
        PostgresException failure = catchThrowableOfType(
                PostgresException.class,
                () -> new TestConnections(home).replication(conninfo).close());
        assertThat(failure).as(conninfo).isNotNull();
        assertThat(failure.exitCode()).as(failure.toString()).isEqualTo(code);
        assertThat(failure.sqlState().orElse("none")).as(failure.toString()).isIn((Object[]) sqlStates);
        return failure;
    }
}
