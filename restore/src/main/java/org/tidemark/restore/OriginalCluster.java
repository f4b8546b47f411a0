// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.ControlFile.StandbySettings;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.PlanFinding.Topic;

/**
 * What the data directory of the original cluster tells of the WAL that a copy replays, where it is on this host.
 * Immutable.
 *
 * @param settings what PostgreSQL demands of a server that replays this cluster's WAL
 */
record OriginalCluster(StandbySettings settings) {
    /** The values that PostgreSQL takes where the configuration gives none. */
    private static final Map<String, Integer> DEFAULTS = Map.of(
            "max_connections", 100,
            "max_worker_processes", 8,
            "max_wal_senders", 10,
            "max_prepared_transactions", 0,
            "max_locks_per_transaction", 64);

    /** Looks at a data directory; what cannot be read there is left out. */
    static Optional<OriginalCluster> of(Path directory, SystemIdentifier system) {
        try {
            ControlFile control = ControlFile.read(directory);
            return control.system().equals(system)
                    ? Optional.of(new OriginalCluster(control.settings()))
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /**
     * The settings that must be higher than the backup has them, or PostgreSQL stops the recovery where they were
     * raised.
     *
     * @param configured what the backup's configuration sets
     */
    Map<String, String> raised(Map<String, String> configured) {
        Map<String, String> raised = new LinkedHashMap<>();
        settings.minimums().forEach((name, value) -> {
            String text = configured.getOrDefault(name, "");
            int own = text.matches("[0-9]{1,9}") ? Integer.parseInt(text) : DEFAULTS.getOrDefault(name, 0);
            if (value > own) {
                raised.put(name, Integer.toString(value));
            }
        });
        return raised;
    }

    /** Says why settings are raised. */
    static List<PlanFinding> notes(Map<String, String> raised) {
        return raised.isEmpty()
                ? List.of()
                : List.of(PlanFinding.note(
                        Topic.SETTINGS,
                        "as on the original now, since its WAL cannot be replayed with less: "
                                + raised.entrySet().stream()
                                        .map(each -> each.getKey() + " = " + each.getValue())
                                        .collect(Collectors.joining(", "))));
    }
}
