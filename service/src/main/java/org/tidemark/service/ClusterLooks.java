// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.tidemark.core.ClusterName;
import org.tidemark.session.Session;
import org.tidemark.session.reading.ClusterReading;
import org.tidemark.session.reading.WalReading;
import org.tidemark.watch.ObservedCluster.Checked;
import org.tidemark.watch.ObservedCluster.Reading;
import org.tidemark.watch.check.CheckReport;
import org.tidemark.watch.check.CheckRequest;
import org.tidemark.watch.check.Checkup;
import org.tidemark.watch.status.ClusterStatus;

/**
 * Looks at clusters for metrics and pages, and for checks that have less time. Thread-safe; one thread looks at one
 * cluster in one way.
 */
final class ClusterLooks {
    /** Longer than a plugin of Nagios has: nobody waits. */
    private static final CheckRequest CHECK = CheckRequest.ofServe(Duration.ofMinutes(1), WalReading.NEWER);

    /**
     * Between two readings that list all WAL, also that which this host has counted before. What checks take from the
     * count is never older.
     */
    private static final Duration WHOLE_AFTER = Duration.ofHours(1);

    private final Clock clock;
    private final String tool;
    private final Observations observations;
    private final Notifier notifier;
    /** Checks of which a part still hangs. */
    private final Map<ClusterName, Checkup> hanging = new ConcurrentHashMap<>();

    private final Map<ClusterName, Instant> whole = new ConcurrentHashMap<>();

    /** @param tool the program's version */
    ClusterLooks(Clock clock, String tool, Observations observations, Notifier notifier) {
        this.clock = clock;
        this.tool = tool;
        this.observations = observations;
        this.notifier = notifier;
    }

    /** Reads what the repositories hold; when to do so again. */
    Instant read(ClusterName cluster, Session session, Instant now) throws IOException {
        boolean isWhole = !whole.getOrDefault(cluster, Instant.MIN).isAfter(now.minus(WHOLE_AFTER));
        ClusterStatus status = ClusterStatus.of(
                session,
                ClusterReading.of(session, isWhole ? WalReading.WHOLE : WalReading.NEWER, now),
                session.configuration().service().listen().isPresent());
        if (isWhole) {
            whole.put(cluster, now);
        }
        observations.read(cluster, Reading.of(session, status, now));
        return now.plus(Observations.INTERVAL);
    }

    /**
     * Checks the cluster; when to do so again. Not while a part of the last check still hangs, which has told so: each
     * check would leave one more thread.
     */
    Instant check(ClusterName cluster, Session session, Instant now) throws InterruptedException {
        Checkup before = hanging.get(cluster);
        if (before == null || before.hasEnded()) {
            hanging.remove(cluster);
            Checkup checkup = new Checkup(session, clock, CHECK);
            try {
                CheckReport report = checkup.report();
                observations.checked(cluster, new Checked(now, report));
                notifier.checked(session.spool(), cluster, report, now);
                checkup.keep(now, tool);
            } finally {
                if (!checkup.hasEnded()) {
                    hanging.put(cluster, checkup);
                }
            }
        }
        return now.plus(Observations.INTERVAL);
    }

    /** Forgets the clusters that are served no more. */
    void keep(Collection<ClusterName> served) {
        hanging.keySet().retainAll(served);
        whole.keySet().retainAll(served);
        observations.keep(served);
        notifier.keep(served);
    }
}
