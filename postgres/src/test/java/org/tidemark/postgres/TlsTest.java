// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.core.ExitCode;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

class TlsTest {
    @TempDir
    static Path certificates;

    @TempDir
    Path home;

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oldestAndNewest")
    void theServerIsProvenAsSslmodeAsks(PostgresBinaries binaries) throws Exception {
        TestCertificate server = TestCertificate.create("server", certificates);
        TestCertificate stranger = TestCertificate.create("stranger", certificates);
        try (PostgresServer postgres = PostgresServer.of(binaries)
                .withTemplates()
                .setting("ssl", "on")
                .setting("ssl_ca_file", "server.crt")
                .create()) {
            server.installIn(postgres.dataDirectory());
            Files.writeString(postgres.dataDirectory().resolve("pg_hba.conf"), """
                    local     all               all               trust
                    hostssl   replication       postgres all      trust
                    hostssl   all               postgres all      cert
                    hostnossl postgres          postgres all      trust
                    """);
            postgres.start();
            String tls = "port=" + postgres.port() + " user=postgres dbname=postgres host=";
            String roots = " sslrootcert=" + server.certificate();

            assertBackupOverTls(postgres, tls + "localhost sslmode=require");
            assertBackupOverTls(postgres, tls + "localhost sslmode=verify-full" + roots);
            assertBackupOverTls(postgres, tls + "127.0.0.1 sslmode=verify-ca" + roots);
            assertThat(refused(tls + "127.0.0.1 sslmode=verify-full" + roots).getMessage())
                    .contains("over TLS")
                    .contains("127.0.0.1");
            assertThat(refused(tls + "localhost sslmode=verify-full sslrootcert=" + stranger.certificate())
                            .hint())
                    .contains("sslrootcert");
            refused(tls + "localhost sslrootcert=system");
            refused(tls + "localhost sslmode=disable");

            String identity = " sslcert=" + server.certificate() + " sslkey=" + server.key();
            try (SqlConnection connection =
                    new TestConnections(home).sql(tls + "localhost sslmode=verify-full" + roots + identity)) {
                assertThat(connection.text(
                                Duration.ofSeconds(30), "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))
                        .hasValue("t");
            }
        }
    }

    /** Reads a base backup whole, and looks from outside whether its connection is encrypted. */
    private void assertBackupOverTls(PostgresServer server, String conninfo) throws Exception {
        try (ReplicationConnection connection = new TestConnections(home).replication(conninfo)) {
            connection.baseBackup(BaseBackupOptions.of("over TLS"), new ReceivedBackup() {
                @Override
                public void archive(TablespaceInfo tablespace, InputStream tar) throws IOException {
                    assertThat(encryptedWalSenders(server)).isEqualTo("1");
                    assertThat(tar.transferTo(OutputStream.nullOutputStream())).isGreaterThan(10_000_000);
                }
            });
        }
    }

    private String encryptedWalSenders(PostgresServer server) {
        try (SqlConnection connection = new TestConnections(home).sql(server.socketConninfo())) {
            return connection
                    .text(
                            Duration.ofSeconds(30),
                            "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)"
                                    + " WHERE ssl AND backend_type = ?",
                            "walsender")
                    .orElse("none");
        }
    }

    private PostgresException refused(String conninfo) {
        PostgresException failure = catchThrowableOfType(
                PostgresException.class,
                () -> new TestConnections(home).replication(conninfo).close());
        assertThat(failure).as(conninfo).isNotNull();
        assertThat(failure.exitCode()).as(failure.toString()).isEqualTo(ExitCode.POSTGRES_REFUSED);
        return failure;
    }
}
