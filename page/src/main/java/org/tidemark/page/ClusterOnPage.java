// SPDX-License-Identifier: Apache-2.0
package org.tidemark.page;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tidemark.core.Amounts;
import org.tidemark.core.ClusterName;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.CopyableLines;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.core.Measure;
import org.tidemark.core.Timeline;
import org.tidemark.core.UtcTime;
import org.tidemark.recoverability.PlannedTimeline;
import org.tidemark.recoverability.ReachableTimeline;
import org.tidemark.recoverability.ReachableTimeline.LostMoments;
import org.tidemark.recoverability.RecoverableIntervals;
import org.tidemark.view.IntervalLines;
import org.tidemark.watch.ObservedCluster;
import org.tidemark.watch.ObservedCluster.Reading;
import org.tidemark.watch.fleet.FleetLine;
import org.tidemark.watch.status.ClusterStatus.Holding;
import org.tidemark.watch.status.ClusterStatus.Incarnation;
import org.tidemark.watch.status.ClusterStatus.Queue;

/** What the page of a cluster shows, from what is known of the cluster. Immutable. */
public record ClusterOnPage(ClusterName name, ObservedCluster observed) {
    /** Its line among many clusters: the verdict, and a few numbers. */
    public FleetLine line() {
        return FleetLine.of(name, observed);
    }

    /** The incarnation that lives. */
    public Optional<Incarnation> incarnation() {
        return observed.reading().flatMap(Reading::newest);
    }

    /** What the repositories of the incarnation hold together. */
    public Optional<Holding> together() {
        return incarnation().map(Incarnation::together);
    }

    /**
     * Moments of a timeline at which a restore would do the same, or at which none is possible.
     *
     * @param timeline that the command follows
     * @param until the first moment that is not one of them
     * @param says what a restore would use, or why there is none
     * @param command restores to one of the moments, with {@link #MOMENT} for it; empty if none is possible
     */
    public record Moments(
            Timeline timeline, TimeLine.Kind kind, Instant from, Instant until, String says, Optional<String> command) {
        /** The command for the last of the moments. */
        public Optional<String> lastCommand() {
            return command.map(line -> line.replace(MOMENT, UtcTime.exact(until.minus(1, ChronoUnit.MICROS))));
        }
    }

    /** Stands for a moment in a command. */
    public static final String MOMENT = "MOMENT";

    /** More rows are no help to anybody; what is older stands in the picture. */
    private static final int MOST_ROWS = 300;

    /** What a restore to each moment would use, as the planner says it: the newest moments first. */
    public List<Moments> planned(Instant now) {
        List<Moments> rows = new ArrayList<>();
        together().ifPresent(holding -> {
            for (PlannedTimeline planned : holding.planned()) {
                planned.spans().forEach(span -> rows.add(row(planned, span)));
                holding.timelines().stream()
                        .filter(each -> each.timeline().equals(planned.timeline()))
                        .forEach(each -> {
                            each.spans().stream()
                                    .filter(span -> span.from().isBefore(planned.lookedAtFrom()))
                                    .forEach(span -> rows.add(unplanned(planned, span)));
                            each.lost().forEach(lost -> rows.add(lost(planned, lost, now)));
                        });
            }
        });
        // Of two that overlap, as where a timeline goes on beside another, that of recover without options is first.
        rows.sort(Comparator.comparing(Moments::from).reversed());
        return rows.subList(0, Math.min(MOST_ROWS, rows.size()));
    }

    private Moments row(PlannedTimeline planned, PlannedTimeline.Span span) {
        return new Moments(
                planned.timeline(),
                span.isSure() ? TimeLine.Kind.REACHABLE : TimeLine.Kind.UNSURE,
                span.from(),
                span.until(),
                "backup " + span.backup() + ", and WAL from " + span.first().name() + " on"
                        + (span.isSure() ? "" : "; whether a commit follows the moment was not looked at"),
                Optional.of(command(planned)));
    }

    private Moments unplanned(PlannedTimeline planned, ReachableTimeline.Span span) {
        return new Moments(
                planned.timeline(),
                TimeLine.Kind.UNSURE,
                span.from(),
                span.to().isBefore(planned.lookedAtFrom()) ? span.to() : planned.lookedAtFrom(),
                "a backup before the moment, if its WAL is archived; no plan was made for it",
                Optional.of(command(planned)));
    }

    private static Moments lost(PlannedTimeline planned, LostMoments lost, Instant now) {
        return new Moments(
                planned.timeline(),
                lost.isRemoved() ? TimeLine.Kind.REMOVED : TimeLine.Kind.LOST,
                lost.from(),
                lost.until().orElse(now),
                lost.missing().name() + (lost.isRemoved() ? " was removed by an expiry" : " is missing"),
                Optional.empty());
    }

    private String command(PlannedTimeline planned) {
        CopyableCommand command = CopyableCommand.of("recover", "--to", "DIR");
        if (planned.isNamed()) {
            command = command.with(List.of("--timeline", planned.timeline().toString()));
        }
        return completed(command + " --target-time '" + MOMENT + "'");
    }

    /** The picture of them; empty if nothing is known. */
    public Optional<TimeLine> picture(Instant now) {
        return incarnation().map(each -> TimeLine.of(each, now));
    }

    /** What a repository has, beside the others. */
    public record Share(
            String repository,
            Holding holding,
            long lackedBackups,
            long holes,
            Optional<Queue> queue,
            Optional<Long> freeBytes) {}

    /** Each repository of the incarnation. */
    public List<Share> shares() {
        return incarnation().stream()
                .flatMap(incarnation -> incarnation.alone().entrySet().stream().map(each -> share(incarnation, each)))
                .toList();
    }

    private Share share(Incarnation incarnation, Map.Entry<String, Holding> each) {
        return new Share(
                each.getKey(),
                each.getValue(),
                incarnation.backups().stream()
                        .filter(backup -> !backup.repositories().contains(each.getKey()))
                        .count(),
                each.getValue().timelines().stream()
                        .flatMap(timeline -> timeline.lost().stream())
                        .filter(lost -> !lost.isRemoved())
                        .count(),
                observed.reading().stream()
                        .flatMap(reading -> reading.queues().stream())
                        .filter(queue -> queue.repository().equals(each.getKey()))
                        .findFirst(),
                observed.checked().stream()
                        .flatMap(checked -> checked.report().findings().stream())
                        .filter(finding -> finding.repository()
                                .filter(each.getKey()::equals)
                                .isPresent())
                        .flatMap(finding -> Optional.ofNullable(finding.values().get(Measure.FREE)).stream())
                        .min(Comparator.naturalOrder()));
    }

    /** A part of a text: words, or a command to type. */
    public record Piece(String text, boolean isCommand) {}

    /** A command ends with its sentence, its line or its bracket. */
    private static final Pattern COMMAND =
            Pattern.compile("(?<![\\w/.-])tidemark [a-z].*?(?=[.,;:)]+(?:\\s|$)|$)", Pattern.MULTILINE);

    /** A message or a hint, in which each command names this cluster and stands alone. */
    public List<Piece> pieces(String text) {
        String whole = completed(text);
        List<Piece> pieces = new ArrayList<>();
        Matcher command = COMMAND.matcher(whole);
        int end = 0;
        while (command.find()) {
            pieces.add(new Piece(whole.substring(end, command.start()), false));
            pieces.add(new Piece(command.group(), true));
            end = command.end();
        }
        pieces.add(new Piece(whole.substring(end), false));
        return pieces.stream().filter(each -> !each.text().isEmpty()).toList();
    }

    /** The sentences of {@code status} about moments that can be reached; the picture shows the others. */
    public List<String> moments(Instant now) {
        return together()
                .map(each -> IntervalLines.of(
                        new RecoverableIntervals(
                                each.recoverable().latest(),
                                each.recoverable().intervals(),
                                List.of(),
                                each.recoverable().problems()),
                        each.newestCommit(),
                        now))
                .orElse(List.of());
    }

    /** Of which WAL it is not known whether it is still there. */
    public List<String> counted() {
        return observed.reading().stream()
                .flatMap(each -> each.status().counted().stream())
                .map(each -> each.text("status"))
                .toList();
    }

    /** What a drill has proven last; empty where none has passed. */
    public Optional<String> drilled() {
        return incarnation()
                .flatMap(each -> each.drills().lastProven())
                .map(drill -> "A drill on " + drill.host() + " restored "
                        + drill.provenTo()
                                .map(moment -> "the cluster as it was at " + UtcTime.seconds(moment))
                                .orElse("the end of the archived WAL")
                        + ", and everything passed (" + Amounts.minute(drill.ended())
                        + " UTC). See all drills with: tidemark proof");
    }

    /** The first sentence, without its end: protected, or the worst finding. */
    public String sentence() {
        String verdict = line().verdict();
        return verdict.substring(0, 1).toUpperCase(Locale.ROOT) + verdict.substring(1);
    }

    /** What a repository lacks and another one has, or nobody. */
    public String lacks(Share share) {
        String lacked = Stream.of(
                        share.lackedBackups() == 0 ? "" : Amounts.count(share.lackedBackups(), "backup", "backups"),
                        share.holes() == 0 ? "" : Amounts.count(share.holes(), "hole in WAL", "holes in WAL"))
                .filter(each -> !each.isEmpty())
                .collect(Collectors.joining(", "));
        return lacked.isEmpty() ? "nothing" : lacked;
    }

    /** Of repositories that could not be read. */
    public List<Finding> unread() {
        return observed.reading()
                .map(each -> each.status().repositories().warnings())
                .orElse(List.of());
    }

    /** What is not OK, the worst first. */
    public List<Finding> wrong() {
        return FleetLine.wrong(observed);
    }

    /** What is well. */
    public List<Finding> well() {
        return observed.checked()
                .map(each -> each.report().findings().stream()
                        .filter(finding -> finding.severity() == Severity.OK)
                        .toList())
                .orElse(List.of());
    }

    /** A text in which each command names this cluster, so that it can be copied as it stands. */
    public String completed(String text) {
        return CopyableLines.of(Optional.of(name), Optional.empty()).complete(text);
    }
}
