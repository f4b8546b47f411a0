// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.IOException;
import org.tidemark.core.ClusterName;

/** What an operator can do about a server whose system identifier a repository does not know. */
public final class UnregisteredCluster {
    private UnregisteredCluster() {}

    /** A repository that knows the name with another system identifier suggests that this is a foreign server. */
    public static String hint(Repository repository, ClusterName cluster) {
        return !isKnown(repository, cluster)
                ? "Register it with: tidemark init --cluster " + cluster
                : "Is this another cluster's server? Then correct conninfo and data-directory, or give this cluster a"
                        + " name of its own. If '" + cluster + "' was created again by initdb or pg_upgrade, run:"
                        + " tidemark init --cluster " + cluster + " --new-incarnation";
    }

    private static boolean isKnown(Repository repository, ClusterName cluster) {
        try {
            return !repository.incarnations(cluster).isEmpty();
        } catch (IOException e) {
            return false; // such as a registration that was lost: to register again repairs it
        }
    }
}
