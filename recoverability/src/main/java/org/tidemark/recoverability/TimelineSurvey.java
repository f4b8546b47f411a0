// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import static org.tidemark.recoverability.PlanFinding.Topic.TARGET;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.TimelinePath;
import org.tidemark.core.UtcTime;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.postgres.wal.TimelineBeginning;

/** Which timeline a recovery can follow, and which backups are on the way. */
public record TimelineSurvey(CatalogSnapshot catalog) {
    /** A backup, and the path that it is to be brought along. */
    record Start(BackupCandidate backup, TimelinePath path) {}

    /**
     * Every start that the choice allows; a timeline that nothing leads to gives none.
     *
     * @param announced are no candidates for the newest one
     */
    List<Start> starts(TimelineChoice choice, List<BackupCandidate> backups, AnnouncedTimelines announced) {
        return switch (choice) {
            case TimelineChoice.Current current ->
                backups.stream()
                        .flatMap(backup -> path(backup.timeline()).stream()
                                .filter(path -> backup.isOn(path))
                                .map(path -> new Start(backup, path)))
                        .toList();
            case TimelineChoice.Numbered number -> startsOn(number.timeline(), backups);
            case TimelineChoice.Latest latest ->
                catalog.timelines().descendingSet().stream()
                        .filter(timeline -> !announced.contains(timeline))
                        .map(timeline -> startsOn(timeline, backups))
                        .filter(starts -> !starts.isEmpty())
                        .findFirst()
                        .orElse(List.of());
        };
    }

    /** Why there is no start. */
    PlanFinding nothingLeadsTo(TimelineChoice choice, List<BackupCandidate> backups) {
        if (choice instanceof TimelineChoice.Numbered number) {
            if (!catalog.timelines().contains(number.timeline())) {
                return PlanFinding.problem(
                        ExitCode.TARGET_UNREACHABLE,
                        TARGET,
                        "nothing of timeline " + number.timeline() + " is archived",
                        "Archived timelines: " + names(catalog.timelines()) + ".");
            }
            if (!isHistoryKnown(number.timeline())) {
                return historyLost(number.timeline());
            }
            return PlanFinding.problem(
                    ExitCode.TARGET_UNREACHABLE,
                    TARGET,
                    "no backup is on the path to timeline " + number.timeline(),
                    "There are backups on the timelines "
                            + names(backups.stream()
                                    .map(BackupCandidate::timeline)
                                    .sorted()
                                    .distinct()
                                    .toList())
                            + "; --timeline latest follows the highest timeline that one of these backups leads to.");
        }
        Optional<Timeline> lost = backups.stream()
                .map(BackupCandidate::timeline)
                .filter(timeline -> !isHistoryKnown(timeline))
                .max(Timeline::compareTo);
        if (lost.isPresent()) {
            return historyLost(lost.get());
        }
        return PlanFinding.problem(
                ExitCode.NO_BACKUP,
                TARGET,
                "no backup can be recovered along its own timeline",
                "The archived timeline histories do not match the backups. List the timelines with: tidemark wal-list");
    }

    /** PostgreSQL asks for the history first, and no recovery can tell an absent one from one that was lost. */
    private PlanFinding historyLost(Timeline timeline) {
        return PlanFinding.problem(
                ExitCode.TARGET_UNREACHABLE,
                TARGET,
                "timeline " + timeline + " cannot be followed: '" + timeline.toHex()
                        + (catalog.damagedHistories().contains(timeline)
                                ? ".history' cannot be read"
                                : ".history' is not archived"),
                "Is it in the pg_wal of a server, or in another repository? Archive it with: tidemark wal-push PATH/"
                        + timeline.toHex() + ".history");
    }

    /** What an operator must know of the timelines beside the one that was chosen. */
    List<PlanFinding> beside(RecoveryRequest request, RecoveryChain chain) {
        List<PlanFinding> findings = new ArrayList<>();
        TimelinePath path = chain.path();
        Timeline chosen = path.timeline();
        if (request.timeline() instanceof TimelineChoice.Latest) {
            unknownAfter(chosen).ifPresent(findings::add);
            if (request.target() instanceof RecoveryTarget.AtTime at) {
                abandonedAt(at.time(), path).ifPresent(findings::add);
            }
            if (request.target() instanceof RecoveryTarget.AtLsn at) {
                abandonedAt(at.lsn(), path).ifPresent(findings::add);
            }
        }
        PathWal wal = new PathWal(path, catalog.wal());
        Optional<Instant> newest = wal.newestStored();
        for (Timeline other : catalog.wal().timelines()) {
            wal.newestBeside(other)
                    .filter(stored -> newest.isEmpty() || stored.isAfter(newest.get()))
                    .ifPresent(stored -> findings.add(PlanFinding.note(
                            TARGET,
                            "timeline " + other + " holds newer WAL, stored at " + UtcTime.seconds(stored)
                                    + ", that does not lead to timeline " + chosen)));
        }
        return findings;
    }

    /**
     * At that time the cluster may have been on a part of a timeline that was abandoned later: then the path passes the
     * time where the next timeline begins, and what was there at that time is on the other one. Where that went on
     * after the segment in which the next one begins, an operator has to choose: after a restore that went too far,
     * what they look for is there, and PostgreSQL would end before it without a word. In a failover, a primary that is
     * stopped archives that segment itself, and nothing of it may be abandoned.
     */
    private Optional<PlanFinding> abandonedAt(Instant time, TimelinePath path) {
        List<TimelinePath.Stretch> stretches = path.stretches();
        for (int i = 0; i + 1 < stretches.size(); i++) {
            TimelinePath.Stretch parent = stretches.get(i);
            Timeline child = stretches.get(i + 1).timeline();
            boolean wentOn = LastWritten.beside(path, parent.timeline(), catalog)
                    .filter(last -> !last.at().isBefore(time))
                    .isPresent();
            if (wentOn && !wasShared(parent, child, time) && !hadBegun(child, time)) {
                String message = "at that time the cluster may have been on a part of timeline " + parent.timeline()
                        + " that was abandoned when timeline " + child
                        + " began: its state is then not on the path to timeline " + path.timeline();
                String hint = "Choose: --timeline " + parent.timeline() + " restores what timeline "
                        + parent.timeline() + " held at that time; --timeline " + path.timeline()
                        + " follows the path to timeline " + path.timeline();
                boolean wentFar = catalog.wal()
                        .of(parent.timeline())
                        .last(parent.last() + 2, Long.MAX_VALUE)
                        .isPresent();
                return Optional.of(
                        wentFar
                                ? PlanFinding.problem(ExitCode.TARGET_UNREACHABLE, TARGET, message, hint)
                                : PlanFinding.warning(TARGET, message, hint));
            }
        }
        return Optional.empty();
    }

    /** The child's first segment begins with what the parent wrote there. */
    private boolean wasShared(TimelinePath.Stretch parent, Timeline child, Instant time) {
        Stream<Instant> shared = Stream.concat(
                catalog.beginning(child).flatMap(TimelineBeginning::before).stream(),
                parent.last() < parent.first()
                        ? Stream.empty()
                        : LastWritten.in(
                                Segment.of(
                                        parent.timeline(),
                                        parent.last(),
                                        catalog.wal().segmentSize()),
                                catalog)
                                .map(LastWritten::at)
                                .stream());
        return shared.anyMatch(at -> !at.isBefore(time));
    }

    private boolean hadBegun(Timeline child, Instant time) {
        return catalog.begun(child).filter(begun -> !begun.isAfter(time)).isPresent();
    }

    /** A position that two timelines of the path have: on the parent, what was written there was abandoned later. */
    private Optional<PlanFinding> abandonedAt(Lsn position, TimelinePath path) {
        long place = path.size().segmentNumber(position);
        for (TimelineHistory.Switch end : path.history().switches()) {
            boolean wentOn = !position.isBefore(end.at())
                    && catalog.wal()
                            .of(end.parent())
                            .last(place, Long.MAX_VALUE)
                            .isPresent();
            if (wentOn) {
                return Optional.of(PlanFinding.warning(
                        TARGET,
                        "position " + position + " is also on a part of timeline " + end.parent()
                                + " that was abandoned: the path to timeline " + path.timeline() + " leaves it at "
                                + end.at() + ", and what was written there after that is not on this path",
                        "To restore what timeline " + end.parent() + " held there: add --timeline " + end.parent()));
            }
        }
        return Optional.empty();
    }

    /** A later timeline that may go on from the chosen one: then the end of the chosen one was abandoned. */
    private Optional<PlanFinding> unknownAfter(Timeline chosen) {
        return catalog.timelines().tailSet(chosen, false).stream()
                .filter(later -> !isHistoryKnown(later))
                .findFirst()
                .map(later -> PlanFinding.problem(
                        ExitCode.TARGET_UNREACHABLE,
                        TARGET,
                        "it is unknown whether timeline " + later + " continues timeline " + chosen + ": '"
                                + later.toHex() + ".history' is not archived, or cannot be read",
                        "Is it still in a pg_wal, or in another repository? If timeline " + chosen
                                + " is the right one, say so with --timeline " + chosen + "."));
    }

    boolean isHistoryKnown(Timeline timeline) {
        return catalog.history(timeline).isPresent();
    }

    /** Empty without its history: then the timeline's ancestors are unknown. */
    private Optional<TimelinePath> path(Timeline timeline) {
        return catalog.history(timeline)
                .map(history -> new TimelinePath(history, catalog.wal().segmentSize()));
    }

    /** The backups that lead to a timeline. */
    public List<BackupCandidate> onPath(Timeline timeline, List<BackupCandidate> backups) {
        return startsOn(timeline, backups).stream().map(Start::backup).toList();
    }

    private List<Start> startsOn(Timeline timeline, List<BackupCandidate> backups) {
        return path(timeline).stream()
                .flatMap(path ->
                        backups.stream().filter(backup -> backup.isOn(path)).map(backup -> new Start(backup, path)))
                .toList();
    }

    private static String names(Iterable<Timeline> timelines) {
        List<String> names = new ArrayList<>();
        timelines.forEach(timeline -> names.add(timeline.toString()));
        return names.stream().collect(Collectors.joining(", "));
    }
}
