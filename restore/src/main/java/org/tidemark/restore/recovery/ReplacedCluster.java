// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.recovery;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.postgres.EffectiveSettings;
import org.tidemark.postgres.EffectiveSettings.UncertainSettingException;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.PlanFinding.Topic;
import org.tidemark.restore.plan.TargetFacts;
import org.tidemark.restore.plan.TargetFacts.ClusterFacts;
import org.tidemark.restore.request.RestoreRequest;
import org.tidemark.restore.request.Role;

/** What a standby keeps of the cluster whose place it takes: how this host archives. */
public final class ReplacedCluster {
    private static final String MODE = "archive_mode";
    private static final List<String> ARCHIVING = List.of(MODE, "archive_command", "archive_library");

    private ReplacedCluster() {}

    /**
     * The archive settings of the directory that are not those of the backup. None if it does not archive: so a
     * recovery to a target leaves it, and a standby that is promoted must archive.
     *
     * @param configured what the backup's configuration sets
     */
    public static Map<String, String> archiving(
            RestoreRequest request, SystemIdentifier system, TargetFacts facts, Map<String, String> configured) {
        Map<String, String> kept = new LinkedHashMap<>();
        boolean isOurs = facts.cluster()
                .flatMap(ClusterFacts::system)
                .filter(system::equals)
                .isPresent();
        if (request.role() instanceof Role.Standby && isOurs) {
            EffectiveSettings written = new EffectiveSettings(request.directory(), Map.of());
            try {
                if (Set.of("on", "always").contains(written.valueAsWritten(MODE).orElse("off"))) {
                    for (String name : ARCHIVING) {
                        Optional<String> value = written.valueAsWritten(name);
                        if (value.isPresent() && !value.get().equals(configured.getOrDefault(name, ""))) {
                            kept.put(name, value.get());
                        }
                    }
                }
            } catch (UncertainSettingException e) {
                return Map.of();
            }
        }
        return kept;
    }

    /** Names them; a command may hold a password. */
    public static List<PlanFinding> notes(Map<String, String> kept, Path directory) {
        return kept.isEmpty()
                ? List.of()
                : List.of(PlanFinding.note(
                        Topic.SETTINGS,
                        "as in '" + directory + "' now, not as in the backup: " + String.join(", ", kept.keySet())));
    }
}
