// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.util.Optional;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.core.ExitCode;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.ControlFile;

/**
 * The cluster that a file comes from. Immutable.
 *
 * @param control of the server in whose pg_wal the file is; empty if a server sent it, which sends every segment whole
 *     up to the end of its timeline
 */
public record WalOrigin(
        SystemIdentifier system, int postgresMajor, WalSegmentSize walSegmentSize, Optional<ControlFile> control) {

    public static WalOrigin of(ControlFile control) {
        return new WalOrigin(control.system(), control.postgresMajor(), control.walSegmentSize(), Optional.of(control));
    }

    /**
     * Compares with what is registered under the same system identifier.
     *
     * @throws UserFacingException with WRONG_CLUSTER
     */
    public void refuseOther(ClusterIdentity registered) {
        if (!registered.walSegmentSize().equals(walSegmentSize)) {
            throw new UserFacingException(
                    ExitCode.WRONG_CLUSTER,
                    "the cluster has WAL segments of " + walSegmentSize + ", but "
                            + registered.walSegmentSize() + " is registered for '"
                            + registered.cluster() + "'",
                    "Was the segment size changed by pg_resetwal? Such a cluster needs an archive of its own.");
        }
        if (registered.postgresMajor() != postgresMajor) {
            throw new UserFacingException(
                    ExitCode.WRONG_CLUSTER,
                    "the cluster is of PostgreSQL " + postgresMajor + ", but "
                            + registered.postgresMajor() + " is registered for '"
                            + registered.cluster() + "'",
                    "Is this another cluster with a copied system identifier? It needs an archive of its own.");
        }
    }
}
