// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.retention;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.cli.ProgramRun;
import org.tidemark.cli.command.TwoRepositories;
import org.tidemark.core.ExitCode;
import org.tidemark.testkit.SmallDisk;

/** A repository on a disk that has not a byte left: what is deleted there has to make the room for what is noted. */
class FullDiskExpiryTest extends TwoRepositories {
    private SmallDisk disk;

    @BeforeEach
    void fillTheDisk() throws IOException {
        disk = SmallDisk.mount(root.resolve("local"), "size=8m");
        unpackGolden();
        configure("retention = 'REDUNDANCY 1'", "");
        disk.fill();
    }

    @AfterEach
    void unmount() {
        disk.close();
    }

    private Path file(String name) {
        return root.resolve("local/main/7312089945514410").resolve(name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"expire --confirm", "delete " + OLDER})
    void roomIsMade(String command) throws IOException {
        must((command + " --repository local").split(" "));

        assertThat(file("catalog/" + OLDER + "/backup.json")).doesNotExist();
        assertThat(file("backup/" + OLDER)).doesNotExist();
        assertThat(file("dead/" + OLDER + ".json")).exists();
        must("sync", "--quick");
        assertThat(file("catalog/" + OLDER + "/backup.json"))
                .as("it is known that it was deleted")
                .doesNotExist();
        must("verify", "--all", "--repository", "local");
    }

    /** Its store cannot be asked for the time, but was written to a moment ago. */
    @Test
    void aClockThatIsAheadDeletesNothing() {
        ProgramRun refused = ProgramRun.of(
                root,
                Clock.offset(Clock.systemUTC(), Duration.ofDays(8)),
                Map.of("TIDEMARK_CONFIG", root.resolve("tidemark.toml").toString()),
                "expire",
                "--confirm",
                "--repository",
                "local");

        assertThat(refused.status()).as(refused.talk()).isEqualTo(ExitCode.STORE_FULL.status());
        assertThat(refused.talk()).contains("for 7 days by the clock of this host", "Make room");
        assertThat(Files.exists(file("catalog/" + OLDER + "/backup.json"))).isTrue();
    }
}
