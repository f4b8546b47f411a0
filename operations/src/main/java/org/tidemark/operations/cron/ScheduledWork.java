// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.cron;

import java.io.IOException;
import java.time.Clock;
import java.util.Optional;
import org.tidemark.backup.source.SourceMethod;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.Session;
import org.tidemark.operations.backups.BackupRun;
import org.tidemark.operations.retention.ByPolicy;
import org.tidemark.operations.retention.ExpiryRun;
import org.tidemark.operations.verify.VerifyRun;
import org.tidemark.operations.verify.VerifyRun.Reading;

/** The work of scheduled tasks: that of the commands of the same names. */
final class ScheduledWork {
    private final Session session;
    private final Clock clock;
    private final String tool;
    private final long verifyBudgetBytes;
    private final CronRun.Observer observer;

    /**
     * For the cluster of a session.
     *
     * @param tool the program's version, stored in backups
     * @param verifyBudgetBytes how much one verification reads from a repository
     */
    ScheduledWork(Session session, Clock clock, String tool, long verifyBudgetBytes, CronRun.Observer observer) {
        this.session = session;
        this.clock = clock;
        this.tool = tool;
        this.verifyBudgetBytes = verifyBudgetBytes;
        this.observer = observer;
    }

    /** A task that needs no further attempt, unless there is a failure. */
    record Done(ExitCode status, Optional<UserFacingException> failure) {}

    private Done backUp() throws IOException {
        BackupRun.Result result =
                new BackupRun(session, clock, tool, observer.backup()).run(SourceMethod.AUTO, Optional.empty());
        observer.backedUp(result);
        return new Done(result.status(), Optional.empty());
    }

    private Done expire(RepositorySettings settings) {
        try (Session only = session.only(settings)) {
            ExpiryRun.Result result = new ExpiryRun(only, clock, ExpiryRun.Mode.DELETE, observer.expiry())
                    .run(new ByPolicy(false, false));
            Optional<UserFacingException> failure = result.archives().stream()
                    .flatMap(each -> each.failure().stream())
                    .findFirst()
                    .or(() -> result.repositories().failures().values().stream().findFirst());
            observer.expired(result);
            return new Done(result.status(), failure);
        }
    }

    private Done verify(RepositorySettings settings) {
        try (Session only = session.only(settings)) {
            VerifyRun.Result result = new VerifyRun(
                            only, clock, Reading.of(new Extent.Budget(verifyBudgetBytes)), observer::verifying)
                    .run(Optional.empty());
            observer.verified(result);
            return new Done(
                    result.status(),
                    result.repositories().failures().values().stream().findFirst());
        }
    }

    /**
     * Does a task.
     *
     * @param settings the repository of an expiry or a verification
     */
    Done of(ScheduledTask task, RepositorySettings settings) throws IOException {
        return switch (task) {
            case BACKUP -> backUp();
            case EXPIRE -> expire(settings);
            case VERIFY -> verify(settings);
        };
    }
}
