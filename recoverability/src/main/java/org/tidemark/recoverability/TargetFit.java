// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import static org.tidemark.recoverability.PlanFinding.Topic.BACKUP;
import static org.tidemark.recoverability.PlanFinding.Topic.TARGET;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.UtcTime;
import org.tidemark.postgres.wal.RestorePoint;

/** Which backups come before a target, and why one of them is the best. Immutable. */
final class TargetFit {
    /** PostgreSQL's log and recovery_target_xid show the low 32 of the 64 bits of a transaction id. */
    private static final long ROUND = 1L << 32;

    private final RecoveryTarget target;
    private final Optional<RestorePoints> points;
    private final boolean isSearched;
    private final long fullXid;

    /**
     * Judges the backups of a catalog.
     *
     * @param all every one of them, to tell what the upper half of a transaction id is
     * @param searched what the WAL says; empty if it was not read
     */
    TargetFit(RecoveryTarget target, List<BackupCandidate> all, Optional<? extends SearchedWal> searched) {
        this.target = target;
        this.points = searched.filter(RestorePoints.class::isInstance).map(RestorePoints.class::cast);
        this.isSearched = searched.isPresent();
        this.fullXid = target instanceof RecoveryTarget.AtXid at
                ? completed(at.xid(), newestXid(all).orElse(at.xid()))
                : 0;
    }

    /** Whether a recovery from the backup passes the target for certain. */
    boolean comesBefore(BackupCandidate backup) {
        return switch (target) {
            case RecoveryTarget.Latest latest -> true;
            case RecoveryTarget.Immediate immediate -> true;
            case RecoveryTarget.AtRestorePoint point ->
                points.isEmpty() || points.get().reachedFrom(backup).isPresent();
            // PostgreSQL accepts a time before the end of the backup in silence, and stops somewhere else.
            case RecoveryTarget.AtTime at -> !backup.ended().isAfter(at.time());
            case RecoveryTarget.AtLsn at -> !backup.stopLsn().isAfter(at.lsn());
            case RecoveryTarget.AtXid at ->
                backup.nextXid().isPresent()
                        && Long.compareUnsigned(backup.nextXid().getAsLong(), fullXid) <= 0;
        };
    }

    /** The restore point at which a recovery from the backup ends; empty for other targets, or if no WAL was read. */
    Optional<RestorePoint> reached(BackupCandidate backup) {
        return points.flatMap(known -> known.reachedFrom(backup));
    }

    /** Whether the operator may name a backup for which {@link #comesBefore} is not known. */
    Optional<PlanFinding> doubt(BackupCandidate backup) {
        return target instanceof RecoveryTarget.AtXid && !comesBefore(backup)
                ? Optional.of(PlanFinding.warning(
                        TARGET,
                        "it is not certain that transaction " + Long.toUnsignedString(fullXid) + " ended after backup "
                                + backup.id(),
                        "If it ended before, PostgreSQL will stop and say that the target was not reached."))
                : Optional.empty();
    }

    /** Why none of these backups comes before the target, and which targets are possible. */
    PlanFinding tooEarly(List<BackupCandidate> backups) {
        return switch (target) {
            case RecoveryTarget.AtTime at -> {
                // Shown in microseconds: rounded up, so that the backup has ended.
                Instant nearest = backups.stream()
                        .map(BackupCandidate::ended)
                        .min(Instant::compareTo)
                        .orElseThrow();
                yield unreachable(
                        "the target " + UtcTime.exact(at.time()) + " is earlier than the end of " + which(backups),
                        "The nearest possible target: --target-time '"
                                + UtcTime.exact(nearest.plusNanos(999).truncatedTo(ChronoUnit.MICROS)) + "'.");
            }
            case RecoveryTarget.AtLsn at -> {
                Lsn nearest = backups.stream()
                        .map(BackupCandidate::stopLsn)
                        .min(Lsn::compareTo)
                        .orElseThrow();
                yield unreachable(
                        "the target " + at.lsn() + " is earlier than the end of " + which(backups),
                        "The nearest possible target: --target-lsn " + nearest + ".");
            }
            default ->
                unreachable(
                        "no backup is known to have ended before transaction " + Long.toUnsignedString(fullXid),
                        "Name the backup to try with --backup, or the moment with --target-time.");
        };
    }

    private static String which(List<BackupCandidate> backups) {
        return backups.size() == 1 ? "backup " + backups.getFirst().id() : "every backup on its timeline path";
    }

    /**
     * Why a backup is taken, for people.
     *
     * @param passedOver whether it is not the first of the fitting ones
     */
    String reason(boolean passedOver) {
        String first = switch (target) {
            case RecoveryTarget.Latest latest -> "the newest";
            case RecoveryTarget.Immediate immediate -> "the newest";
            case RecoveryTarget.AtTime at -> "the newest that ended before the target";
            case RecoveryTarget.AtLsn at -> "the newest that ended before the target";
            case RecoveryTarget.AtXid at -> "the newest that ended before the transaction began";
            case RecoveryTarget.AtRestorePoint point ->
                points.isPresent()
                        ? "the newest that ended before a restore point of this name"
                        : "the oldest from which all WAL is archived, since it is not known when the restore point was"
                                + " created";
        };
        return first + (passedOver && !prefersOldest() ? ", of those that can be used" : "");
    }

    boolean prefersOldest() {
        return target instanceof RecoveryTarget.AtRestorePoint && points.isEmpty();
    }

    /** What the operator must know of the target itself, and of the backup that is to lead to it. */
    List<PlanFinding> remarks(BackupCandidate backup) {
        return switch (target) {
            case RecoveryTarget.AtXid at -> {
                List<PlanFinding> remarks = new ArrayList<>();
                if (fullXid != at.xid()) {
                    remarks.add(PlanFinding.note(
                            TARGET, "transaction " + at.xid() + " is assumed to be " + Long.toUnsignedString(fullXid)));
                }
                if (!isSearched) {
                    remarks.add(unknown("transaction " + Long.toUnsignedString(fullXid)));
                }
                yield remarks;
            }
            case RecoveryTarget.AtRestorePoint point when points.isPresent() -> severalOfOneName(points.get(), backup);
            case RecoveryTarget.AtRestorePoint point ->
                List.of(
                        unknown("restore point '" + point.name() + "'"),
                        PlanFinding.note(
                                BACKUP,
                                "a later backup may also work and needs less WAL: name it with --backup if you know that"
                                        + " it ended before the restore point; if several restore points have this"
                                        + " name, recovery ends at the first"));
            default -> List.of();
        };
    }

    private static List<PlanFinding> severalOfOneName(RestorePoints points, BackupCandidate backup) {
        List<PlanFinding> remarks = new ArrayList<>();
        List<RestorePoint> replayed = points.replayedFrom(backup);
        if (replayed.size() > 1) {
            RestorePoint last = replayed.getLast();
            remarks.add(PlanFinding.warning(
                    BACKUP,
                    "after backup " + backup.id() + " the name '" + points.name() + "' was given "
                            + replayed.size() + " times, and recovery ends at the first: the last is at " + last.end()
                            + ", created at " + UtcTime.exact(last.created()),
                    "For the last one, give its position instead of its name: --target-lsn " + last.end()
                            + " --exclusive"));
        }
        remarks.add(PlanFinding.note(
                BACKUP, "for an earlier restore point of this name, name an earlier backup with --backup"));
        return remarks;
    }

    /** Only the WAL itself tells, and it was not read. */
    private static PlanFinding unknown(String what) {
        return PlanFinding.note(
                TARGET,
                "only the WAL itself tells whether it holds " + what
                        + ": without it PostgreSQL will stop and say that it was not reached");
    }

    private static OptionalLong newestXid(List<BackupCandidate> all) {
        return all.stream()
                .filter(backup -> backup.nextXid().isPresent())
                .mapToLong(backup -> backup.nextXid().getAsLong())
                .reduce((a, b) -> Long.compareUnsigned(a, b) >= 0 ? a : b);
    }

    private static PlanFinding unreachable(String message, String hint) {
        return PlanFinding.problem(ExitCode.TARGET_UNREACHABLE, TARGET, message, hint);
    }

    /**
     * The full id that the operator means: an id below 2^32 may lack its upper half, and is then the one with these low
     * bits that is nearest to the newest id that is known. All unsigned.
     */
    private static long completed(long xid, long newestKnown) {
        if (Long.compareUnsigned(xid, ROUND) >= 0) {
            return xid;
        }
        long sameRound = (newestKnown & -ROUND) | xid;
        long distance = sameRound - newestKnown;
        if (distance > ROUND / 2 && Long.compareUnsigned(sameRound, ROUND) >= 0) {
            return sameRound - ROUND;
        }
        return distance < -ROUND / 2 ? sameRound + ROUND : sameRound;
    }
}
