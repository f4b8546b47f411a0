// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tidemark.core.ClusterName;

/** Everything that is configured, checked as a whole, in the order in which it was written. Immutable. */
public record Configuration(
        HostSettings host, Map<String, RepositorySettings> repositories, Map<ClusterName, ClusterSettings> clusters) {
    public Configuration {
        repositories = Collections.unmodifiableMap(new LinkedHashMap<>(repositories));
        clusters = Collections.unmodifiableMap(new LinkedHashMap<>(clusters));
    }
}
