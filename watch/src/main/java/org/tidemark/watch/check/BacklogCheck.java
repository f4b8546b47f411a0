// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tidemark.archiver.queue.PendingObject;
import org.tidemark.archiver.queue.PendingQueue;
import org.tidemark.archiver.queue.QueueListing;
import org.tidemark.archiver.queue.Spool;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.config.ClusterSettings.CheckSettings;
import org.tidemark.core.Amounts;
import org.tidemark.core.ClusterName;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.Finding;
import org.tidemark.core.Measure;
import org.tidemark.watch.check.CheckReport.Backlog;

/** What this host has queued for lagging repositories. */
final class BacklogCheck {
    private static final int NEARLY_FULL_PERCENT = 80;
    private static final int NAMES_SHOWN = 3;

    /** A sound store takes this long after a burst of WAL. */
    private static final Duration USUAL = Duration.ofMinutes(1);

    private final ClusterName cluster;
    private final CheckSettings limits;
    private final Clock clock;

    BacklogCheck(ClusterName cluster, CheckSettings limits, Clock clock) {
        this.cluster = cluster;
        this.limits = limits;
        this.clock = clock;
    }

    /** The queues of {@code names}, and of repositories that are no longer configured. */
    List<Backlog> backlogs(Spool spool, Map<RepositoryId, String> names) throws IOException {
        Set<RepositoryId> ids = new LinkedHashSet<>(names.keySet());
        List<PendingQueue> queues = spool.queues().stream()
                .filter(queue -> queue.cluster().equals(cluster))
                .toList();
        queues.forEach(queue -> ids.add(queue.repository()));
        List<Backlog> backlogs = new ArrayList<>();
        for (RepositoryId id : ids) {
            List<PendingObject> pending = new ArrayList<>();
            List<Instant> oldest = new ArrayList<>();
            List<PendingObject> refused = new ArrayList<>();
            for (PendingQueue queue : queues) {
                if (queue.repository().equals(id)) {
                    QueueListing listed = queue.list();
                    List<PendingObject> inOrder = listed.pending();
                    pending.addAll(inOrder);
                    // Reading each file of a long queue would take seconds.
                    inOrder.stream().findFirst().flatMap(PendingObject::since).ifPresent(oldest::add);
                    refused.addAll(listed.refused());
                }
            }
            backlogs.add(new Backlog(
                    names.getOrDefault(id, id.value()),
                    pending.size(),
                    pending.stream().mapToLong(PendingObject::sizeBytes).sum(),
                    oldest.stream().min(Instant::compareTo),
                    refused.size(),
                    refused.stream()
                            .limit(NAMES_SHOWN)
                            .map(PendingObject::keyName)
                            .toList()));
        }
        return backlogs;
    }

    /** @param configured as one of the cluster's repositories */
    List<Finding> findings(Backlog backlog, boolean configured) {
        return look(backlog, configured).stream()
                .map(finding -> finding.of(backlog.repository())
                        .with(Measure.OBJECTS, backlog.objects())
                        .with(Measure.BYTES, backlog.bytes()))
                .toList();
    }

    private List<Finding> look(Backlog backlog, boolean configured) {
        List<Finding> findings = new ArrayList<>();
        if (backlog.refused() > 0) {
            findings.add(Subject.BACKLOG.critical(
                    "'" + backlog.repository() + "' refused "
                            + Amounts.count(backlog.refused(), "object that was", "objects that were")
                            + " acknowledged and queued for it: "
                            + String.join(", ", backlog.refusedNames())
                            + (backlog.refused() > backlog.refusedNames().size() ? ", …" : ""),
                    "Retry, and see the reason for each, with: tidemark sync --quick. Possible reasons: different"
                            + " content under the same name (do two servers archive? See docs/repair/conflict.md), an"
                            + " unencrypted object where encryption is required, damage on this host, or WAL lost by"
                            + " the repository that held it."));
        }
        if (backlog.objects() == 0) {
            if (backlog.refused() == 0) {
                findings.add(Subject.BACKLOG.ok("nothing waits for '" + backlog.repository() + "'"));
            }
            return findings;
        }
        Duration age = backlog.oldest()
                .map(since -> Duration.between(since, clock.instant()))
                .orElse(Duration.ZERO);
        String message = Amounts.count(backlog.objects(), "object waits", "objects wait")
                + (backlog.bytes() == 0 ? "" : " (" + Amounts.size(backlog.bytes()) + " in the spool)") + " for '"
                + backlog.repository() + "', the oldest for "
                + Amounts.duration(age);
        String hint = configured
                ? "Repair the repository, then fill it with: tidemark sync --quick"
                : "It is not in repositories of the cluster. To deliver its queue, add it and run: "
                        + CopyableCommand.of("sync", "--quick")
                        + ". To discard the queue, run: "
                        + CopyableCommand.of("sync", "--forget", backlog.repository());
        if (age.compareTo(limits.walAge()) > 0) {
            findings.add(Subject.BACKLOG.critical(message, hint));
        } else {
            findings.add(
                    age.compareTo(USUAL) > 0 ? Subject.BACKLOG.warning(message, hint) : Subject.BACKLOG.ok(message));
        }
        return findings;
    }

    /** How much of its limit the spool uses; no finding for an empty spool. */
    static List<Finding> room(Spool spool, long limitBytes) throws IOException {
        long used = spool.usedBytes();
        if (used == 0) {
            return List.of();
        }
        long refused = spool.refusedBytes();
        String message = "the queues of lagging repositories take " + Amounts.size(used) + " of the "
                + Amounts.size(limitBytes) + " that host.spool-limit allows"
                + (refused == 0 ? "" : "; " + Amounts.size(refused) + " of it were refused");
        Finding finding = used * 100 / Math.max(1, limitBytes) >= NEARLY_FULL_PERCENT
                ? Subject.SPOOL.critical(
                        message,
                        "Repair the repositories that lag, then empty their queues with: tidemark sync --quick"
                                + (refused == 0 ? "" : ". " + Spool.REFUSED_STAYS))
                : Subject.SPOOL.ok(message);
        return List.of(finding.with(Measure.BYTES, used).with(Measure.LIMIT, limitBytes));
    }

    /** The queues cannot be read. */
    static Finding unreadable(IOException failure) {
        return Subject.SPOOL.warning(
                "the queues of lagging repositories cannot be read: " + failure.getMessage() + " ("
                        + failure.getClass().getSimpleName() + ")",
                "Run check as the owner of the data directory.");
    }
}
