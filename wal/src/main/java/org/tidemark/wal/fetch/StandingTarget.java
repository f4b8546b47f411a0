// SPDX-License-Identifier: Apache-2.0
package org.tidemark.wal.fetch;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.tidemark.core.RecoveryTarget.Kind;
import org.tidemark.postgres.EffectiveSettings;
import org.tidemark.postgres.EffectiveSettings.UncertainSettingException;

/**
 * Whether the calling PostgreSQL has the recovery target that restore_command names: then it stops by itself, with
 * FATAL, where the target is not reached, so it may be told that there is no more WAL. Immutable.
 *
 * @param dataDirectory in recovery
 * @param environment of the command, inherited from PostgreSQL
 */
public record StandingTarget(Path dataDirectory, Map<String, String> environment) {
    public StandingTarget {
        environment = Map.copyOf(environment);
    }

    /** Whether it was started with a target of this kind; false if that is uncertain. */
    public boolean stands(Kind target) {
        if (target == Kind.LATEST) {
            return false;
        }
        try {
            Optional<String> value = new EffectiveSettings(dataDirectory, environment).value(target.setting());
            return value.filter(text -> target == Kind.IMMEDIATE ? text.equals("immediate") : !text.isEmpty())
                    .isPresent();
        } catch (UncertainSettingException e) {
            return false;
        }
    }
}
