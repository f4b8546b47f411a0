// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.wal.WalInventory;
import org.tidemark.catalog.wal.WalInventory.TimelineInventory;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.core.Lsn;
import org.tidemark.core.WalRange;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.recoverability.Timelines;

/**
 * What one repository holds of one incarnation, as far as retention asks. Immutable.
 *
 * @param backups the published ones
 * @param lock how long the store locks each object after it was stored; empty if it does not
 * @param unreadable why a part of the catalog cannot be read; nothing is removed while there is such a part
 * @param isReplaced whether the repository has a later incarnation of the cluster
 */
public record RetentionCatalog(
        WalSegmentSize segmentSize,
        List<PublishedBackup> backups,
        List<UnfinishedBackup> unfinished,
        WalInventory wal,
        Optional<Duration> lock,
        List<String> unreadable,
        boolean isReplaced) {
    /** That of the newest incarnation. */
    public RetentionCatalog(
            WalSegmentSize segmentSize,
            List<PublishedBackup> backups,
            List<UnfinishedBackup> unfinished,
            WalInventory wal,
            Optional<Duration> lock,
            List<String> unreadable) {
        this(segmentSize, backups, unfinished, wal, lock, unreadable, false);
    }

    public RetentionCatalog {
        backups = List.copyOf(backups);
        unfinished = List.copyOf(unfinished);
        unreadable = List.copyOf(unreadable);
    }

    /** The same with the times that count: a date after now is that of a clock which was ahead. */
    public RetentionCatalog dated(Instant now) {
        return EffectiveTimes.of(this, now);
    }

    /** The same, with one backup kept by the operator, and all WAL after it. */
    public RetentionCatalog keeping(BackupId id) {
        return changing(each -> each.id().equals(id) ? each.kept(Keep.ALL) : each);
    }

    /** The same with backups that are kept by what another repository says of them. */
    public RetentionCatalog keeping(Map<BackupId, Keep> elsewhere) {
        return changing(each -> Optional.ofNullable(elsewhere.get(each.id()))
                .filter(_ -> each.keep().isEmpty())
                .map(each::kept)
                .orElse(each));
    }

    private RetentionCatalog changing(UnaryOperator<PublishedBackup> change) {
        return new RetentionCatalog(
                segmentSize, backups.stream().map(change).toList(), unfinished, wal, lock, unreadable, isReplaced);
    }

    /** The same of an incarnation that is not the newest one. */
    public RetentionCatalog replaced() {
        return new RetentionCatalog(segmentSize, backups, unfinished, wal, lock, unreadable, true);
    }

    /** What there is to plan with other backups, of which none is unfinished and none unreadable. */
    RetentionCatalog planned(Collection<PublishedBackup> otherBackups, Optional<Duration> otherLock) {
        return new RetentionCatalog(
                segmentSize, List.copyOf(otherBackups), List.of(), wal, otherLock, List.of(), isReplaced);
    }

    /** The paths to the timelines of its WAL and backups. */
    Timelines timelines() {
        return new Timelines(
                segmentSize, wal, backups.stream().map(each -> each.wal().timeline()));
    }

    /** The same with other backups and other WAL. */
    RetentionCatalog with(List<PublishedBackup> otherBackups, WalInventory otherWal) {
        return new RetentionCatalog(segmentSize, otherBackups, unfinished, otherWal, lock, unreadable, isReplaced);
    }

    /** The same as it was when a backup had not ended yet. */
    public RetentionCatalog until(Instant moment) {
        return with(
                backups.stream().filter(each -> !each.ended().isAfter(moment)).toList(), wal);
    }

    /** The same, for somebody who hides what is locked although its bytes stay. */
    public RetentionCatalog withoutLock() {
        return new RetentionCatalog(segmentSize, backups, unfinished, wal, Optional.empty(), unreadable, isReplaced);
    }

    /**
     * Backups that a repository which does not answer may have: one at the beginning of each timeline's WAL, since none
     * needs more of it.
     */
    List<PublishedBackup> possible() {
        List<PublishedBackup> possible = new ArrayList<>();
        Set<BackupId> taken = new HashSet<>();
        backups.forEach(each -> taken.add(each.id()));
        for (TimelineInventory timeline : wal.timelines()) {
            timeline.runs().stream()
                    .findFirst()
                    .map(run -> possible(run, taken))
                    .ifPresent(possible::add);
        }
        return possible;
    }

    private PublishedBackup possible(WalRun run, Set<BackupId> taken) {
        int number = 1;
        while (!taken.add(BackupId.of(run.firstStored(), number))) {
            number++;
        }
        return new PublishedBackup(
                BackupId.of(run.firstStored(), number),
                new WalRange(
                        run.timeline(),
                        run.first().start(segmentSize),
                        run.first().start(segmentSize)),
                run.firstStored(),
                0,
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    /** When the lock of a backup ends: its description is its last object. */
    Optional<Instant> lockedUntil(PublishedBackup backup) {
        return lock.map(backup.ended()::plus);
    }

    /**
     * A backup.
     *
     * @param wal what it needs to become consistent
     * @param ended the first moment that a recovery can reach from it; after now, if only clocks that were ahead tell
     * @param storedBytes what its removal gives back
     * @param problem why no recovery can begin with it, or which tablespace it lost that an earlier one has; empty if
     *     it can take the place of others
     * @param keep in force now
     * @param doubt why it cannot be told whether the operator keeps it
     * @param isVerified whether verify has read all of it
     * @param hasDamagedPages whether pages of the cluster were damaged when it was taken
     * @param endedBefore it had ended by then, whatever the clock of its server said: the later one of {@code ended}
     *     and what the store's clock said
     */
    public record PublishedBackup(
            BackupId id,
            WalRange wal,
            Instant ended,
            long storedBytes,
            Optional<String> problem,
            Optional<Keep> keep,
            Optional<String> doubt,
            boolean isVerified,
            boolean hasDamagedPages,
            Instant endedBefore) {
        /** One that verify has not read, and that was stored when it ended. */
        public PublishedBackup(
                BackupId id,
                WalRange wal,
                Instant ended,
                long storedBytes,
                Optional<String> problem,
                Optional<Keep> keep,
                Optional<String> doubt) {
            this(id, wal, ended, storedBytes, problem, keep, doubt, false, false, ended);
        }

        /** The same in another repository: there, the operator does not keep it, and nobody has verified it. */
        PublishedBackup withoutKeep() {
            return new PublishedBackup(
                    id,
                    wal,
                    ended,
                    storedBytes,
                    problem,
                    Optional.empty(),
                    Optional.empty(),
                    false,
                    hasDamagedPages,
                    endedBefore);
        }

        /** The same, found not to take the place of others. */
        PublishedBackup withProblem(String found) {
            return new PublishedBackup(
                    id,
                    wal,
                    ended,
                    storedBytes,
                    Optional.of(found),
                    keep,
                    doubt,
                    isVerified,
                    hasDamagedPages,
                    endedBefore);
        }

        /** The same with another end. */
        PublishedBackup endedAt(Instant time) {
            return new PublishedBackup(
                    id, wal, time, storedBytes, problem, keep, doubt, isVerified, hasDamagedPages, time);
        }

        /** The same where the clock of the store says by when it had ended. */
        PublishedBackup endedBefore(Instant time) {
            return time.isAfter(ended)
                    ? new PublishedBackup(
                            id, wal, ended, storedBytes, problem, keep, doubt, isVerified, hasDamagedPages, time)
                    : this;
        }

        private PublishedBackup kept(Keep by) {
            return new PublishedBackup(
                    id,
                    wal,
                    ended,
                    storedBytes,
                    problem,
                    Optional.of(by),
                    doubt,
                    isVerified,
                    hasDamagedPages,
                    endedBefore);
        }
    }

    /** Which WAL stays with a backup. */
    public enum WalScope {
        /** All WAL after it: every later moment can be reached from the backup. */
        FULL,
        /** The WAL without which it is not consistent. */
        STANDALONE
    }

    /**
     * The operator's word that a backup stays.
     *
     * @param until empty: until the operator releases it
     */
    public record Keep(WalScope scope, Optional<Instant> until, Optional<String> note) {
        /** With all WAL after it. */
        static final Keep ALL = new Keep(WalScope.FULL, Optional.empty(), Optional.empty());
    }

    /**
     * Objects under an id that has no backup.
     *
     * @param lastStored when its newest object in the catalog was stored, by the store's clock
     * @param walFrom it needs no WAL before this position, on any timeline; empty if that is not known
     * @param isRemoved whether it was a backup, and an expiry began to remove it
     */
    public record UnfinishedBackup(BackupId id, Instant lastStored, Optional<Lsn> walFrom, boolean isRemoved) {
        /** What an expiry left. */
        static UnfinishedBackup removed(BackupId id, Instant lastStored) {
            return new UnfinishedBackup(id, lastStored, Optional.empty(), true);
        }

        /** A backup is published six days after it began, or never; one more day for clocks that differ. */
        public static final Duration GRACE_PERIOD = Duration.ofDays(7);

        /** Whether it can no longer become a backup. */
        public boolean isAbandoned(Instant now) {
            return isRemoved || now.isAfter(lastStored.plus(GRACE_PERIOD));
        }

        /** Whether only clocks that were ahead dated it: nobody knows how old it is, so it keeps no WAL. */
        public boolean isAhead(Instant now) {
            return EffectiveTimes.isAhead(lastStored, now);
        }

        /**
         * The first segment that it may need, counted from 0/0, on any timeline: 0 if it does not say; empty if it
         * needs none.
         */
        OptionalLong neededFrom(WalSegmentSize size, Instant now) {
            return isAbandoned(now) || isAhead(now)
                    ? OptionalLong.empty()
                    : OptionalLong.of(walFrom.map(size::segmentNumber).orElse(0L));
        }
    }
}
