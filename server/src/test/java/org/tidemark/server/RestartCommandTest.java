// SPDX-License-Identifier: Apache-2.0
package org.tidemark.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.core.SystemIdentifier;

class RestartCommandTest {
    @TempDir
    private Path root;

    private static String of(Path configuration, Path data) {
        return RestartCommand.of(new ServerSettings(
                new SystemIdentifier(1),
                150018,
                false,
                Map.of("config_file", configuration.toString(), "data_directory", data.toString()),
                List.of()));
    }

    @Test
    void onDebianOnlyThisClusterIsRestarted() throws IOException {
        Path etc = Files.createDirectories(root.resolve("etc/postgresql/15/blue"));
        Path configuration = Files.writeString(etc.resolve("postgresql.conf"), "data_directory = '/data/blue'\n");

        assertThat(of(configuration, Path.of("/data/blue")))
                .contains("systemctl restart postgresql@15-blue ", "pg_ctlcluster 15 blue restart");
        assertThat(of(configuration, Path.of("/pg/restored copy")))
                .as("a restored copy with the original's configuration")
                .endsWith("pg_ctl -D '/pg/restored copy' restart")
                .doesNotContain("systemctl");
    }

    @Test
    void elsewhereItsOwnDataDirectoryIsNamed() {
        Path data = Path.of("/var/lib/pgsql/15/data");

        assertThat(of(data.resolve("postgresql.conf"), data)).endsWith("pg_ctl -D " + data + " restart");
    }

    @Test
    void ofAServerOnAnotherHostTheNamesDecide() {
        Path configuration = Path.of("/nowhere/etc/postgresql/15/main/postgresql.conf");

        assertThat(of(configuration, Path.of("/var/lib/postgresql/15/main"))).contains("postgresql@15-main");
        assertThat(of(configuration, Path.of("/pg/restored"))).doesNotContain("systemctl");
    }
}
