// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import static org.tidemark.recoverability.PlanFinding.Topic.TARGET;
import static org.tidemark.recoverability.PlanFinding.Topic.WAL;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.TimelinePath;
import org.tidemark.core.UtcTime;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.wal.change.EndOfTransaction;

/** Looks at one backup and the path on from it: does the WAL lead to the target? */
final class RecoveryChainCheck {
    /** How much longer a segment may have been on its way than the one with the end of a backup. */
    private static final Duration TOLERANCE = Duration.ofMinutes(5);

    /** Times in a store may be of whole seconds, cut off; and two clocks that are right differ a little. */
    private static final Duration RESOLUTION = Duration.ofSeconds(2);

    /** After its end, the last WAL of a backup is archived sooner than this. */
    private static final Duration LATE = Duration.ofHours(1);

    private final RecoveryTarget target;
    private final List<BackupCandidate> backups;
    private final Optional<? extends SearchedWal> searched;

    /**
     * For one target.
     *
     * @param backups all of them: each tells what time it was at a position
     * @param searched what the WAL says; empty if it was not read
     */
    RecoveryChainCheck(RecoveryTarget target, List<BackupCandidate> backups, Optional<? extends SearchedWal> searched) {
        this.target = target;
        this.backups = List.copyOf(backups);
        this.searched = searched;
    }

    /** The chain from a backup that is on the path and before the target. */
    RecoveryChain survey(BackupCandidate backup, PathWal wal) {
        WalSegmentSize size = wal.path().size();
        long first = backup.wal().first(size).index(size);
        long consistent = backup.wal().last(size).index(size);
        long archived = Math.max(consistent, wal.last().orElse(consistent));
        OptionalLong found = end(backup, wal);
        List<PlanFinding> findings = new ArrayList<>();
        RequiredWal need = switch (target) {
            case RecoveryTarget.Latest latest -> whole(wal.need(first, archived), backup, wal, findings);
            case RecoveryTarget.Immediate immediate -> whole(wal.need(first, consistent), backup, wal, findings);
            case RecoveryTarget.AtLsn at ->
                found.isPresent()
                        ? whole(wal.need(first, Math.max(consistent, found.getAsLong())), backup, wal, findings)
                        : upTo(at, first, backup, wal, findings);
            case RecoveryTarget.AtTime at ->
                found.isPresent()
                        ? whole(wal.need(first, Math.max(consistent, found.getAsLong())), backup, wal, findings)
                        : upTo(at, first, consistent, archived, backup, wal, findings);
            case RecoveryTarget.AtXid xid -> {
                sought(wal.path())
                        .flatMap(each -> missed(xid, each, backup, wal))
                        .ifPresent(findings::add);
                yield found.isPresent()
                        ? whole(wal.need(first, Math.max(consistent, found.getAsLong())), backup, wal, findings)
                        : somewhere(first, consistent, archived, backup, wal, findings);
            }
            case RecoveryTarget.AtRestorePoint point ->
                found.isPresent()
                        ? whole(wal.need(first, Math.max(consistent, found.getAsLong())), backup, wal, findings)
                        : somewhere(first, consistent, archived, backup, wal, findings);
        };
        // Where only a parent's part of the last segment is there, the backup may end after it.
        if (need.isWhole() && wal.end().filter(backup.stopLsn()::isAfter).isPresent()) {
            findings.add(PlanFinding.problem(
                    ExitCode.WAL_MISSING,
                    WAL,
                    "the archived WAL ends at " + wal.end().get() + ", before the end of backup " + backup.id(),
                    "Without it backup " + backup.id() + " cannot be made consistent."));
        }
        return new RecoveryChain(
                backup,
                wal.path(),
                need,
                wal.need(first, archived),
                furthest(backup, consistent, archived, wal),
                findings);
    }

    private Optional<FoundTransaction> sought(TimelinePath path) {
        return searched.filter(FoundTransaction.class::isInstance)
                .map(FoundTransaction.class::cast)
                .filter(each -> each.isOn(path));
    }

    /** Why no recovery from the backup ends at a transaction, as the WAL says. */
    private static Optional<PlanFinding> missed(
            RecoveryTarget.AtXid target, FoundTransaction sought, BackupCandidate backup, PathWal wal) {
        String xid = "transaction " + Integer.toUnsignedString((int) target.xid());
        if (sought.end().isPresent()) {
            EndOfTransaction end = sought.end().get();
            if (end.parent().isPresent()) {
                String parent = Integer.toUnsignedString(end.parent().getAsInt());
                return Optional.of(beyond(
                        xid + " is a part of transaction " + parent + ", such as a savepoint makes: PostgreSQL ends no"
                                + " recovery at a part of a transaction",
                        "Name the whole transaction, which was committed at " + UtcTime.exact(end.time())
                                + ": --target-xid " + parent));
            }
            return end.end().isAfter(backup.stopLsn())
                    ? Optional.empty()
                    : Optional.of(beyond(
                            xid + " ended at " + end.at() + ", before the end of backup " + backup.id() + " at "
                                    + backup.stopLsn(),
                            "Leave out --backup, or name an earlier one. To recover only until this backup is"
                                    + " consistent: --target-immediate"));
        }
        return sought.isComplete()
                ? Optional.of(beyond(
                        xid + " does not end in the archived WAL of timeline "
                                + wal.path().timeline() + " after backup " + backup.id()
                                + wal.end().map(end -> ", which ends at " + end).orElse(""),
                        "Is it the right number? Is there newer WAL on the old server? Archive it with: tidemark"
                                + " switch-wal. It may also have ended on another timeline (--timeline), or before this"
                                + " backup (--backup). Without a target, all archived WAL is replayed."))
                : Optional.of(beyond(
                        xid + " was not found in the archived WAL before the first segment that is missing",
                        "Is the missing WAL in pg_wal of the server, or in another repository? It may also have ended"
                                + " on another timeline (--timeline), or before this backup (--backup)."));
    }

    /** The segment with the record at which the recovery ends, if the WAL was read and it was found. */
    private OptionalLong end(BackupCandidate backup, PathWal wal) {
        return searched.isPresent() ? searched.get().end(backup, wal.path()) : OptionalLong.empty();
    }

    /** A segment that waited for its archiver was stored late: only a later backup tells that a time was over. */
    private long furthest(BackupCandidate backup, long consistent, long archived, PathWal wal) {
        return switch (target) {
            case RecoveryTarget.Immediate immediate -> consistent;
            case RecoveryTarget.AtLsn at ->
                Math.max(consistent, wal.path().size().segmentNumber(at.lsn()));
            case RecoveryTarget.AtTime at ->
                Math.max(
                        consistent,
                        end(backup, wal).orElseGet(() -> Math.min(archived, positionOfLater(at.time(), wal))));
            case RecoveryTarget.AtRestorePoint point ->
                Math.max(consistent, end(backup, wal).orElse(archived));
            case RecoveryTarget.Latest latest -> archived;
            case RecoveryTarget.AtXid at ->
                Math.max(consistent, end(backup, wal).orElse(archived));
        };
    }

    private static RequiredWal whole(
            RequiredWal need, BackupCandidate backup, PathWal wal, List<PlanFinding> findings) {
        if (!need.isWhole()) {
            findings.add(hole(need, backup, wal));
        }
        return need;
    }

    private static RequiredWal upTo(
            RecoveryTarget.AtLsn at, long first, BackupCandidate backup, PathWal wal, List<PlanFinding> findings) {
        Optional<Lsn> end = wal.end();
        // A record must begin at the target or after it: there is no record yet at the very end.
        if (end.isEmpty() || !at.lsn().isBefore(end.get())) {
            findings.add(beyond(
                    "the target " + at.lsn() + " is later than the end of the archived WAL of timeline "
                            + wal.path().timeline()
                            + end.map(lsn -> ", which ends at " + lsn).orElse(""),
                    "To recover to the end of the archived WAL, leave the target out."));
        } else if (wal.last().orElse(-1) == wal.path().size().segmentNumber(at.lsn())) {
            findings.add(inTheLastSegment("record"));
        } else {
            long next = wal.path().size().segmentNumber(at.lsn()) + 1;
            RequiredWal after = wal.need(next, next);
            if (!after.isWhole()) {
                findings.add(afterAGap(after));
            }
        }
        return whole(
                wal.need(first, Math.max(first, wal.path().size().segmentNumber(at.lsn()))), backup, wal, findings);
    }

    private RequiredWal upTo(
            RecoveryTarget.AtTime at,
            long first,
            long consistent,
            long archived,
            BackupCandidate backup,
            PathWal wal,
            List<PlanFinding> findings) {
        // No commit is younger than the segment that holds it, so a segment stored before the target time is before
        // it.
        OptionalLong reached = wal.firstStoredAtOrAfter(at.time(), consistent);
        // Asks the WAL of every backup: not where the answer does not matter.
        Duration slowness = reached.isPresent() ? Duration.ZERO : slowness(wal);
        boolean isWithin = reached.isPresent() || isWithin(slowness, at.time(), wal);
        Optional<PassedTarget> read = searched.filter(PassedTarget.class::isInstance)
                .map(PassedTarget.class::cast)
                .filter(each -> each.isOn(wal.path()));
        if (isWithin && read.isPresent()) {
            RequiredWal need = somewhere(first, consistent, archived, backup, wal, findings);
            findings.add(notPassed(at, read.get(), need));
            return need;
        }
        if (reached.isEmpty() && isWithin) {
            boolean isSlow = slowness.compareTo(RESOLUTION) > 0;
            findings.add(PlanFinding.warning(
                    TARGET,
                    "the target " + UtcTime.exact(at.time()) + " is later than the time at which the newest segment was"
                            + " stored"
                            + (isSlow
                                    ? ", but the clock of the store was slow: the target may be in the archived WAL."
                                    : " by less than " + (RESOLUTION.toSeconds() + 1)
                                            + " s, and stores keep whole seconds: the target may be in the archived"
                                            + " WAL, or in the segment that is not archived yet.")
                            + " If no commit follows it there, PostgreSQL stops and reports that it was not reached",
                    (isSlow
                                    ? "Correct the clock of the store."
                                    : "Archive the current segment with: tidemark switch-wal.")
                            + " Without a target, all archived WAL is replayed."));
        } else if (reached.isEmpty()) {
            findings.add(beyond(
                    "the target " + UtcTime.exact(at.time()) + " is later than the end of the archived WAL of timeline "
                            + wal.path().timeline()
                            + wal.newestStored()
                                    .map(moment -> ", whose newest segment was stored at " + UtcTime.seconds(moment))
                                    .orElse(""),
                    "To recover to the end of the archived WAL, leave the target out."));
        }
        if (reached.orElse(-1) == wal.last().orElse(Long.MAX_VALUE)) {
            // PostgreSQL reaches a time only at a commit after it.
            findings.add(inTheLastSegment("commit"));
        } else if (reached.isPresent()
                && positionOfLater(at.time(), wal) == Long.MAX_VALUE
                && isStoredLate(backup, consistent, wal)) {
            findings.add(PlanFinding.warning(
                    TARGET,
                    "this repository got its WAL long after it was written, and no later backup shows that the archived"
                            + " WAL leads to " + UtcTime.exact(at.time()) + ": if no commit follows that time,"
                            + " PostgreSQL will stop and say that it was not reached",
                    "If another repository has the WAL from the start, see its plan with --repository. Without a"
                            + " target, all archived WAL is replayed."));
        }
        long least = reached.orElse(archived);
        RequiredWal need = whole(wal.need(first, least), backup, wal, findings);
        RequiredWal most = wal.need(first, Math.max(least, furthest(backup, consistent, archived, wal)));
        if (need.isWhole() && !most.isWhole()) {
            findings.add(afterAGap(most));
        }
        return need;
    }

    /**
     * Whether a moment may have passed when the newest segment was stored, by the clock of the server: the segment with
     * the end of a backup was stored after that end, and if its time is earlier, the store's clock was slow.
     */
    private static boolean isWithin(Duration slowness, Instant moment, PathWal wal) {
        // A store that keeps whole seconds is not slow.
        Duration tolerance = slowness.compareTo(RESOLUTION) > 0 ? slowness.plus(TOLERANCE) : RESOLUTION;
        return slowness.isPositive()
                && wal.newestStored()
                        .filter(newest -> !moment.isAfter(newest.plus(tolerance)))
                        .isPresent();
    }

    /** How slow the clock of the store was, as the ends of backups show it. */
    private Duration slowness(PathWal wal) {
        return backups.stream()
                .filter(backup -> backup.isOn(wal.path()))
                .flatMap(backup -> wal
                        .stored(wal.path().size().segmentNumber(backup.stopLsn()))
                        .map(stored -> Duration.between(stored, backup.ended()))
                        .stream())
                .max(Duration::compareTo)
                .orElse(Duration.ZERO);
    }

    /** Whether a copy, or a queue, brought the WAL: the times of storing then say nothing of when it was written. */
    private static boolean isStoredLate(BackupCandidate backup, long consistent, PathWal wal) {
        return wal.stored(consistent)
                .filter(stored -> stored.isAfter(backup.ended().plus(LATE)))
                .isPresent();
    }

    /** The segment in which the first backup stopped that ended at {@code moment} or later. */
    private long positionOfLater(Instant moment, PathWal wal) {
        return backups.stream()
                .filter(backup -> backup.isOn(wal.path()))
                .filter(backup -> !backup.ended().isBefore(moment))
                .mapToLong(backup -> wal.path().size().segmentNumber(backup.stopLsn()))
                .min()
                .orElse(Long.MAX_VALUE);
    }

    /** The WAL for a target whose position is unknown: WAL after a hole cannot be reached. */
    private static RequiredWal somewhere(
            long first,
            long consistent,
            long archived,
            BackupCandidate backup,
            PathWal wal,
            List<PlanFinding> findings) {
        RequiredWal need = wal.need(first, archived);
        RequiredWal least = wal.need(first, consistent);
        if (!least.isWhole()) {
            findings.add(hole(least, backup, wal));
        } else if (!need.isWhole()) {
            findings.add(afterAGap(need));
        }
        return need;
    }

    private static PlanFinding hole(RequiredWal need, BackupCandidate backup, PathWal wal) {
        Lsn before = need.holes().getFirst().first().start(wal.path().size());
        String without = before.isBefore(backup.stopLsn())
                ? "Without it backup " + backup.id() + " cannot be made consistent."
                : "Without it, targets from " + backup.stopLsn() + " to before " + before + " can be reached.";
        return PlanFinding.problem(
                ExitCode.WAL_MISSING,
                WAL,
                need.describeHoles(),
                "Is it in pg_wal of the server, or in another repository? " + without);
    }

    private static PlanFinding afterAGap(RequiredWal need) {
        return PlanFinding.warning(
                WAL,
                need.describeHoles(),
                "If the target is later than this, PostgreSQL will stop and say that it was not reached.");
    }

    /** The WAL was read, and holds no transaction after the target time. */
    private static PlanFinding notPassed(RecoveryTarget.AtTime at, PassedTarget read, RequiredWal need) {
        String archiveMore =
                "Is there newer WAL on the old server? Let a transaction commit there, and archive it with:"
                        + " tidemark switch-wal. ";
        return PlanFinding.warning(
                TARGET,
                "no transaction that ended after " + UtcTime.exact(at.time()) + " was found in the archived WAL"
                        + (read.isComplete()
                                ? read.last()
                                        .map(last -> ", whose last one ended at " + UtcTime.exact(last))
                                        .orElse(", which holds none from the end of the backup on")
                                : ", not all of which was read")
                        + ": PostgreSQL will stop and say that the target was not reached, unless one is archived"
                        + " later",
                archiveMore
                        + (read.isComplete() && need.isWhole()
                                ? "Without a target, the same data is restored: it is all that is archived."
                                : "Without a target, all archived WAL is replayed."));
    }

    /** Only its time of storing and its end are known, not its content. */
    private static PlanFinding inTheLastSegment(String what) {
        return PlanFinding.warning(
                TARGET,
                "the target is in the last archived segment: if no " + what + " follows it there, PostgreSQL will stop"
                        + " and say that it was not reached",
                "Is there newer WAL on the old server? Archive it first. Without a target, all archived WAL is"
                        + " replayed.");
    }

    private static PlanFinding beyond(String message, String hint) {
        return PlanFinding.problem(ExitCode.TARGET_UNREACHABLE, TARGET, message, hint);
    }
}
