// SPDX-License-Identifier: Apache-2.0
package org.tidemark.view;

import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SystemIdentifier;

/** An incarnation of a cluster in JSON, the same in every command. */
public record IncarnationView(ClusterName cluster, SystemIdentifier systemIdentifier) {
    public static IncarnationView of(ClusterIdentity identity) {
        return new IncarnationView(identity.cluster(), identity.system());
    }
}
