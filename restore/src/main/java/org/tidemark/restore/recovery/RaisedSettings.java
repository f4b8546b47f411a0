// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.recovery;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
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
 * The settings that a copy must have higher than the backup has them: PostgreSQL stops a recovery where the original
 * was started with more than the copy has (CheckRequiredParameterValues() in
 * src/backend/access/transam/xlogrecovery.c). Immutable.
 *
 * @param values by the setting's name
 */
public record RaisedSettings(Map<String, String> values) {
    /** The values that PostgreSQL takes where the configuration gives none. */
    private static final Map<String, Integer> DEFAULTS = Map.of(
            "max_connections", 100,
            "max_worker_processes", 8,
            "max_wal_senders", 10,
            "max_prepared_transactions", 0,
            "max_locks_per_transaction", 64);

    public RaisedSettings {
        values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    /**
     * Those of which some of the original's starts demand more than is configured.
     *
     * @param demands what the original was started with
     * @param configured what the backup's configuration sets
     */
    public static RaisedSettings of(List<StandbySettings> demands, Map<String, String> configured) {
        Map<String, Integer> most = new LinkedHashMap<>();
        demands.forEach(each -> each.minimums().forEach((name, value) -> most.merge(name, value, Math::max)));
        Map<String, String> raised = new LinkedHashMap<>();
        most.forEach((name, value) -> {
            String text = configured.getOrDefault(name, "");
            int own = text.matches("[0-9]{1,9}") ? Integer.parseInt(text) : DEFAULTS.getOrDefault(name, 0);
            if (value > own) {
                raised.put(name, Integer.toString(value));
            }
        });
        return new RaisedSettings(raised);
    }

    /** What the original in a data directory was started with last; empty if it cannot be read there. */
    public static Optional<StandbySettings> ofOriginal(Path directory, SystemIdentifier system) {
        try {
            ControlFile control = ControlFile.read(directory);
            return control.system().equals(system) ? Optional.of(control.settings()) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Says why they are raised. */
    public List<PlanFinding> notes() {
        return values.isEmpty()
                ? List.of()
                : List.of(PlanFinding.note(
                        Topic.SETTINGS,
                        "as the original had them, since its WAL cannot be replayed with less: "
                                + values.entrySet().stream()
                                        .map(each -> each.getKey() + " = " + each.getValue())
                                        .collect(Collectors.joining(", "))));
    }
}
