// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.util.List;

/** The checks that stand for themselves, in the order in which they are made. */
final class Checks {
    /** They ask the server. */
    static final List<Check<AskedServer>> SERVER = List.of(
            new TablespacesCheck(),
            new RoleCheck(),
            new SlotsCheck(),
            new ReplicationLagCheck(),
            new SynchronousCheck(),
            new SubscriptionCheck(),
            new ServerClockCheck());

    /** They look at the files of this host. */
    static final List<Check<CheckedHost>> HOST = List.of(
            new WalSpaceCheck(),
            new GivenUpCheck(),
            new WritableSpoolCheck(),
            new RepositoryPlaceCheck(),
            new LogCheck(),
            new ArchivingAheadCheck(),
            new RefusedCopyCheck(),
            new ServiceCheck(),
            new PauseCheck(),
            new NotifyCheck());

    /** They look at one repository before its content is read. */
    static final List<Check<CheckedRepository>> STORE =
            List.of(new WritableCheck(), new StoreSpaceCheck(), new TemporaryFilesCheck());

    /** They look at one repository. */
    static final List<Check<CheckedRepository>> REPOSITORY = List.of(
            new NewestBackupCheck(),
            new BackupSizeCheck(),
            new StoredConfigurationCheck(),
            new DamageCheck(),
            new NewestWalCheck(),
            new ReceivedCheck(),
            new LastArchivedCheck(),
            new ConflictCheck(),
            new EncryptionCheck(),
            new VerificationCheck(),
            new UnfinishedCheck(),
            new ScheduleCheck(),
            new StoredClockCheck(),
            new OtherServersCheck(),
            new StoreRemarksCheck());

    /** They compare what the server and all repositories said. */
    static final List<Check<CheckedCluster>> CLUSTER = List.of(
            new BackupObjectsCheck(),
            new WalCheck(),
            new SameBackupsCheck(),
            new SameWalCheck(),
            new RestoreTimeCheck(),
            new DrillCheck());

    /** They compare the server, or its pg_wal on this host, with what the repositories hold. */
    static final List<Check<CheckedCluster>> SERVER_AND_REPOSITORIES =
            List.of(new ServerTimelineCheck(), new StrayHistoriesCheck(), new LostHistoryCheck());

    private Checks() {}
}
