// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tidemark.acceptance.launcher.Installation.Outcome;
import org.tidemark.testkit.RequiredServer;

/** What "could not tell" is, by what PostgreSQL is doing: decided without any JVM, since none may start. */
class CouldNotTellTest {
    private static final String SEGMENT = "000000010000000000000001";

    @TempDir
    private Path directory;

    private Installation installation;

    @BeforeEach
    void breakJava() throws IOException {
        installation = Installation.notBuilt(directory);
    }

    @ParameterizedTest
    @CsvSource({
        "dash, recovery.signal, latest, '', 200",
        "bash, recovery.signal, latest, '', 200",
        "dash, standby.signal, latest, '', 1",
        "bash, standby.signal, latest, '', 1",
        "dash, recovery.signal, time, \"recovery_target_time = '2026-11-20 06:30:00+00'\", 200",
        "bash, recovery.signal, xid, \"recovery_target_xid = '733'\", 200",
        "dash, none, latest, '', 200"
    })
    void aSegment(String shell, String signal, String target, String setting, int expected) throws Exception {
        signal(signal);
        installation.put("postgresql.auto.conf", "# written by ALTER SYSTEM\n" + unquoted(setting) + "\n");

        assertThat(fetch(shell, SEGMENT, target)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"dash, recovery.signal, 200", "bash, recovery.signal, 200", "dash, standby.signal, 1", "dash, none, 1"})
    void aHistoryWhateverTheTarget(String shell, String signal, int expected) throws Exception {
        signal(signal);
        installation.put("postgresql.auto.conf", "recovery_target_time = '2026-11-20 06:30:00+00'\n");

        assertThat(fetch(shell, "00000002.history", "time")).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"recovery.signal", "standby.signal", "none"})
    void theFirstTimelineHasNoHistory(String signal) throws Exception {
        signal(signal);

        assertThat(fetch("dash", "00000001.history", "latest")).isEqualTo(1);
    }

    @Test
    void theLastProbeOfARecoveryIsAnsweredWhateverTheOperatorDemands() throws Exception {
        assertThat(status("wal-fetch", "00000002.history", "pg_wal/RECOVERYHISTORY", "--unreachable", "abort"))
                .isEqualTo(1);
        assertThat(status("wal-fetch", "--timeline", "2", "00000002.history", "pg_wal/RECOVERYHISTORY"))
                .isEqualTo(1);
    }

    @Test
    void anOptionBeforeTheCommandIsNeverAbsent() throws Exception {
        signal("recovery.signal");

        assertThat(status("--cluster", "main", "wal-fetch", SEGMENT, "pg_wal/RECOVERYXLOG"))
                .isEqualTo(200);
        assertThat(status("--cluster", "main", "wal-push", "pg_wal/" + SEGMENT))
                .as("it is Java's to read")
                .isEqualTo(90);
    }

    private int status(String... arguments) throws IOException, InterruptedException {
        return installation.run(List.of("dash"), Map.of(), arguments).status();
    }

    @ParameterizedTest
    @CsvSource({"standby.signal", "recovery.signal"})
    void anOperatorCanDemandAStop(String signal) throws Exception {
        signal(signal);

        Outcome outcome = installation.run(
                List.of("dash"), Map.of(), "wal-fetch", SEGMENT, "pg_wal/RECOVERYXLOG", "--unreachable", "abort");

        assertThat(outcome.status()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({"dash", "bash"})
    void wrongUsageIsNeverAbsent(String shell) throws Exception {
        assertThat(installation.run(List.of(shell), Map.of(), "wal-fetch").status())
                .isEqualTo(200);
        assertThat(installation
                        .run(List.of(shell), Map.of(), "wal-fetch", SEGMENT)
                        .status())
                .isEqualTo(200);
    }

    private void signal(String name) throws IOException {
        if (!name.equals("none")) {
            installation.put(name, "");
        }
    }

    private static String unquoted(String setting) {
        return setting.replace("\"", "");
    }

    private int fetch(String shell, String file, String target) throws IOException, InterruptedException {
        String program =
                RequiredServer.program(shell, "apt-get install " + shell).toString();
        return installation
                .run(List.of(program), Map.of(), "wal-fetch", file, "pg_wal/RECOVERYXLOG", "--target", target)
                .status();
    }
}
