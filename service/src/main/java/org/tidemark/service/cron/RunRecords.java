// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service.cron;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.ScheduledRuns;
import org.tidemark.catalog.ScheduledRuns.Attempt;
import org.tidemark.catalog.ScheduledRuns.Claimant;
import org.tidemark.catalog.layout.RunKeys;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UserFacingException;
import org.tidemark.session.Session;

/**
 * What the repositories of a task have recorded of its runs, as one record: an attempt is in each repository that took
 * it, under the same number. Immutable.
 *
 * @param archives at least one, all of the same incarnation, in order of preference
 */
record RunRecords(List<ClusterArchive> archives) {
    RunRecords {
        archives = List.copyOf(archives);
    }

    /**
     * Those of a task, in the repositories that answer.
     *
     * @throws UserFacingException why the first does not answer, if none does
     */
    static RunRecords of(Session session, Task task) throws IOException {
        List<ClusterArchive> newest = new ArrayList<>();
        Refusals refusals = new Refusals();
        for (RepositorySettings settings : task.repositories()) {
            refusals.ask(() -> session.incarnations(session.repository(settings)).stream()
                            .max(Comparator.comparing(RunRecords::system))
                            .orElseThrow())
                    .ifPresent(newest::add);
        }
        if (newest.isEmpty()) {
            refusals.rethrow();
        }
        // A system identifier begins with the time of initdb: all hosts take the newest cluster.
        SystemIdentifier system = newest.stream()
                .map(RunRecords::system)
                .max(Comparator.naturalOrder())
                .orElseThrow();
        return new RunRecords(
                newest.stream().filter(each -> system(each).equals(system)).toList());
    }

    private static SystemIdentifier system(ClusterArchive archive) {
        return archive.identity().system();
    }

    RunKeys run(ScheduledTask task, Instant due) {
        return new RunKeys(archives.getFirst().identity().keys(), task, due);
    }

    private static ScheduledRuns in(ClusterArchive archive) {
        return new ScheduledRuns(
                archive.repository().store(), archive.identity().keys());
    }

    /** An attempt that this host is to claim in all of these repositories. */
    Claim claim(RunKeys run, int number, Claimant claimant) {
        // Two hosts may prefer different repositories: by their ids, both ask the same one first.
        return new Claim(
                archives.stream()
                        .sorted(Comparator.comparing(
                                each -> each.repository().id().value()))
                        .map(RunRecords::in)
                        .toList(),
                run,
                number,
                claimant);
    }

    /** The attempts at one run, in the order of their numbers, as all of the repositories have recorded them. */
    List<Attempt> attempts(RunKeys run) throws IOException {
        List<Attempt> found = new ArrayList<>();
        for (ClusterArchive each : archives) {
            found.addAll(in(each).attempts(run));
        }
        return joined(found);
    }

    /** The same, as far as the repositories answer: at least one of them. */
    List<Attempt> attemptsThatCanBeRead(RunKeys run) throws IOException {
        List<Attempt> found = new ArrayList<>();
        Refusals refusals = new Refusals();
        boolean isRead = false;
        for (ClusterArchive each : archives) {
            Optional<List<Attempt>> there = refusals.ask(() -> in(each).attempts(run));
            there.ifPresent(found::addAll);
            isRead |= there.isPresent();
        }
        if (!isRead) {
            refusals.rethrow();
        }
        return joined(found);
    }

    private record Identity(int number, Optional<Claimant> claimant) {}

    private static List<Attempt> joined(List<Attempt> found) {
        Map<Identity, Attempt> joined = new LinkedHashMap<>();
        found.forEach(each -> joined.merge(new Identity(each.number(), each.claimant()), each, Attempt::with));
        return joined.values().stream()
                .sorted(Comparator.comparingInt(Attempt::number).thenComparing(Attempt::begun))
                .toList();
    }

    /** The time by the clock of a store. */
    record StoreTime(String store, Instant at) {}

    /** That of the first store that takes an object to tell it. Throws why the first does not, if none does. */
    StoreTime time() throws IOException {
        return times(1).getFirst();
    }

    /** The earliest of the stores that take an object to tell it. Throws why the first does not, if none does. */
    Instant earliestTime() throws IOException {
        return times(archives.size()).stream()
                .map(StoreTime::at)
                .min(Comparator.naturalOrder())
                .orElseThrow();
    }

    private List<StoreTime> times(int most) throws IOException {
        List<StoreTime> times = new ArrayList<>();
        Refusals refusals = new Refusals();
        for (ClusterArchive each : archives) {
            if (times.size() < most) {
                Repository repository = each.repository();
                refusals.ask(() -> repository.storeTime(mayNotDelete -> {}))
                        .map(at -> new StoreTime(repository.store().description(), at))
                        .ifPresent(times::add);
            }
        }
        if (times.isEmpty()) {
            refusals.rethrow();
        }
        return times;
    }
}
