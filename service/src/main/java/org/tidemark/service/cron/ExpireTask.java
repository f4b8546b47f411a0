// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service.cron;

import java.io.IOException;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.HeldStore.Hold;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.Reserve;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.config.CronSchedule;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.retention.ByPolicy;
import org.tidemark.operations.retention.ExpiryRun;
import org.tidemark.retention.Expirer;
import org.tidemark.session.Session;
import org.tidemark.store.ObjectStore;

/** The deletion, in one repository, of what has expired by its policy. */
record ExpireTask(
        Session session,
        Clock clock,
        Optional<CronSchedule> schedule,
        RepositorySettings settings,
        CronRun.Observer observer)
        implements Task {
    private static final ByPolicy POLICY = new ByPolicy(false, false);

    @Override
    public ScheduledTask name() {
        return ScheduledTask.EXPIRE;
    }

    @Override
    public List<RepositorySettings> repositories() {
        return List.of(settings);
    }

    @Override
    public Optional<String> repository() {
        return Optional.of(settings.name());
    }

    @Override
    public Done work(Hold hold) throws IOException {
        ObjectStore store = session.repository(settings).store();
        if (isDirectory()
                && store.space()
                        .filter(each -> each.freeBytes() < Reserve.BYTES)
                        .isPresent()) {
            giveBack(); // the claim took the last of the room
        }
        Done done = expire(hold);
        if (isDirectory() && done.failure().filter(ExpireTask::isFull).isPresent()) {
            giveBack(); // of inodes, no store says how many are free
            done = expire(hold);
        }
        if (isDirectory() && done.failure().isEmpty()) { // otherwise the record of the failure needs the room
            try {
                Reserve.keep(store);
            } catch (IOException e) {
                // The next expiry stores it.
            }
        }
        return done;
    }

    /**
     * Only a directory's disk has its room back as soon as an object is deleted. An expiry goes on from there as
     * anywhere: one host gets the claim, by the clock of the store, and each removal is noted before it. Another host
     * may have given the reserve back just now.
     */
    @Override
    public boolean makeRoom() throws IOException {
        if (isDirectory()) {
            giveBack();
        }
        return isDirectory();
    }

    /** Only if there is something to delete: nothing else would make room for the reserve of the next time. */
    private void giveBack() throws IOException {
        if (!isAnythingDue()) {
            return;
        }
        Repository repository = session.repository(settings);
        Expirer.requireRecentWal(session.incarnations(repository).getLast(), clock.instant());
        Reserve.giveBack(repository.store());
    }

    private boolean isAnythingDue() {
        try (Session only = session.only(settings)) {
            return new ExpiryRun(only, clock, ExpiryRun.Mode.DRY_RUN, observer::progress)
                    .run(POLICY).archives().stream()
                            .anyMatch(each -> !each.planned().plan().removesNothing());
        }
    }

    private static boolean isFull(UserFacingException failure) {
        return failure.exitCode() == ExitCode.STORE_FULL;
    }

    private boolean isDirectory() {
        return "file".equals(settings.url().getScheme());
    }

    private Done expire(Hold hold) {
        try (Session held = session.held(hold);
                Session only = held.only(settings)) {
            ExpiryRun.Result result = new ExpiryRun(only, clock, ExpiryRun.Mode.DELETE, observer::progress).run(POLICY);
            Optional<UserFacingException> failure = result.archives().stream()
                    .flatMap(each -> each.failure().stream())
                    .findFirst()
                    .or(() -> result.repositories().failures().values().stream().findFirst());
            return new Done(new Report.Expired(result), result.status(), failure);
        }
    }

    /** A host that may not delete. */
    @Override
    public Optional<ExitCode> leftToOthers() {
        return Optional.of(ExitCode.STORE_DENIED);
    }
}
