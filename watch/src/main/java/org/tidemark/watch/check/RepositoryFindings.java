// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tidemark.core.Finding;

/**
 * What check found in the repositories of a cluster. Immutable.
 *
 * @param each of each repository that answered, by its name, in order of preference
 * @param together what comparing them says, and what retention does
 */
public record RepositoryFindings(Map<String, List<Finding>> each, List<Finding> together) {
    public RepositoryFindings {
        each = Collections.unmodifiableMap(new LinkedHashMap<>(each));
        together = List.copyOf(together);
    }

    List<Finding> all() {
        List<Finding> all = new ArrayList<>();
        each.values().forEach(all::addAll);
        all.addAll(together);
        return all;
    }
}
