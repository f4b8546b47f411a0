// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.target;

import java.io.IOException;
import java.util.Optional;
import org.tidemark.backup.server.BackupFacts;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.UnregisteredCluster;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UserFacingException;

/**
 * The cluster that is to be backed up, and the archive that is registered for it. Immutable.
 *
 * @param relationSegmentPages how many pages one file of a relation has at most
 */
public record RegisteredCluster(
        ClusterArchive archive, int serverVersionNum, boolean dataChecksums, int relationSegmentPages) {
    /**
     * Finds the archive that is registered for a cluster.
     *
     * @throws UserFacingException {@link ExitCode#WRONG_CLUSTER} if it is not the registered cluster
     */
    public static RegisteredCluster identify(BackupFacts.Properties found, Repository repository, ClusterName cluster)
            throws IOException {
        SystemIdentifier system = found.system();
        Optional<ClusterArchive> archive = repository.incarnation(cluster, system);
        if (archive.isEmpty()) {
            throw new UserFacingException(
                    ExitCode.WRONG_CLUSTER,
                    "the system identifier of the server is " + system + ", which is not registered for cluster '"
                            + cluster + "' in " + repository.store().description(),
                    UnregisteredCluster.hint(repository, cluster));
        }
        ClusterIdentity registered = archive.get().identity();
        require(
                registered,
                "major version of PostgreSQL",
                registered.postgresMajor(),
                found.serverVersionNum() / 10_000);
        require(registered, "size of WAL segments", registered.walSegmentSize().bytes(), found.walSegmentBytes());
        require(registered, "page size", registered.pageSize(), found.pageBytes());
        return new RegisteredCluster(
                archive.get(),
                found.serverVersionNum(),
                found.dataChecksums(),
                Math.toIntExact(found.relationSegmentBytes() / found.pageBytes()));
    }

    private static void require(ClusterIdentity registered, String property, long expected, long found) {
        if (expected != found) {
            throw new UserFacingException(
                    ExitCode.WRONG_CLUSTER,
                    "the " + property + " of the server is " + found + ", but " + expected
                            + " is registered for cluster '" + registered.cluster() + "' with system identifier "
                            + registered.system(),
                    "Was the cluster upgraded? Then register it again with: tidemark init --new-incarnation");
        }
    }
}
