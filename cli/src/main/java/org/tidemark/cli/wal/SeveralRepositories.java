// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.wal;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.tidemark.archiver.PushTarget;
import org.tidemark.archiver.WalPusher;
import org.tidemark.archiver.WalPusher.Acknowledgement;
import org.tidemark.archiver.WalPusher.PushReport;
import org.tidemark.archiver.WalPusher.PushRequest;
import org.tidemark.archiver.spool.Spool;
import org.tidemark.config.Configuration.HostSettings;
import org.tidemark.core.ClusterName;

/** The parts of a push that only several repositories need, in a class that is not loaded otherwise. */
final class SeveralRepositories {
    /** The share of push-timeout for the repositories; the rest is for writing their state. */
    private static final int LIMIT_PERCENT = 80;

    /**
     * A repository that is not needed for acknowledgement must not slow down the others: with a second for each
     * segment, archiving could not keep up.
     */
    private static final Duration EXTRA_WAIT = Duration.ofSeconds(1);

    private SeveralRepositories() {}

    static PushReport push(
            WalContext context,
            ClusterName cluster,
            List<PushTarget> targets,
            PushRequest request,
            PushObserver observer)
            throws IOException {
        HostSettings host = context.configuration().host();
        PushReport report = new WalPusher(
                        targets,
                        context.spool(),
                        new Acknowledgement(
                                context.acknowledge(),
                                new Spool(context.spool(), host.spoolLimitBytes()),
                                cluster,
                                part(host.pushTimeout(), LIMIT_PERCENT),
                                EXTRA_WAIT,
                                Clock.systemUTC()))
                .push(request);
        for (PushReport.Lagging lagging : report.lagging()) {
            if (!LateWarning.isDue(context.spool(), lagging.repository(), Clock.systemUTC())) {
                continue;
            }
            observer.warn(
                    "'" + request.file().name() + "' is queued for '" + lagging.repository() + "' (in its queue: "
                            + lagging.waiting() + "): " + lagging.reason(),
                    "once '" + lagging.repository() + "' works again, its queue is delivered with the next segment. "
                            + context.complete("Look at it with: tidemark check"));
        }
        for (PushReport.Unqueued unqueued : report.unqueued()) {
            // While the spool is full each file is named; here "sync" must find them all anyway.
            if (unqueued.neverSeen() && !LateWarning.isDue(context.spool(), unqueued.repository(), Clock.systemUTC())) {
                continue;
            }
            observer.warn(
                    "'" + request.file().name() + "' is not in '" + unqueued.repository() + "' (" + unqueued.reason()
                            + "), and is not queued for it: " + unqueued.problem(),
                    "other repositories hold it. When '" + unqueued.repository() + "' works again, "
                            + context.complete("copy what it lacks with: tidemark sync"));
        }
        for (PushReport.RefusedFile refused : report.refused()) {
            if (!refused.isPutAside()) {
                observer.warn(
                        "'" + refused.keyName() + "', queued for '" + refused.repository() + "', is no longer queued: "
                                + refused.problem(),
                        context.complete("See what the policies keep with: tidemark retention"));
                continue;
            }
            observer.warn(
                    "'" + refused.repository() + "' refused '" + refused.keyName() + "', which was queued for it: "
                            + refused.problem(),
                    "it stays in v1/refused of the spool until you decide about it: see"
                            + " docs/operating/several-repositories.md. "
                            + context.complete("Look at it with: tidemark check"));
        }
        return report;
    }

    private static Duration part(Duration whole, int percent) {
        return whole.multipliedBy(percent).dividedBy(100);
    }
}
