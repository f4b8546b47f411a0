// SPDX-License-Identifier: Apache-2.0
package org.tidemark.wal.push;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.tidemark.archiver.push.InheritedWal;
import org.tidemark.archiver.push.InheritedWal.RefusedSegment;
import org.tidemark.archiver.push.InheritedWal.Report;
import org.tidemark.archiver.push.WalPusher.PushRequest;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.wal.call.WalContext;

/**
 * Archives what a primary that died had not archived, when the server that took its place hands over its history.
 * Loaded for histories alone.
 */
final class InheritedSegments {
    /** Of push-timeout: the last segment that is begun needs time as well. */
    private static final int PART_OF_TIMEOUT = 2;

    private InheritedSegments() {}

    /** Returns whether threads are left that still wait for a store. */
    static boolean push(WalContext context, PushRequest history, Pusher pusher) throws IOException {
        AtomicBoolean abandoned = new AtomicBoolean();
        Report report = new InheritedWal(history, pusher.targets(), segment -> {
                    if (pusher.push(segment)) {
                        abandoned.set(true);
                    }
                })
                .archive(context.configuration().host().pushTimeout().dividedBy(PART_OF_TIMEOUT));
        List<Segment> archived = report.archived();
        if (!archived.isEmpty()) {
            pusher.observer()
                    .say("archived " + archived.size()
                            + (archived.size() == 1 ? " segment" : " segments")
                            + " that the former primary had not archived, '"
                            + archived.getFirst()
                            + (archived.size() == 1 ? "'" : "' to '" + archived.getLast() + "'"));
        }
        for (RefusedSegment refused : report.refused()) {
            pusher.observer()
                    .warn(
                            "'" + refused.segment() + "' was not archived before this server was promoted,"
                                    + " and cannot be archived now: " + refused.problem(),
                            "The former primary may still have it; run there: tidemark wal-push pg_wal/"
                                    + refused.segment());
        }
        return abandoned.get();
    }
}
