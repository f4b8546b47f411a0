// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.retention;

import java.util.Optional;
import org.tidemark.catalog.backup.Tombstone;
import org.tidemark.retention.ExpiryOutlook;
import org.tidemark.retention.RetentionSettings;

/**
 * What the configured policy lets go. The first run after the policy was changed removes a part of the backups: a
 * mistake is noticed before it has removed everything.
 *
 * @param all everything at once in that run as well
 * @param isAttended whether somebody sees what goes
 */
public record ByPolicy(boolean all, boolean isAttended) implements ExpiryRun.Planning {
    @Override
    public ExpiryOutlook.Rule rule(RetentionSettings settings, Optional<Tombstone> last) {
        return all || last.map(Tombstone::why).equals(Optional.of(why(settings)))
                ? ExpiryOutlook.byPolicy(settings)
                : ExpiryOutlook.byChangedPolicy(settings);
    }

    @Override
    public String why(RetentionSettings settings) {
        return settings.inWords();
    }
}
