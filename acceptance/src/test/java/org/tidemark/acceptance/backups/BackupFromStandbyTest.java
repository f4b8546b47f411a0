// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.backups;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.core.ExitCode;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import tools.jackson.databind.json.JsonMapper;

/** {@code backup --from} and {@code backup-from}, where conninfo names a primary and its standby. */
@ParameterizedClass
@MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
@InTurn
final class BackupFromStandbyTest {
    @Parameter
    PostgresBinaries binaries = PostgresBinaries.embedded().getLast();

    @Test
    void theServerThatIsAskedForIsBackedUp() throws IOException {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer primary = PostgresServer.of(binaries)
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            Path copy =
                    primary.takeBaseBackup(host.directory().resolve("standby")).dataDirectory();
            PostgresServer standby =
                    PostgresServer.of(binaries).from(copy).standbyOf(primary).start();
            try (standby) {
                host.configure(
                        "host=127.0.0.1,127.0.0.1 port=" + standby.port() + "," + primary.port()
                                + " user=postgres dbname=postgres target_session_attrs=primary",
                        primary.dataDirectory());
                host.must("init");

                assertThat(source(host, host.must("backup"))).isEqualTo("primary");
                // Nothing is written: the primary has to close the segment for it.
                assertThat(source(host, host.must("backup", "--from", "standby")))
                        .isEqualTo("standby");

                Files.writeString(host.config(), "backup-from = 'prefer-standby'\n", StandardOpenOption.APPEND);
                assertThat(source(host, host.must("backup", "--type", "incremental")))
                        .isEqualTo("standby");
                assertThat(source(host, host.must("backup", "--from", "primary")))
                        .isEqualTo("primary");
            }
            assertThat(source(host, host.must("backup"))).isEqualTo("primary");
            Outcome unavailable = host.run("backup", "--from", "standby");
            assertThat(unavailable.status()).isEqualTo(ExitCode.POSTGRES_UNAVAILABLE.status());
            assertThat(unavailable.talk()).contains("is not what was asked for: standby", "--from");
            Outcome unknown = host.run("backup", "--from", "replica");
            assertThat(unknown.status()).isEqualTo(ExitCode.USAGE.status());
            assertThat(unknown.talk()).contains("primary, standby or prefer-standby");
        }
    }

    private static String source(TidemarkHost host, Outcome backup) {
        return JsonMapper.shared()
                .readTree(host.must("show-backup", backup.data().strip(), "--output", "json")
                        .data())
                .path("backup")
                .path("from")
                .asString();
    }
}
