// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.core.ExitCode;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

class SqlConnectionTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @TempDir
    Path home;

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oldestAndNewest")
    void questionsAreAnsweredOrRefusedOrGivenUp(PostgresBinaries binaries) {
        try (PostgresServer server = PostgresServer.of(binaries).start();
                SqlConnection connection = new TestConnections(home).sql(server.socketConninfo())) {
            assertThat(connection.serverVersionNum() / 10_000).isEqualTo(binaries.major());
            assertThat(connection.query(LIMIT, row -> row.getLong(1), "SELECT * FROM generate_series(1, ?) g", 3))
                    .containsExactly(1L, 2L, 3L);
            assertThat(connection.text(LIMIT, "SELECT NULL")).isEmpty();
            assertThat(connection.text(LIMIT, "SELECT 1 WHERE false")).isEmpty();
            connection.execute(LIMIT, "CREATE TABLE t AS SELECT 1 AS one");
            assertThat(server.query("SELECT one FROM t")).isEqualTo("1");
            assertThat(connection.text(LIMIT, "SHOW application_name")).hasValue("tidemark");

            PostgresException refusal = fails(() -> connection.text(LIMIT, "SELECT * FROM nowhere"));
            assertThat(refusal.exitCode()).isEqualTo(ExitCode.POSTGRES_REFUSED);
            assertThat(refusal.sqlState()).hasValue("42P01");

            PostgresException slow = fails(() -> connection.text(Duration.ofMillis(500), "SELECT pg_sleep(60)"));
            assertThat(slow.exitCode()).isEqualTo(ExitCode.TIMED_OUT);
            assertThat(connection.text(LIMIT, "SELECT 'still here'")).hasValue("still here");

            server.stopImmediately();
            assertThat(fails(() -> connection.text(LIMIT, "SELECT 1")).exitCode())
                    .isEqualTo(ExitCode.POSTGRES_UNAVAILABLE);
        }
    }

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oldestAndNewest")
    void anInterruptedThreadIsToldThatItWasStopped(PostgresBinaries binaries) {
        try (PostgresServer server = PostgresServer.of(binaries).start();
                SqlConnection connection = new TestConnections(home).sql(server.socketConninfo())) {
            Thread waiting = Thread.currentThread();
            try {
                Thread.ofVirtual().start(() -> {
                    LockSupport.parkNanos(Duration.ofMillis(300).toNanos());
                    waiting.interrupt();
                });
                assertStopped(fails(() -> connection.text(LIMIT, "SELECT pg_sleep(60)")));
            } finally {
                assertThat(Thread.interrupted()).as("still interrupted").isTrue();
            }
        }
    }

    private static void assertStopped(PostgresException failure) {
        assertThat(failure).hasMessageContaining("stopped").hasMessageNotContainingAny("null", "attempt failed");
        assertThat(failure.exitCode()).isEqualTo(ExitCode.INTERRUPTED);
    }

    private static PostgresException fails(ThrowingCallable question) {
        PostgresException failure = catchThrowableOfType(PostgresException.class, question);
        assertThat(failure).isNotNull();
        return failure;
    }
}
