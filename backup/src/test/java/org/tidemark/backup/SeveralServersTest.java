// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.postgres.ClientEnvironment;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** Several servers answer at one connection string, or at one address: a backup is of one of them alone. */
class SeveralServersTest {
    @TempDir
    private Path directory;

    /** The first host takes no replication connection, and answers questions in SQL. */
    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oldestAndNewest")
    void theServerThatSendsTheDataIsAsked(PostgresBinaries binaries) throws IOException {
        try (ArchivedServer source = source(binaries);
                PostgresServer other = withoutWalSenders(binaries)) {
            BaseBackup backup = source.taker()
                    .take(settings("host=127.0.0.1,127.0.0.1 port=" + other.port() + "," + source.server.port()))
                    .first();

            assertThat(backup.nextXid()).contains(nextXid(source.server)).isNotEqualTo(nextXid(other));
            assertThat(source.warnings).isEmpty();
        }
    }

    @Test
    void anotherServerAtTheSameAddressIsNotBelieved() throws IOException {
        PostgresBinaries binaries = PostgresBinaries.embedded(15);
        try (ArchivedServer source = source(binaries);
                PostgresServer other = withoutWalSenders(binaries);
                Balancer balancer = new Balancer(source.server.port(), other.port())) {
            BaseBackup backup = source.taker()
                    .take(settings("host=127.0.0.1 port=" + balancer.port()))
                    .first();

            assertThat(backup.nextXid()).isEmpty();
            assertThat(source.warnings)
                    .anySatisfy(warning -> assertThat(warning)
                            .contains("127.0.0.1:" + balancer.port())
                            .contains("is not the one that sends the data"));
        }
    }

    private ArchivedServer source(PostgresBinaries binaries) throws IOException {
        ArchivedServer source = new ArchivedServer(
                PostgresServer.of(binaries), Files.createDirectory(directory.resolve("work" + binaries.major())));
        for (int i = 0; i < 50; i++) {
            source.server.sql("SELECT txid_current()");
        }
        return source;
    }

    private static PostgresServer withoutWalSenders(PostgresBinaries binaries) {
        return PostgresServer.of(binaries).setting("max_wal_senders", "0").start();
    }

    private static long nextXid(PostgresServer server) {
        return Long.parseLong(server.query("SELECT pg_snapshot_xmax(pg_current_snapshot())::text"));
    }

    private static ConnectionSettings settings(String servers) {
        return ConnectionSettings.parse(
                servers + " user=postgres dbname=postgres",
                new ClientEnvironment(Map.of(), Path.of("/nonexistent"), "nobody"));
    }

    /** Sends its first connection to one server, and every other to the next, as a name with two addresses may. */
    private static final class Balancer implements AutoCloseable {
        private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        private final List<Integer> ports;

        Balancer(int first, int next) throws IOException {
            ports = List.of(first, next);
            Thread.ofVirtual().start(this::accept);
        }

        int port() {
            return listener.getLocalPort();
        }

        private void accept() {
            for (int count = 0; !listener.isClosed(); count++) {
                int port = ports.get(Math.min(count, 1));
                try {
                    Socket client = listener.accept();
                    Socket server = new Socket(InetAddress.getLoopbackAddress(), port);
                    Thread.ofVirtual().start(() -> pump(client, server));
                    Thread.ofVirtual().start(() -> pump(server, client));
                } catch (IOException e) {
                    return; // closed
                }
            }
        }

        private static void pump(Socket from, Socket to) {
            try (from;
                    to) {
                OutputStream out = to.getOutputStream();
                from.getInputStream().transferTo(out);
            } catch (IOException e) {
                // One of the two is gone, and now the other is.
            }
        }

        @Override
        public void close() throws IOException {
            listener.close();
        }
    }
}
