// SPDX-License-Identifier: Apache-2.0
package org.tidemark.wal.push;

import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import org.tidemark.archiver.push.WalPusher.PushReport;
import org.tidemark.archiver.queue.BacklogDelivery.RefusedObject;
import org.tidemark.core.Amounts;
import org.tidemark.core.ClusterName;
import org.tidemark.wal.notices.RepeatedNotices;
import org.tidemark.wal.notices.RepeatedNotices.Kind;
import org.tidemark.wal.notices.RepeatedNotices.Notice;

/**
 * Tells which repositories lag: when that begins, once an hour, and when it is over. A repository that is merely slow
 * is no warning before it has been slow for two minutes. Thread-safe.
 */
public final class LagNotices {
    /** A store may be slow for a moment. */
    private static final Duration SLOW_FOR = Duration.ofMinutes(2);
    /** A store that is slow now and then has not recovered. */
    private static final Duration CALM = Duration.ofMinutes(2);

    private final RepeatedNotices notices;
    private final String cluster;
    private final Telling telling;

    /** Prints, for one cluster. */
    public interface Telling {
        /** Something that an operator may want to know. */
        void say(String message);

        /**
         * Something is wrong, but PostgreSQL may go on.
         *
         * @param hint empty if there is nothing to do
         */
        void warn(String message, String hint);
    }

    public LagNotices(RepeatedNotices notices, ClusterName cluster, Telling telling) {
        this.notices = notices;
        this.cluster = cluster.value();
        this.telling = telling;
    }

    /**
     * Tells what a push left behind.
     *
     * @param file its name
     * @param repositories the names of all that were to hold it
     */
    public void tell(String file, PushReport report, Collection<String> repositories) {
        Set<String> fine = new HashSet<>(repositories);
        for (PushReport.Lagging lagging : report.lagging()) {
            fine.remove(lagging.repository());
            lags(file, lagging);
        }
        for (PushReport.Unqueued unqueued : report.unqueued()) {
            fine.remove(unqueued.repository());
            // While the spool is full each file is named; of a repository never seen, "sync" must find them all anyway.
            if (!unqueued.neverSeen()
                    || notices.seen(subject(unqueued.repository()), Duration.ZERO)
                                    .kind()
                            != Kind.NOTHING) {
                telling.warn(
                        "'" + file + "' is not in '" + unqueued.repository() + "' (" + unqueued.reason()
                                + "), and is not queued for it: " + unqueued.problem(),
                        "Other repositories hold it. When '" + unqueued.repository()
                                + "' works again, copy what it lacks with: tidemark sync --quick");
            }
        }
        for (PushReport.RefusedFile refused : report.refused()) {
            if (!refused.isPutAside()) {
                telling.warn(
                        new RefusedObject(refused.keyName(), refused.problem()).noLongerQueued(refused.repository()),
                        RefusedObject.SEE_POLICIES);
                continue;
            }
            telling.warn(
                    "'" + refused.repository() + "' refused '" + refused.keyName() + "', which was queued for it: "
                            + refused.problem(),
                    "It stays in v1/refused of the spool until you decide about it: see"
                            + " docs/archive/several-repositories.md. Look at it with: tidemark check");
        }
        for (String repository : fine) {
            notices.over(subject(repository), CALM)
                    .ifPresent(lasted -> telling.say("'" + repository + "' takes WAL of cluster '" + cluster
                            + "' in time again" + lasted(", after ", lasted)));
        }
    }

    private void lags(String file, PushReport.Lagging lagging) {
        boolean isSlow = lagging.cause() == PushReport.Cause.SLOW;
        Notice notice = notices.seen(subject(lagging.repository()), isSlow ? SLOW_FOR : Duration.ZERO);
        String message = "'" + file + "' is queued for '" + lagging.repository() + "' (in its queue: "
                + lagging.waiting() + "): " + lagging.reason() + lasted("; it has lagged for ", notice.lasting());
        switch (notice.kind()) {
            case NOTHING -> {}
            case NOTE -> telling.say(message);
            case WARNING ->
                telling.warn(
                        message,
                        "Once '" + lagging.repository()
                                + "' works again, its queue is delivered with the next segment. Look at it with:"
                                + " tidemark check");
        }
    }

    private String subject(String repository) {
        return "lag of " + cluster + " in " + repository;
    }

    private static String lasted(String before, Duration duration) {
        return duration.toSeconds() == 0 ? "" : before + Amounts.duration(duration);
    }
}
