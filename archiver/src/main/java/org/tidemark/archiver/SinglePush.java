// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.io.IOException;
import org.tidemark.archiver.WalPusher.PushRequest;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.WalArchive;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/**
 * Takes one file into one repository after the other; several threads may do so at once. Thread-safe.
 *
 * @param history what a repository must hold before the file
 */
record SinglePush(PushRequest request, PushContent content, Encodings encodings, HistoryFirst history) {
    /** When this returns, the repository holds the file durably; gives its archive. */
    ClusterArchive to(PushTarget target) throws IOException {
        ClusterArchive archive = target.opening().open(request.control().system());
        refuseOtherCluster(archive);
        history.archiveInto(archive, target);
        store(archive, target);
        return archive;
    }

    /** Stores the file alone. */
    void store(ClusterArchive archive, PushTarget target) throws IOException {
        archive.wal().put(request.file(), content.endOfContent(), encodings.of(target));
    }

    /** The last part of the key under which {@code target} is to hold it. */
    String keyName(PushTarget target) throws IOException {
        return WalArchive.keyName(request.file(), content.endOfContent(), encodings.of(target));
    }

    private void refuseOtherCluster(ClusterArchive archive) {
        if (!archive.identity().walSegmentSize().equals(request.control().walSegmentSize())) {
            throw new UserFacingException(
                    ExitCode.WRONG_CLUSTER,
                    "the cluster has WAL segments of " + request.control().walSegmentSize() + ", but "
                            + archive.identity().walSegmentSize() + " is registered for '"
                            + archive.identity().cluster() + "'",
                    "Was the segment size changed by pg_resetwal? Such a cluster needs an archive of its own.");
        }
        if (archive.identity().postgresMajor() != request.control().postgresMajor()) {
            throw new UserFacingException(
                    ExitCode.WRONG_CLUSTER,
                    "the cluster is of PostgreSQL " + request.control().postgresMajor() + ", but "
                            + archive.identity().postgresMajor() + " is registered for '"
                            + archive.identity().cluster() + "'",
                    "Is this another cluster with a copied system identifier? It needs an archive of its own.");
        }
    }
}
