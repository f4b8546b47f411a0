// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.core.ExitCode;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** PostgreSQL creates a tablespace where the original had it: a drill must not let it. */
@InTurn
final class DrilledTablespaceTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    @Test
    void aDrillWhoseReplayCreatesATablespaceIsRefusedUntilTheNextBackup() throws IOException {
        PostgresBinaries binaries = PostgresBinaries.oneOfThisRun().getFirst();
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = PostgresServer.of(binaries)
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            host.findsProgramsIn(binaries.programs());
            host.configure(server.conninfo(), server.dataDirectory());
            host.must("init");
            host.must("backup");
            Path later = server.newDirectory("later");
            server.sql("CREATE TABLESPACE later LOCATION '" + later + "'");
            server.sql("DROP TABLESPACE later");
            server.archiveCurrentSegment(LIMIT);

            Outcome refused = drill(host);

            assertThat(refused.status())
                    .as(refused.talk() + refused.data())
                    .isEqualTo(ExitCode.RESTORE_REFUSED.status());
            assertThat(refused.talk())
                    .contains("the replay creates tablespace ", later + "'", "outside of the directory of the drill");
            assertThat(later).isEmptyDirectory();

            host.must("backup");
            server.archiveCurrentSegment(LIMIT);
            Outcome held = drill(host);
            assertThat(held.status()).as(held.talk() + held.data()).isZero();
            assertThat(later).isEmptyDirectory();
        }
    }

    private static Outcome drill(TidemarkHost host) {
        Path drills = host.directory().resolve("drills");
        return host.start("drill", "--to", drills.toString(), "--target", "latest")
                .await();
    }
}
