// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.tidemark.postgres.ControlFile.StandbySettings;

class RaisedSettingsTest {
    private static StandbySettings started(int connections, int processes, int prepared) {
        return new StandbySettings(1, connections, processes, 10, prepared, 64);
    }

    @Test
    void eachSettingIsTheMostThatAStartDemands() {
        RaisedSettings raised =
                RaisedSettings.of(List.of(started(200, 8, 0), started(100, 20, 0), started(100, 8, 50)), Map.of());

        assertThat(raised.values())
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "max_connections", "200", "max_worker_processes", "20", "max_prepared_transactions", "50"));
        assertThat(raised.notes())
                .singleElement()
                .satisfies(note -> assertThat(note.message())
                        .isEqualTo(
                                "as the original had them, since its WAL cannot be replayed with less: max_connections ="
                                        + " 200, max_worker_processes = 20, max_prepared_transactions = 50"));
    }

    @Test
    void whatTheConfigurationHasAlreadyIsLeftAlone() {
        assertThat(RaisedSettings.of(List.of(started(200, 8, 0)), Map.of("max_connections", "300")))
                .isEqualTo(new RaisedSettings(Map.of()));
        assertThat(RaisedSettings.of(List.of(started(200, 8, 0)), Map.of("max_connections", "150"))
                        .values())
                .isEqualTo(Map.of("max_connections", "200"));
        assertThat(RaisedSettings.of(List.of(), Map.of()).notes()).isEmpty();
    }
}
