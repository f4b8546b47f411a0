// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.tidemark.core.Finding;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.operations.server.ServerSettings;

class ServerCheckTest {
    private static Finding archiving(String... awaitingRestart) {
        ServerSettings server = new ServerSettings(
                new SystemIdentifier(1),
                150018,
                false,
                Map.of("archive_mode", "off", "data_directory", "/pg/data"),
                List.of(awaitingRestart));
        return ServerCheck.of(server).stream()
                .filter(each -> each.subject().equals("archiving"))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void afterSetupOnlyTheRestartIsMissing() {
        assertThat(archiving().hint()).isEqualTo("Set it up with: tidemark setup primary");
        assertThat(archiving("archive_mode").message()).contains("until PostgreSQL is restarted");
        assertThat(archiving("archive_mode").hint())
                .startsWith("Restart PostgreSQL")
                .endsWith("pg_ctl -D /pg/data restart")
                .doesNotContain("setup");
    }
}
