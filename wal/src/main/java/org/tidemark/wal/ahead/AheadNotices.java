// SPDX-License-Identifier: Apache-2.0
package org.tidemark.wal.ahead;

import java.time.Duration;
import java.util.Optional;
import org.tidemark.archiver.ahead.UnusedNotes;
import org.tidemark.core.Amounts;
import org.tidemark.core.ClusterName;
import org.tidemark.wal.notices.RepeatedNotices;
import org.tidemark.wal.notices.RepeatedNotices.Kind;
import org.tidemark.wal.notices.RepeatedNotices.Notice;
import org.tidemark.wal.push.PushObserver;

/**
 * Tells that nothing can be archived ahead for a cluster: when that has lasted for a minute, once an hour, and when it
 * is over.
 */
final class AheadNotices {
    /** A variable that was changed once differs for one call. */
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    /** Two calls may be alike by chance, and a shell that cannot use notes is tried again once an hour. */
    private static final Duration CALM = Duration.ofMinutes(10);

    private final RepeatedNotices notices;
    private final String cluster;
    private final PushObserver observer;

    AheadNotices(RepeatedNotices notices, ClusterName cluster, PushObserver observer) {
        this.notices = notices;
        this.cluster = cluster.value();
        this.observer = observer;
    }

    /** @param unused what is so now */
    void tell(Optional<UnusedNotes> unused) {
        String subject = "nothing ahead for " + cluster;
        if (unused.isEmpty()) {
            notices.over(subject, CALM)
                    .filter(lasted -> lasted.compareTo(PATIENCE) >= 0)
                    .ifPresent(lasted -> observer.say("segments of cluster '" + cluster
                            + "' are archived ahead again, after " + Amounts.duration(lasted)));
            return;
        }
        Notice notice = notices.seen(subject, PATIENCE);
        if (notice.kind() == Kind.WARNING) {
            observer.warn(unused.get().problem(), unused.get().hint());
        }
    }
}
