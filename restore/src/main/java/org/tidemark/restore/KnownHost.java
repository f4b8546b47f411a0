// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.util.List;
import java.util.Set;
import org.tidemark.core.OwnedPlace;

/**
 * What is known of the host of a restore before it is looked at. Immutable.
 *
 * @param places that belong to something
 * @param ports of the clusters that are configured, whether they run or not
 */
public record KnownHost(List<OwnedPlace> places, Set<Integer> ports) {
    static final KnownHost UNKNOWN = new KnownHost(List.of(), Set.of());

    public KnownHost {
        places = List.copyOf(places);
        ports = Set.copyOf(ports);
    }
}
