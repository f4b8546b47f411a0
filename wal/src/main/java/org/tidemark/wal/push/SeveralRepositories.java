// SPDX-License-Identifier: Apache-2.0
package org.tidemark.wal.push;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.tidemark.archiver.PushTarget;
import org.tidemark.archiver.push.WalPusher;
import org.tidemark.archiver.push.WalPusher.Acknowledgement;
import org.tidemark.archiver.push.WalPusher.PushReport;
import org.tidemark.archiver.push.WalPusher.PushRequest;
import org.tidemark.archiver.queue.Spool;
import org.tidemark.config.Configuration.HostSettings;
import org.tidemark.core.ClusterName;
import org.tidemark.wal.call.WalContext;
import org.tidemark.wal.notices.RepeatedNotices;

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
                                context.clock()))
                .push(request);
        new LagNotices(RepeatedNotices.in(context.spool(), context.clock()), cluster, observer)
                .tell(
                        request.file().name(),
                        report,
                        targets.stream().map(PushTarget::name).toList());
        return report;
    }

    private static Duration part(Duration whole, int percent) {
        return whole.multipliedBy(percent).dividedBy(100);
    }
}
