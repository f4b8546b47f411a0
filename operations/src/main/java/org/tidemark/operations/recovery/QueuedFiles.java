// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.recovery;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.tidemark.archiver.queue.PendingQueue;
import org.tidemark.archiver.queue.Spool;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.core.ClusterName;

/** WAL files that were acknowledged, and that a restore from only the chosen repositories would not see. */
public final class QueuedFiles {
    private QueuedFiles() {}

    /**
     * How many files this host has queued, by the name of the repository.
     *
     * @param names of the repositories that this host knows
     * @param chosen those that the restore reads
     */
    public static Map<String, Integer> of(
            Spool spool, ClusterName cluster, Map<RepositoryId, String> names, List<String> chosen) throws IOException {
        Map<String, Integer> queued = new TreeMap<>();
        for (PendingQueue queue : spool.queues()) {
            String name = names.getOrDefault(queue.repository(), "");
            int files = queue.pending().size();
            if (queue.cluster().equals(cluster) && chosen.contains(name) && files > 0) {
                queued.merge(name, files, Integer::sum);
            }
        }
        return queued;
    }
}
