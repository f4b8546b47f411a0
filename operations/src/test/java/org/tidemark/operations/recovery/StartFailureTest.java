// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class StartFailureTest {
    private static final String PREFIX = "2026-11-29 03:00:00.000 UTC [42] ";

    private static String of(String... lines) {
        return StartFailure.of(Arrays.stream(lines).map(PREFIX::concat).toList())
                .orElse("");
    }

    /** As PostgreSQL 15 wrote them. */
    @Test
    void whatStandsBeforeTheEndIsTheReason() {
        assertThat(of(
                        "LOG:  starting PostgreSQL 15.18",
                        "LOG:  could not bind IPv4 address \"127.0.0.1\": Address already in use",
                        "HINT:  Is another postmaster already running on port 5432?",
                        "WARNING:  could not create listen socket for \"localhost\"",
                        "FATAL:  could not create any TCP/IP sockets",
                        "LOG:  database system is shut down"))
                .isEqualTo("FATAL: could not create any TCP/IP sockets; before it: LOG: could not bind IPv4 address"
                        + " \"127.0.0.1\": Address already in use; HINT: Is another postmaster already running on port"
                        + " 5432?; WARNING: could not create listen socket for \"localhost\"");
        assertThat(of(
                        "LOG:  invalid value for parameter \"lc_messages\": \"xx\"",
                        "FATAL:  configuration file \"/pg/postgresql.conf\" contains errors"))
                .isEqualTo("FATAL: configuration file \"/pg/postgresql.conf\" contains errors; before it: LOG: invalid"
                        + " value for parameter \"lc_messages\": \"xx\"");
    }

    @Test
    void itsDetailAndHintAreTold() {
        assertThat(of(
                        "LOG:  restored log file \"000000010000000000000003\" from archive",
                        "FATAL:  hot standby is not possible because of insufficient parameter settings",
                        "DETAIL:  max_connections = 10 is a lower setting than on the primary server, where its value was"
                                + " 20.",
                        "HINT:  Change the configuration and restart the server.",
                        "LOG:  startup process (PID 42) exited with exit code 1"))
                .isEqualTo("FATAL: hot standby is not possible because of insufficient parameter settings; DETAIL:"
                        + " max_connections = 10 is a lower setting than on the primary server, where its value was"
                        + " 20.; HINT: Change the configuration and restart the server.");
    }

    @Test
    void whatClientsAreToldIsNoReason() {
        assertThat(of(
                        "FATAL:  could not map anonymous shared memory: Cannot allocate memory",
                        "FATAL:  the database system is shutting down"))
                .isEqualTo("FATAL: could not map anonymous shared memory: Cannot allocate memory");
        assertThat(of("LOG:  starting PostgreSQL 15.18", "FATAL:  the database system is starting up"))
                .isEmpty();
        assertThat(of()).isEmpty();
    }
}
