// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.core.ExitCode;
import org.tidemark.core.LongWaits;
import org.tidemark.core.LongWaits.Teller;
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
            connection.execute(LIMIT, "CREATE TABLE public.t AS SELECT 1 AS one");
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
    void aQueryThatTakesLongIsAWait(PostgresBinaries binaries) {
        Queue<String> told = new ConcurrentLinkedQueue<>();
        try (PostgresServer server = PostgresServer.of(binaries).start();
                SqlConnection connection = new TestConnections(home).sql(server.socketConninfo());
                Teller _ = LongWaits.tell(Duration.ofMillis(500), told::add)) {
            connection.text(LIMIT, "SELECT pg_sleep(1.5)::text");

            assertThat(told).anyMatch(whom -> whom.matches("PostgreSQL at /.*"));
        }
    }

    /** A function in a schema that is searched first would run with the rights of the role that backs up. */
    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oldestAndNewest")
    void whatIsSetForTheRoleChangesNoQueryOfOurs(PostgresBinaries binaries) {
        try (PostgresServer server = PostgresServer.of(binaries).start()) {
            server.sql(
                    "CREATE SCHEMA evil",
                    "CREATE TABLE evil.ran AS SELECT 1 AS one",
                    "CREATE TABLE evil.pg_settings AS SELECT 1 AS one",
                    "CREATE FUNCTION evil.pg_is_in_recovery() RETURNS boolean LANGUAGE sql"
                            + " AS 'INSERT INTO evil.ran VALUES (2); SELECT true'",
                    "ALTER ROLE CURRENT_USER SET search_path = evil, pg_catalog",
                    "ALTER ROLE CURRENT_USER SET default_transaction_isolation = 'serializable'",
                    "ALTER ROLE CURRENT_USER SET statement_timeout = '100ms'",
                    "ALTER ROLE CURRENT_USER SET lock_timeout = '100ms'",
                    "ALTER ROLE CURRENT_USER SET idle_in_transaction_session_timeout = '100ms'",
                    "ALTER ROLE CURRENT_USER SET standard_conforming_strings = off");
            if (binaries.major() >= 14) {
                server.sql("ALTER ROLE CURRENT_USER SET idle_session_timeout = '200ms'");
            }
            if (binaries.major() >= 17) {
                server.sql("ALTER ROLE CURRENT_USER SET transaction_timeout = '100ms'");
            }
            try (SqlConnection connection = new TestConnections(home).sql(server.socketConninfo())) {
                assertThat(connection.text(LIMIT, "SELECT pg_is_in_recovery()::text"))
                        .hasValue("false");
                assertThat(connection.text(LIMIT, "SELECT setting FROM pg_settings WHERE name = 'port'"))
                        .hasValue(Integer.toString(server.port()));
                assertThat(connection.text(LIMIT, "SHOW transaction_isolation")).hasValue("read committed");
                assertThat(connection.text(LIMIT, "SELECT 'a\\b' FROM pg_sleep(0.5)"))
                        .hasValue("a\\b");
                LockSupport.parkNanos(Duration.ofMillis(600).toNanos());
                assertThat(connection.text(LIMIT, "SELECT 'not idle too long'")).hasValue("not idle too long");
            }
            assertThat(server.query("SELECT count(*) FROM evil.ran")).isEqualTo("1");
        }
    }

    /** The limit of a standby: no snapshot of a serializable transaction. */
    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oldestAndNewest")
    void aStandbyWhereSerializableIsTheDefaultAnswers(PostgresBinaries binaries) {
        try (PostgresServer primary = PostgresServer.of(binaries).start()) {
            Path copy = primary.takeBaseBackup(primary.newDirectory("standby")).dataDirectory();
            try (PostgresServer standby = PostgresServer.of(binaries)
                            .from(copy)
                            .standbyOf(primary)
                            .setting("default_transaction_isolation", "serializable")
                            .start();
                    SqlConnection connection = new TestConnections(home).sql(standby.socketConninfo())) {
                assertThat(connection.text(LIMIT, "SELECT pg_is_in_recovery()::text"))
                        .hasValue("true");
            }
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
