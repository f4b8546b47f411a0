// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.run;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.tidemark.archiver.receive.LocalReceiver;
import org.tidemark.archiver.receive.ReceiveSpool;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.wal.GivenUpWal;
import org.tidemark.cli.output.Terminal;
import org.tidemark.cli.output.TextTable;
import org.tidemark.cli.output.TextTable.Column;
import org.tidemark.cli.output.TimelinePicture;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.recoverability.ReachableTimeline;
import org.tidemark.recoverability.ReachableTimeline.LostMoments;
import org.tidemark.session.reading.RestoreForecast;
import org.tidemark.view.BackupRemarks;
import org.tidemark.view.IntervalLines;
import org.tidemark.watch.check.Subject;
import org.tidemark.watch.status.ClusterStatus;
import org.tidemark.watch.status.ClusterStatus.Holding;
import org.tidemark.watch.status.ClusterStatus.Incarnation;
import org.tidemark.watch.status.ClusterStatus.Queue;
import org.tidemark.watch.status.StatusFindings;

/** What protects a cluster, as text. Pure. */
final class StatusLines {
    private static final String NOT_ASKED = "; PostgreSQL was not asked, which is done by: tidemark check";

    private StatusLines() {}

    static List<String> of(ClusterStatus status, Instant now, Terminal terminal) {
        String cluster = status.incarnations().stream()
                .findFirst()
                .map(each -> each.identity().cluster() + " · ")
                .orElse("");
        List<String> lines = new ArrayList<>();
        // If no repository could be read, the error says so.
        if (!status.repositories().read().isEmpty()) {
            lines.addAll(verdict(cluster, status));
            lines.add("");
        }
        for (Incarnation each : status.incarnations()) {
            lines.addAll(of(each, now, terminal));
            lines.add("");
        }
        if (status.queues().isEmpty() && status.received().files() == 0) {
            lines.add("Nothing is queued on this host");
        }
        status.queues().forEach(each -> lines.add(words(each, now)));
        if (status.received().files() > 0) {
            lines.add(words(status.received(), now));
        }
        status.givenUp().forEach(each -> lines.add(words(each)));
        status.receiver().ifPresent(receiver -> lines.add(words(receiver, now)));
        status.service()
                .ifPresent(service -> lines.add("Service: 'tidemark serve' "
                        + (service.isRunning() ? "is running, process " : "was killed, process ")
                        + service.process().pid()
                        + service.replaced()
                                .map(each -> ", of version " + each.running() + ", while " + each.installed()
                                        + " is installed")
                                .orElse("")));
        status.startedJava().ifPresent(started -> lines.add("Archiving: " + started.text()));
        return lines;
    }

    /** First of all, whether the cluster is protected, as far as this is known. */
    private static List<String> verdict(String cluster, ClusterStatus status) {
        List<Finding> findings = StatusFindings.of(status, Optional.empty());
        List<String> lines = new ArrayList<>();
        lines.add(cluster
                + (Finding.worst(findings) == Severity.CRITICAL ? "NOT FULLY PROTECTED" : restorable(status))
                + NOT_ASKED);
        findings.stream().sorted(Subject.worstFirst()).forEach(each -> {
            lines.add(String.format(Locale.ROOT, "%-8s %-16s %s", each.severity(), each.subject(), each.message()));
            lines.add(" ".repeat(9) + "HINT: " + each.hint());
        });
        return lines;
    }

    /** What does not answer may hold newer WAL: then recover refuses, unless the others are named. */
    private static String restorable(ClusterStatus status) {
        Set<String> unread = status.repositories().failures().keySet();
        return unread.isEmpty()
                ? "can be restored"
                : "can be restored with --repository "
                        + String.join(" --repository ", status.repositories().read()) + ", while '"
                        + String.join("', '", unread) + (unread.size() == 1 ? "' does" : "' do") + " not answer";
    }

    private static List<String> of(Incarnation incarnation, Instant now, Terminal terminal) {
        ClusterIdentity identity = incarnation.identity();
        List<String> lines = new ArrayList<>();
        lines.add(identity.cluster() + " · PostgreSQL " + identity.postgresMajor() + " · system " + identity.system());
        lines.addAll(table(incarnation, now));
        incarnation
                .unfinished()
                .forEach(each -> lines.add("Backup " + each.id() + ": " + each.state() + ", "
                        + String.join("; ", BackupRemarks.of(each, now).notes())));
        lines.add("");
        List<String> together = reachable(incarnation.together(), now);
        lines.addAll(together);
        incarnation.forecast().map(RestoreForecast::text).ifPresent(each -> lines.add("Forecast: " + each));
        List<String> picture =
                TimelinePicture.of(incarnation.together().timelines(), terminal.width(), terminal.signs());
        if (!picture.isEmpty()) {
            lines.add("");
            lines.addAll(picture);
        }
        incarnation.alone().forEach((repository, holding) -> {
            List<String> alone = reachable(holding, now);
            if (!alone.equals(together)) {
                lines.add("");
                lines.add("From '" + repository + "' alone:");
                alone.forEach(line -> lines.add("  " + line));
            }
        });
        return lines;
    }

    private static List<String> table(Incarnation incarnation, Instant now) {
        TextTable table = new TextTable(
                Column.left("REPOSITORY"),
                Column.left("LAST BACKUP"),
                Column.left("ENDED (UTC)"),
                Column.right("AGE"),
                Column.left("LAST WAL"),
                Column.left("STORED (UTC)"),
                Column.right("AGE"));
        incarnation.alone().forEach((repository, holding) -> {
            List<String> backup = holding.newest()
                    .map(each -> List.of(
                            each.id().value(),
                            Amounts.minute(each.run().ended()),
                            age(each.run().ended(), now)))
                    .orElse(List.of("none", "-", "-"));
            List<String> wal = holding.newestWal()
                    .map(each ->
                            List.of(each.last().name(), Amounts.minute(each.lastStored()), age(each.lastStored(), now)))
                    .orElse(List.of("none", "-", "-"));
            table.row(Stream.of(List.of(repository), backup, wal)
                    .flatMap(List::stream)
                    .toArray(String[]::new));
        });
        return table.lines();
    }

    private static List<String> reachable(Holding holding, Instant now) {
        List<String> lines = new ArrayList<>(IntervalLines.of(holding.recoverable(), holding.newestCommit(), now));
        for (ReachableTimeline timeline : holding.timelines()) {
            timeline.lost().forEach(each -> lines.add(words(timeline, each)));
        }
        return lines;
    }

    private static String words(ReachableTimeline timeline, LostMoments lost) {
        String moments = lost.until()
                .map(until -> "between " + Amounts.second(lost.from()) + " and " + Amounts.second(until) + " ("
                        + Amounts.duration(Duration.between(lost.from(), until)) + ")")
                .orElse("after " + Amounts.second(lost.from()));
        return (lost.isRemoved() ? "Removed" : "Lost") + " on timeline " + timeline.timeline() + ": every moment "
                + moments + ", because " + lost.missing().name()
                + (lost.isRemoved() ? " was removed by an expiry" : " is missing")
                + (lost.useless() == 0
                        ? ""
                        : "; " + Amounts.count(lost.useless(), "later segment", "later segments") + " cannot be used")
                + (lost.until().isPresent() ? "" : ". Take a new backup with: tidemark backup");
    }

    private static String words(Queue queue, Instant now) {
        String waiting = queue.objects() == 0
                ? "Nothing is queued on this host"
                : "Queued on this host: " + Amounts.count(queue.objects(), "object", "objects")
                        + (queue.bytes() == 0 ? "" : ", " + Amounts.size(queue.bytes()));
        return waiting + " for '" + queue.repository() + "'"
                + queue.oldest()
                        .map(since -> ", the oldest for " + age(since, now))
                        .orElse("")
                + (queue.refused() == 0 ? "" : "; " + queue.refused() + " refused, see: tidemark check");
    }

    private static String words(ReceiveSpool.Waiting received, Instant now) {
        return "Received on this host, not archived yet: "
                + Amounts.count(received.files(), "WAL file", "WAL files") + ", " + Amounts.size(received.bytes())
                + received.oldest()
                        .map(since -> ", the oldest for " + age(since, now))
                        .orElse("");
    }

    private static String words(LocalReceiver receiver, Instant now) {
        return "Receiver: "
                + (receiver.isRunning()
                        ? "'" + receiver.name() + "' is running, process "
                                + receiver.process().pid()
                        : "no wal-receive runs on this host; the last one was '" + receiver.name() + "'")
                + receiver.last()
                        .map(last -> ", the last WAL came " + age(last.at(), now) + " ago for "
                                + last.segment().name())
                        .orElse("");
    }

    private static String words(GivenUpWal given) {
        return "Dropped on this host, not archived: " + given.first().name()
                + (given.first().equals(given.last())
                        ? ""
                        : " to " + given.last().name())
                + "; see: tidemark check";
    }

    private static String age(Instant moment, Instant now) {
        return Amounts.duration(Duration.between(moment, now));
    }
}
