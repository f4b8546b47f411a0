// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service.cron;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.archiver.queue.BacklogDelivery.DeliveryReport;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.HeldStore.Hold;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.config.CronSchedule;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.backups.BackupRun;
import org.tidemark.operations.backups.WaitingBackups;
import org.tidemark.operations.drill.DrillReport;
import org.tidemark.operations.retention.ExpiryRun;
import org.tidemark.operations.verify.VerifyRun;

/** What {@code cron} does by a schedule for one cluster: in one repository, or in all of them at once. */
public interface Task {
    ScheduledTask name();

    /** When it is done; empty: never. */
    Optional<CronSchedule> schedule();

    /** The first of these that answers holds the claims of the attempts. */
    List<RepositorySettings> repositories();

    /** The only repository that it concerns; empty if it concerns all of them. */
    Optional<String> repository();

    /**
     * Does it, as the command of the same name does.
     *
     * @param hold asked before anything is published or deleted
     * @throws UserFacingException why it needs another attempt
     */
    Done work(Hold hold) throws IOException;

    /**
     * The state of a run that needs no attempt although none is recorded as done.
     *
     * @param archive the newest incarnation, where the claims are
     * @param due when the run was due
     */
    default Optional<TaskState> settled(ClusterArchive archive, Instant due, Instant now) throws IOException {
        return Optional.empty();
    }

    /** Makes room for a claim where the repository is full; false if it cannot be made. */
    default boolean makeRoom() throws IOException {
        return false;
    }

    /** The status with which a host leaves the task to other hosts, without counting as a failure of theirs. */
    default Optional<ExitCode> leftToOthers() {
        return Optional.empty();
    }

    /**
     * An attempt that has ended. Immutable.
     *
     * @param status of the command that does the same
     * @param failure why it needs another attempt; empty if it needs none
     */
    record Done(Report report, ExitCode status, Optional<UserFacingException> failure) {}

    /** What was done, for those who follow a run. Immutable. */
    sealed interface Report {
        record BackedUp(BackupRun.Result result) implements Report {}

        record Expired(ExpiryRun.Result result) implements Report {}

        record Drilled(DrillReport report) implements Report {}

        record Verified(VerifyRun.Result result) implements Report {}

        /**
         * What verify had found damaged or missing was copied from another repository.
         *
         * @param objects how many
         * @param failure why not all was tried
         */
        record Repaired(String repository, String from, long objects, Optional<UserFacingException> failure)
                implements Report {}

        /** Queued WAL was delivered to a repository. */
        record Delivered(String repository, DeliveryReport delivery) implements Report {}

        /** A backup that had waited for its WAL was looked at. */
        record Completed(WaitingBackups.Outcome outcome) implements Report {}
    }
}
