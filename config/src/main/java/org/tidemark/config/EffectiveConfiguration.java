// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.util.List;

/**
 * What was set, and what it means. Immutable.
 *
 * @param settings each with its origin, in order; of one key the last one wins
 */
public record EffectiveConfiguration(List<Setting> settings, Configuration configuration) {
    public EffectiveConfiguration {
        settings = List.copyOf(settings);
    }
}
