// SPDX-License-Identifier: Apache-2.0
package org.tidemark.replicate;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.wal.RemovedWal;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.Workers;
import org.tidemark.replicate.SyncReport.SyncCounts;
import org.tidemark.store.ObjectKey;

/**
 * Copies what one repository holds of an incarnation, and another lacks: as it is stored, each object compared with its
 * digest on the way. Nothing is overwritten; a copy that was cut off goes on where it stopped. Not thread-safe.
 */
public final class ArchiveSync {
    private final SyncOptions options;
    private final Listener listener;

    public ArchiveSync(SyncOptions options, Listener listener) {
        this.options = options;
        this.listener = listener;
    }

    /**
     * Copies.
     *
     * @return also the problems that copying does not solve: conflicts, damage, backups without their WAL
     * @throws IOException if one of the stores fails
     * @throws UserFacingException with WRONG_CLUSTER if both are not of the same incarnation
     */
    public SyncReport copy(ClusterArchive source, ClusterArchive target) throws IOException {
        return copy(source, target, DamageRepair.recordedIn(target), (wal, backups) -> {
            backups.repairs().run();
            wal.run();
            backups.run();
            new DrillSync(source, target, backups.transfer(), backups.repairs()).run();
        });
    }

    /**
     * Copies one backup of {@code source}, all histories, and the WAL that the backup needs.
     *
     * @return names the backup only if it is in {@code target} now
     */
    public SyncReport copyBackup(ClusterArchive source, ClusterArchive target, BaseBackup backup) throws IOException {
        return copy(source, target, Set.of(), (wal, backups) -> {
            wal.run(backup);
            backups.copy(backup);
        });
    }

    /** Compares one backup that both have, and copies what {@code target} has lost of it and of its WAL. */
    public SyncReport compareBackup(ClusterArchive source, ClusterArchive target, BaseBackup backup)
            throws IOException {
        return copy(source, target, DamageRepair.recordedIn(target), (wal, backups) -> {
            backups.repairs().run();
            wal.run(backup);
            backups.compare(backup);
            backups.compareWal(backup);
        });
    }

    /**
     * Copies what verify found damaged or missing in {@code target}, all histories, and nothing else that it lacks.
     * What is damaged in both is a problem.
     */
    public SyncReport repair(ClusterArchive source, ClusterArchive target) throws IOException {
        return copy(source, target, DamageRepair.recordedIn(target), (wal, backups) -> {
            backups.repairs().run();
            for (BaseBackup each : backups.damaged()) {
                wal.run(each);
                backups.compare(each);
            }
        });
    }

    /** Whether {@code target} had a backup, or WAL that it needs, and an expiry or the operator removed that. */
    public static boolean wasRemoved(BaseBackup backup, ClusterArchive target) throws IOException {
        return BackupSync.wasRemoved(backup, target);
    }

    private interface Extent {
        void copy(WalSync wal, BackupSync backups) throws IOException;
    }

    private SyncReport copy(ClusterArchive source, ClusterArchive target, Set<ObjectKey> recorded, Extent extent)
            throws IOException {
        if (!source.identity().equals(target.identity())) {
            throw new UserFacingException(
                    ExitCode.WRONG_CLUSTER,
                    "'" + source.identity().cluster() + "' is not the same cluster in "
                            + source.repository().store().description() + " and in "
                            + target.repository().store().description(),
                    "Were two clusters registered under one name? Compare them with: tidemark list-backup");
        }
        if (source.repository().id().equals(target.repository().id())) {
            return new SyncCounts(listener).report(); // two names of one repository
        }
        SyncCounts counts = new SyncCounts(listener);
        ObjectTransfer transfer = new ObjectTransfer(
                source.repository().store(),
                target.repository().store(),
                target.repository().repairs(),
                source.identity().system(),
                options,
                counts);
        try (Workers pool = new Workers("sync", options.jobs())) {
            List<RemovedWal> removed = target.wal().gaps().removed();
            extent.copy(
                    new WalSync(source, target, removed, transfer, pool),
                    new BackupSync(source, target, removed, recorded, transfer, pool));
        }
        // "Nothing there" is also what a directory says whose disk was unmounted meanwhile.
        source.repository().confirmPresent();
        target.repository().confirmPresent();
        return counts.report();
    }

    /** Receives the progress of a copy. */
    @FunctionalInterface
    public interface Listener {
        /** The total copied until now; called by several threads, one after the other. */
        void copied(long objects, long bytes);
    }
}
