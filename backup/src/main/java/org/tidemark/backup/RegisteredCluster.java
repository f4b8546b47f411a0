// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import java.io.IOException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.UnregisteredCluster;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.ReplicationConnection;

/**
 * The cluster that is to be backed up, and the archive that is registered for it. Immutable.
 *
 * @param relationSegmentPages how many pages one file of a relation has at most
 */
record RegisteredCluster(
        ClusterArchive archive, int serverVersionNum, boolean dataChecksums, int relationSegmentPages) {
    private static final Pattern SIZE = Pattern.compile("([0-9]+)(B|kB|MB|GB|TB)?");

    /**
     * Asks the server which cluster it is.
     *
     * @throws UserFacingException {@link ExitCode#WRONG_CLUSTER} if it is not the registered cluster
     */
    static RegisteredCluster identify(ReplicationConnection connection, Repository repository, ClusterName cluster)
            throws IOException {
        SystemIdentifier system = connection.identifySystem().system();
        Optional<ClusterArchive> archive = repository.incarnation(cluster, system);
        if (archive.isEmpty()) {
            throw new UserFacingException(
                    ExitCode.WRONG_CLUSTER,
                    "the system identifier of the server is " + system + ", which is not registered for cluster '"
                            + cluster + "' in " + repository.store().description(),
                    UnregisteredCluster.hint(repository, cluster));
        }
        ClusterIdentity registered = archive.get().identity();
        int version = connection.serverVersionNum();
        require(registered, "major version of PostgreSQL", registered.postgresMajor(), version / 10_000);
        require(
                registered,
                "size of WAL segments",
                registered.walSegmentSize().bytes(),
                bytes(connection.show("wal_segment_size")));
        long pageSize = bytes(connection.show("block_size"));
        require(registered, "page size", registered.pageSize(), pageSize);
        return new RegisteredCluster(
                archive.get(),
                version,
                connection.show("data_checksums").equals("on"),
                Math.toIntExact(bytes(connection.show("segment_size")) / pageSize));
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

    /** Reads a size as SHOW prints it: {@code 16MB}, or a number of bytes. */
    static long bytes(String text) {
        Matcher matcher = SIZE.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not a size: '" + text + "'");
        }
        String unit = matcher.group(2) == null ? "B" : matcher.group(2).toUpperCase(Locale.ROOT);
        int shift = switch (unit) {
            case "KB" -> 10;
            case "MB" -> 20;
            case "GB" -> 30;
            case "TB" -> 40;
            default -> 0;
        };
        return Long.parseLong(matcher.group(1)) << shift;
    }
}
