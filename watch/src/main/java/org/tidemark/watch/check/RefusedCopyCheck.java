// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.time.Duration;
import java.util.List;
import org.tidemark.archiver.queue.RefusedCopy;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;

/** Whether a copy of the cluster runs on this host as a primary of its own: what is written to it is not archived. */
final class RefusedCopyCheck implements Check<CheckedHost> {
    /** PostgreSQL tries again every minute. */
    private static final Duration RECENT = Duration.ofMinutes(10);

    @Override
    public Subject subject() {
        return Subject.OTHER_SERVERS;
    }

    @Override
    public List<Finding> look(CheckedHost host) {
        return RefusedCopy.last(host.session().spool(), host.cluster().name())
                .filter(copy -> copy.at().isAfter(host.clock().instant().minus(RECENT))
                        && copy.at().isBefore(host.clock().instant().plus(RECENT)))
                .map(copy -> subject()
                        .warning(
                                "another primary: the server in '" + copy.directory()
                                        + "' has the system identifier of this cluster, and wal-push refused its WAL,"
                                        + " last at " + Amounts.second(copy.at()),
                                "What is written there is archived nowhere. If it is a copy for tests, set archive_mode"
                                        + " = off in it. If it is to be the cluster, stop the other one, and set"
                                        + " data-directory of the cluster to its directory."))
                .stream()
                .toList();
    }
}
