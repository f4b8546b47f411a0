// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.cron;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.operations.status.ClusterStatus;
import org.tidemark.operations.status.ClusterStatus.Holding;
import org.tidemark.recoverability.RecoverableIntervals.Interval;
import org.tidemark.recoverability.RecoverableIntervals.Unreachable;

/**
 * A base backup that is needed out of turn: without it, the newest WAL cannot be restored. Immutable.
 *
 * @param due by what is stored alone, so that all hosts attempt the same run
 * @param why a part of a sentence
 */
public record LackingBackup(Instant due, String why) {
    /**
     * The one that a cluster lacks. Each repository is to be read: what is missing in one may be in another.
     *
     * @param patience how long WAL that is missing may take to come
     */
    static Optional<LackingBackup> of(ClusterStatus status, Duration patience) {
        if (!status.reading().repositories().failures().isEmpty()) {
            return Optional.empty();
        }
        return status.incarnations().stream()
                .findFirst()
                .flatMap(newest -> Stream.concat(
                                in(newest.together(), "").stream(),
                                newest.alone().entrySet().stream()
                                        .filter(each -> each.getValue().newest().isEmpty())
                                        .flatMap(each -> in(each.getValue(), " in '" + each.getKey() + "'").stream()))
                        .max(Comparator.comparing(LackingBackup::due)))
                .map(each -> new LackingBackup(each.due.plus(patience), each.why));
    }

    private static Optional<LackingBackup> in(Holding holding, String where) {
        return holding.newestWal()
                .filter(wal -> holding.recoverable().intervals().stream().noneMatch(each -> leadsTo(wal, each)))
                .map(wal -> new LackingBackup(since(wal, holding), why(wal, holding) + where));
    }

    private static boolean leadsTo(WalRun wal, Interval interval) {
        return interval.last().timeline().equals(wal.timeline())
                && interval.last().compareTo(wal.last()) >= 0;
    }

    /** A backup that was taken since was damaged later, or it would be restored: that is another loss. */
    private static Instant since(WalRun wal, Holding holding) {
        Instant begun = wal.firstStored();
        return holding.newest()
                .map(BaseBackup::run)
                .map(BaseBackup.Run::ended)
                .filter(begun::isBefore)
                .orElse(begun)
                .truncatedTo(ChronoUnit.SECONDS);
    }

    private static String why(WalRun wal, Holding holding) {
        return holding.recoverable().unreachable().stream()
                .filter(each ->
                        each.timeline().equals(wal.timeline()) && each.last().compareTo(wal.last()) >= 0)
                .findFirst()
                .map(LackingBackup::why)
                .orElse(holding.newest().isEmpty() ? "there is no backup" : "every backup is damaged");
    }

    private static String why(Unreachable range) {
        return switch (range.reason()) {
            case HOLE -> "WAL before '" + range.first().name() + "' is missing";
            case NO_BACKUP -> "no backup leads to '" + range.first().name() + "'";
            case NO_HISTORY, DAMAGED_HISTORY -> "the history of timeline " + range.timeline() + " cannot be read";
        };
    }
}
