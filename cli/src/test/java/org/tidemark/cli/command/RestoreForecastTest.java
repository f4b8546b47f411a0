// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.Mark.Restored;
import org.tidemark.catalog.backup.Mark.Restored.Pace;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.cli.ProgramRun;
import org.tidemark.core.ClusterName;
import org.tidemark.store.ObjectStore;
import tools.jackson.databind.JsonNode;

/** What restores of the golden repository are said to take. */
class RestoreForecastTest extends TwoRepositories {
    private final Instant now = Instant.now();

    /** Of the files that a restore would write, and of the WAL that it would replay. */
    private long data;

    private long wal;

    @BeforeEach
    void twoRepositories() throws IOException {
        unpackGolden();
        JsonNode plan = json(run("recover", "--to", root.resolve("restored").toString(), "--dry-run", "--json"));
        data = json(run("show-backup", "latest", "--json"))
                .at("/backup/dataSize")
                .longValue();
        wal = plan.at("/wal/segments").longValue() << 20;
        assertThat(data).isPositive();
        assertThat(wal).isPositive();
    }

    private void restored(String repository, int daysAgo, Optional<Pace> files, Optional<Pace> replay)
            throws IOException {
        try (ObjectStore store = store(repository)) {
            Repository.open(store, Optional.empty())
                    .incarnations(new ClusterName("main"))
                    .getFirst()
                    .backups()
                    .markWal(new Restored(
                            now.minus(Duration.ofDays(daysAgo)),
                            new BackupId(OLDER),
                            "db" + daysAgo,
                            files,
                            replay,
                            Optional.empty()));
        }
    }

    private static Optional<Pace> pace(long bytes, int seconds) {
        return Optional.of(new Pace(bytes, Duration.ofSeconds(seconds)));
    }

    private JsonNode forecast() {
        return json(run("status", "--json")).at("/incarnations/0/restoreForecast");
    }

    @Test
    void withoutARestoreThatWasMeasuredNothingIsSaid() throws IOException {
        restored("local", 1, Optional.empty(), Optional.empty());

        assertThat(must("status").data()).doesNotContain("Forecast");
        assertThat(forecast().isMissingNode()).isTrue();
    }

    @Test
    void theSlowestOfTheLastThreeRestoresCountsWhereverItWasNoted() throws IOException {
        restored("local", 366, pace(data, 90_000), pace(wal, 90_000));
        restored("local", -1, pace(data, 90_000), pace(wal, 90_000)); // by a clock that is ahead
        restored("local", 4, pace(data, 10_000), pace(wal, 10_000));
        restored("offsite", 3, pace(data, 60), Optional.empty());
        restored("local", 2, pace(data, 600), pace(wal, 30));
        restored("local", 1, pace(data * 4, 60), pace(wal, 20));

        JsonNode forecast = forecast();
        assertThat(forecast.at("/filesSeconds").longValue()).isEqualTo(600);
        assertThat(forecast.at("/replaySeconds").longValue())
                .as("of three that were followed, the oldest is the slowest")
                .isEqualTo(10_000);
        assertThat(forecast.at("/seconds").longValue()).isEqualTo(10_600);
        assertThat(forecast.at("/host").stringValue()).isEqualTo("db1");

        restored("offsite", 0, pace(data, 1), pace(wal, 1));
        assertThat(forecast().at("/replaySeconds").longValue()).isEqualTo(30);
        assertThat(must("status").data())
                .contains("Forecast: a restore to the newest WAL takes about 10m30s: 10m00s for the files, 30s for the"
                        + " replay; computed from the slowest of the last restores, the newest on 'db0' at ");
    }

    @Test
    void aReplayThatWasNeverFollowedIsNotAssumed() throws IOException {
        restored("local", 1, pace(data, 90), Optional.empty());

        assertThat(must("status").data())
                .contains("takes about 1m30s for the files, and more for the replay, which was not measured; ");
        assertThat(forecast().has("replaySeconds")).isFalse();
        assertThat(forecast().has("seconds")).isFalse();
    }

    @Test
    void checkComparesItWithTheTimeThatIsAllowed() throws IOException {
        Path file = root.resolve("tidemark.toml");
        Files.writeString(file, Files.readString(file) + "rto = '10m'\nconninfo = 'host=/nowhere'\n");

        assertThat(checked()).contains("WARNING", "no restore was measured", "recover --to DIR --start");
        restored("local", 2, pace(data, 300), Optional.empty());
        assertThat(checked()).contains("WARNING", "no replay of WAL was measured");
        restored("local", 1, pace(data, 300), pace(wal, 200));
        assertThat(checked()).contains("OK", "takes about 8m20s");
        restored("local", 0, pace(data, 300), pace(wal, 400));
        assertThat(checked()).contains("WARNING", "takes about 11m40s", "; rto is 10m00s", "tidemark backup");
        restored("local", 0, pace(data, 900), pace(wal, 400));
        assertThat(checked()).contains("WARNING", "would not be restored in time either");
    }

    private String checked() {
        ProgramRun run = run("check", "--json");
        for (JsonNode each : json(run).at("/findings")) {
            if (each.at("/subject").stringValue().equals("restore-time")) {
                return each.toString();
            }
        }
        return "no finding: " + run.data() + run.talk();
    }
}
