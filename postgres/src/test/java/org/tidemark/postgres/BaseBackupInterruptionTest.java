// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.core.ExitCode;
import org.tidemark.postgres.BaseBackupOptions.Checkpoint;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresWait;

/** A base backup that does not come to its end fails cleanly, and leaves no server in backup mode. */
class BaseBackupInterruptionTest {
    // At 1 MiB/s a cluster of 25 MiB takes long enough to be interrupted for certain.
    private static final BaseBackupOptions SLOW = new BaseBackupOptions(
            "slow",
            Checkpoint.FAST,
            OptionalInt.of(1_024),
            BaseBackupOptions.START_LIMIT,
            BaseBackupOptions.SILENCE_LIMIT,
            false);

    @TempDir
    Path home;

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oldestAndNewest")
    void whoeverEndsItTheServerLeavesBackupMode(PostgresBinaries binaries) throws Exception {
        try (PostgresServer server = PostgresServer.of(binaries).start()) {
            for (String conninfo : new String[] {server.socketConninfo(), server.conninfo()}) {
                try (ReplicationConnection connection = new TestConnections(home).replication(conninfo)) {
                    Throwable failure = running(connection, _ -> connection.cancel());

                    assertThat(((PostgresException) failure).exitCode()).isEqualTo(ExitCode.INTERRUPTED);
                    awaitNoBackup(server);
                }
                try (ReplicationConnection connection = new TestConnections(home).replication(conninfo)) {
                    Throwable failure = running(connection, Thread::interrupt);

                    assertThat(((PostgresException) failure).exitCode()).isEqualTo(ExitCode.INTERRUPTED);
                    awaitNoBackup(server);
                }
            }
            try (ReplicationConnection connection = new TestConnections(home).replication(server.conninfo())) {
                Throwable failure = catchThrowable(() -> connection.baseBackup(SLOW, new FullDisk()));

                assertThat(failure).isInstanceOf(IOException.class).hasMessage("no space left");
                awaitNoBackup(server);
            }
            try (ReplicationConnection connection = new TestConnections(home).replication(server.conninfo())) {
                Throwable failure = running(
                        connection,
                        _ -> server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                                + " WHERE backend_type = 'walsender'"));

                assertThat(((PostgresException) failure).exitCode()).isEqualTo(ExitCode.POSTGRES_UNAVAILABLE);
                assertThat(((PostgresException) failure).sqlState()).hasValue("57P01");
                awaitNoBackup(server);
            }
            try (ReplicationConnection connection = new TestConnections(home).replication(server.conninfo())) {
                Throwable failure = running(connection, _ -> server.stopImmediately());

                assertThat(((PostgresException) failure).exitCode()).isEqualTo(ExitCode.POSTGRES_UNAVAILABLE);
            }
        }
    }

    /** Does something to a base backup in another thread as soon as its data come; what the backup then throws. */
    private static Throwable running(ReplicationConnection connection, Consumer<Thread> action) throws Exception {
        CompletableFuture<Void> dataCame = new CompletableFuture<>();
        CompletableFuture<Throwable> failure = new CompletableFuture<>();
        Thread backup = Thread.ofPlatform().start(() -> {
            failure.complete(catchThrowable(() -> connection.baseBackup(SLOW, new ReceivedBackup() {
                @Override
                public void archive(TablespaceInfo tablespace, InputStream tar) throws IOException {
                    tar.readNBytes(100_000);
                    dataCame.complete(null);
                    tar.transferTo(OutputStream.nullOutputStream());
                }
            })));
        });
        dataCame.get(30, TimeUnit.SECONDS);
        action.accept(backup);
        Throwable thrown = failure.get(30, TimeUnit.SECONDS);
        backup.join();
        return thrown;
    }

    private static void awaitNoBackup(PostgresServer server) {
        PostgresWait.until(
                "no base backup runs",
                PostgresWait.DEFAULT_LIMIT,
                server,
                () -> server.query("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'walsender'")
                        .equals("0"));
        if (server.binaries().major() < 15) {
            assertThat(server.query("SELECT pg_is_in_backup()")).isEqualTo("f");
        }
    }

    private static final class FullDisk extends ReceivedBackup {
        @Override
        public void archive(TablespaceInfo tablespace, InputStream tar) throws IOException {
            tar.readNBytes(10_000);
            throw new IOException("no space left");
        }
    }
}
