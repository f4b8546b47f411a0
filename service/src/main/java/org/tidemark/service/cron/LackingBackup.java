// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service.cron;

import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.wal.WalInventory.TimelineInventory;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.core.Amounts;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.operations.backups.ListedBackup;
import org.tidemark.recoverability.RecoverableIntervals.Interval;
import org.tidemark.recoverability.RecoverableIntervals.Reason;
import org.tidemark.recoverability.RecoverableIntervals.Unreachable;
import org.tidemark.session.Session;
import org.tidemark.session.reading.BackupState;
import org.tidemark.session.reading.ClusterReading;
import org.tidemark.session.reading.IncarnationReading;
import org.tidemark.session.reading.RestoreForecast;
import org.tidemark.session.reading.WalReading;
import org.tidemark.watch.status.ClusterStatus;
import org.tidemark.watch.status.ClusterStatus.Holding;
import org.tidemark.watch.status.ClusterStatus.Incarnation;

/**
 * A base backup that is needed out of turn: without it, the newest WAL cannot be restored, or not in time, or a drill
 * has found that a restore fails. Immutable.
 *
 * @param due by what is stored alone, so that all hosts attempt the same run, and one loss is one run
 * @param why a sentence without its end
 */
public record LackingBackup(Instant due, String why) {
    /**
     * Reads the repositories of a session. What a count of earlier shows is looked at once more.
     *
     * @param patience how long WAL that is missing may take to come
     * @param rto how long a restore may take; empty if that is no reason
     */
    static Optional<LackingBackup> look(Session session, Duration patience, Optional<Duration> rto, Instant now)
            throws IOException {
        ClusterReading reading = ClusterReading.of(session, WalReading.NEWER, now);
        ClusterStatus status = ClusterStatus.of(session, reading);
        if (of(status, reading, patience).isPresent()) {
            reading = ClusterReading.of(session, WalReading.WHOLE, now);
            status = ClusterStatus.of(session, reading);
            Optional<LackingBackup> lost = of(status, reading, patience);
            if (lost.isPresent()) {
                return lost;
            }
        }
        if (!status.repositories().failures().isEmpty()) {
            return Optional.empty();
        }
        Optional<LackingBackup> failed = afterAFailedDrill(status, reading);
        if (failed.isPresent() || rto.isEmpty()) {
            return failed;
        }
        // A backup that runs, or waits for its WAL, may be all that is needed.
        return status.incarnations().stream()
                .findFirst()
                .filter(newest -> newest.unfinished().stream().noneMatch(LackingBackup::isUnderWay))
                .flatMap(Incarnation::forecast)
                .flatMap(forecast -> tooSlow(forecast, rto.get()));
    }

    /** The drill has found that a restore fails, and no backup was taken since. */
    private static Optional<LackingBackup> afterAFailedDrill(ClusterStatus status, ClusterReading reading) {
        return status.incarnations().stream()
                .findFirst()
                .filter(newest -> newest.unfinished().stream().noneMatch(LackingBackup::isUnderWay))
                .flatMap(newest -> reading.drills(newest.identity())
                        .failureOfData()
                        .filter(failed -> published(reading.of(newest.identity()))
                                .noneMatch(backup -> backup.run().ended().isAfter(failed.ended())))
                        .map(failed -> new LackingBackup(
                                failed.ended().truncatedTo(ChronoUnit.SECONDS),
                                "the drill on " + failed.host() + " at " + Amounts.minute(failed.ended())
                                        + " UTC has failed by the data")));
    }

    private static boolean isUnderWay(ListedBackup backup) {
        return backup.state() == BackupState.RUNNING || backup.state() == BackupState.WAITING;
    }

    /** A new backup saves replay, nothing else. It must save much: otherwise one would soon follow the other. */
    private static Optional<LackingBackup> tooSlow(RestoreForecast forecast, Duration rto) {
        boolean isTooSlow =
                forecast.total().filter(each -> each.compareTo(rto) > 0).isPresent();
        boolean helps = forecast.atBest()
                .filter(each -> each.compareTo(rto.dividedBy(2)) <= 0)
                .isPresent();
        return isTooSlow && helps
                ? Optional.of(new LackingBackup(
                        forecast.backup().ended().plus(rto).truncatedTo(ChronoUnit.SECONDS),
                        forecast.text() + ", and rto is " + Amounts.duration(rto)))
                : Optional.empty();
    }

    /** As {@link #parse} reads it. */
    String text() {
        return due + " " + why;
    }

    static Optional<LackingBackup> parse(String text) {
        String[] parts = text.split(" ", 2);
        try {
            return parts.length == 2
                    ? Optional.of(new LackingBackup(Instant.parse(parts[0]), parts[1]))
                    : Optional.empty();
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    /**
     * The one that a cluster lacks. Each repository is to be read: what is missing in one may be in another.
     *
     * @param patience how long WAL that is missing may take to come
     */
    private static Optional<LackingBackup> of(ClusterStatus status, ClusterReading reading, Duration patience) {
        if (!status.repositories().failures().isEmpty()) {
            return Optional.empty();
        }
        return status.incarnations().stream()
                .findFirst()
                .flatMap(newest -> {
                    List<IncarnationReading> all = reading.of(newest.identity());
                    WalSegmentSize size = newest.identity().walSegmentSize();
                    return Stream.concat(
                                    new Newest(newest.together(), all, size).lacking("").stream(),
                                    all.stream()
                                            .filter(each -> published(List.of(each))
                                                    .findFirst()
                                                    .isEmpty())
                                            .flatMap(each -> Optional.ofNullable(
                                                    newest.alone().get(each.repository()))
                                                    .flatMap(alone -> new Newest(alone, List.of(each), size)
                                                            .lacking(" in '" + each.repository() + "'"))
                                                    .stream()))
                            .max(Comparator.comparing(LackingBackup::due));
                })
                .map(each -> new LackingBackup(each.due.plus(patience).truncatedTo(ChronoUnit.SECONDS), each.why));
    }

    private static Stream<BaseBackup> published(List<IncarnationReading> readings) {
        return readings.stream()
                .flatMap(each -> each.entries().stream())
                .filter(CatalogEntry.Published.class::isInstance)
                .map(each -> ((CatalogEntry.Published) each).backup());
    }

    /**
     * The newest WAL: that of the highest timeline. What an old primary archives beside it is not that of the cluster.
     */
    private record Newest(Holding holding, List<IncarnationReading> readings, WalSegmentSize size) {
        Optional<LackingBackup> lacking(String where) {
            Optional<Timeline> newest = readings.stream()
                    .flatMap(each -> each.inventory().timelines().stream())
                    .filter(each -> !each.runs().isEmpty())
                    .map(TimelineInventory::timeline)
                    .max(Comparator.naturalOrder());
            if (newest.isEmpty()) {
                return Optional.empty();
            }
            List<WalRun> runs = readings.stream()
                    .flatMap(each -> each.inventory().timeline(newest.get()).stream())
                    .flatMap(each -> each.runs().stream())
                    .toList();
            Segment last = runs.stream()
                    .map(WalRun::last)
                    .max(Comparator.naturalOrder())
                    .orElseThrow();
            if (holding.recoverable().intervals().stream().anyMatch(each -> leadsTo(last, each))) {
                return Optional.empty();
            }
            boolean isMinimal =
                    range(last).filter(each -> each.reason() == Reason.MINIMAL).isPresent();
            long first = isMinimal ? range(last).orElseThrow().first().index(size) : firstAfterTheHole(runs, last);
            return (isMinimal ? minimalFound() : since(newest.get(), first, runs))
                    .map(since -> new LackingBackup(
                            since,
                            "the newest WAL cannot be restored, because " + why(newest.get(), first, last) + where));
        }

        private static boolean leadsTo(Segment last, Interval interval) {
            return interval.timeline().equals(last.timeline())
                    && interval.last().timeline().equals(last.timeline())
                    && interval.last().compareTo(last) >= 0;
        }

        /** From which segment on there is no hole, in all that the repositories hold together. */
        private long firstAfterTheHole(List<WalRun> runs, Segment last) {
            long first = last.index(size);
            boolean moves = true;
            while (moves) {
                moves = false;
                for (WalRun each : runs) {
                    if (each.first().index(size) < first && each.last().index(size) >= first - 1) {
                        first = each.first().index(size);
                        moves = true;
                    }
                }
            }
            return first;
        }

        /** The range of segments that cannot be used, in which this one is. */
        private Optional<Unreachable> range(Segment segment) {
            return holding.recoverable().unreachable().stream()
                    .filter(each -> each.timeline().equals(segment.timeline())
                            && each.first().compareTo(segment) <= 0
                            && each.last().compareTo(segment) >= 0)
                    .findFirst();
        }

        private Optional<Instant> minimalFound() {
            return readings.stream()
                    .flatMap(each -> each.marks().minimal().stream())
                    .map(Mark::at)
                    .max(Comparator.naturalOrder());
        }

        /** When the loss was there: what follows the hole was stored, or the backup after it was found damaged. */
        private Optional<Instant> since(Timeline timeline, long first, List<WalRun> runs) {
            Optional<BaseBackup> taken = published(readings)
                    .filter(each -> each.wal().timeline().equals(timeline)
                            && size.segmentNumber(each.wal().start()) >= first)
                    .max(Comparator.comparing(each -> each.wal().stop()));
            if (taken.isEmpty()) {
                return runs.stream()
                        .filter(each -> each.first().index(size) >= first)
                        .map(WalRun::firstStored)
                        .min(Comparator.naturalOrder());
            }
            return readings.stream()
                    .flatMap(each -> each.marks().damage(taken.get()).stream())
                    .map(Mark::at)
                    .max(Comparator.naturalOrder());
        }

        private String why(Timeline timeline, long first, Segment last) {
            Optional<Unreachable> range = range(last);
            String name = Segment.of(timeline, first, size).name();
            if (range.isEmpty()) {
                return published(readings).findAny().isEmpty()
                        ? "there is no backup"
                        : "every backup that leads to '" + name + "' is damaged";
            }
            return switch (range.get().reason()) {
                case HOLE -> "WAL before '" + name + "' is missing";
                case MINIMAL -> "the server ran with wal_level = minimal before '" + name + "'";
                case NO_BACKUP -> "no backup leads to '" + name + "'";
                case NO_HISTORY, DAMAGED_HISTORY -> "the history of timeline " + timeline + " cannot be read";
            };
        }
    }
}
