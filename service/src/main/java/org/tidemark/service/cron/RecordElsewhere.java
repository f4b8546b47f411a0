// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service.cron;

import java.time.Clock;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.catalog.ScheduledRuns;
import org.tidemark.catalog.ScheduledRuns.Claimant;
import org.tidemark.catalog.ScheduledRuns.Outcome;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.session.Session;

/**
 * Why a task of one repository was not done there, recorded in the first other repository of the cluster that takes the
 * record: its own one is full, read-only or gone, and takes none. Once for each run. Not thread-safe.
 */
final class RecordElsewhere {
    private final Session session;
    private final CronMemory memory;
    private final Claimant claimant;
    private final Clock clock;

    RecordElsewhere(Session session, CronMemory memory, Claimant claimant, Clock clock) {
        this.session = session;
        this.memory = memory;
        this.claimant = claimant;
        this.clock = clock;
    }

    /**
     * Records it. A task of all repositories is recorded in each that takes a claim: there is no other one.
     *
     * @param remembered under which name the task is remembered
     */
    void record(Task task, String remembered, Instant due, UserFacingException why) {
        Optional<RepositoryId> concerned = task.repository()
                .flatMap(name -> session.repositories().rememberedId(session.repositorySettings(name)));
        boolean isDue = why.exitCode() != ExitCode.NO; // else the clock of this host is ahead of the store's
        if (!isDue
                || concerned.isEmpty()
                || memory.recordedElsewhere(remembered).equals(Optional.of(due))) {
            return;
        }
        Outcome outcome = new Outcome(clock.instant(), false, why.exitCode().status(), why.getMessage());
        Refusals refusals = new Refusals();
        for (RepositorySettings each : session.repositorySettings()) {
            boolean isOther = !Optional.of(each.name()).equals(task.repository());
            if (isOther
                    && refusals.ask(() -> {
                                ClusterArchive newest = session.incarnations(session.repository(each)).stream()
                                        .max(Comparator.comparing(
                                                any -> any.identity().system()))
                                        .orElseThrow();
                                ScheduledRuns runs = new ScheduledRuns(
                                        newest.repository().store(),
                                        newest.identity().keys());
                                runs.endElsewhere(runs.run(task.name(), due), concerned.get(), claimant, outcome);
                                return true;
                            })
                            .isPresent()) {
                memory.recordedElsewhere(remembered, due);
                return;
            }
        }
    }
}
