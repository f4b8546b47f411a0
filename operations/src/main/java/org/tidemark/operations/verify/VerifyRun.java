// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.verify;

import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.verify.Verifier;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.catalog.verify.VerifyReport;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.repository.OpenRepositories;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.operations.ObjectProgress;
import org.tidemark.operations.RepositoryReadings;
import org.tidemark.operations.Session;
import org.tidemark.operations.backups.BackupChoice;
import org.tidemark.operations.backups.StoredBackup;
import org.tidemark.store.ObjectStore;

/** One run of verify over the repositories of a session. */
public final class VerifyRun {
    private final Session session;
    private final Clock clock;
    private final Extent extent;
    private final Function<String, ObjectProgress> progress;

    /** @param progress shows how far the run is in a repository, by its name; the run closes it */
    public VerifyRun(Session session, Clock clock, Extent extent, Function<String, ObjectProgress> progress) {
        this.session = session;
        this.clock = clock;
        this.extent = extent;
        this.progress = progress;
    }

    /**
     * What was found. Immutable.
     *
     * @param reports by the name of the repository; one for each incarnation, or one for the whole repository
     */
    public record Result(Map<String, List<VerifyReport>> reports, RepositoryReadings repositories) {
        public Result {
            reports = Collections.unmodifiableMap(new LinkedHashMap<>(reports));
        }

        /** One for each result that could not be recorded in its repository. */
        public List<Finding> warnings() {
            List<Finding> warnings = new ArrayList<>();
            reports.forEach((repository, found) -> found.forEach(report -> report.unmarked()
                    .ifPresent(why -> warnings.add(Finding.warning(
                                    "mark",
                                    "the result cannot be recorded in '" + repository + "': " + why,
                                    "check and list-backup do not show it. To record it, run verify as the owner of the"
                                            + " repository.")
                            .of(repository)))));
            return warnings;
        }

        /** NO if something is damaged, else the status of the first repository that could not be read. */
        public ExitCode status() {
            boolean sound = reports.values().stream().flatMap(List::stream).allMatch(VerifyReport::isSound);
            return sound ? repositories.status() : ExitCode.NO;
        }
    }

    /**
     * Verifies everything of the cluster; with {@code EVERYTHING} and if the caller named no cluster, whole
     * repositories.
     *
     * @param backup this one alone: its id, {@code latest}, its name …
     */
    public Result run(Optional<String> backup) {
        Map<String, List<VerifyReport>> reports = new LinkedHashMap<>();
        RepositoryReadings readings =
                RepositoryReadings.of(session, settings -> reports.put(settings.name(), verify(settings, backup)));
        return new Result(reports, readings);
    }

    private List<VerifyReport> verify(RepositorySettings settings, Optional<String> backup) throws IOException {
        try (ObjectProgress shown = progress.apply(settings.name())) {
            if (extent == Extent.EVERYTHING && backup.isEmpty() && !session.isClusterNamed()) {
                // Not opened as a repository first: that its identity is damaged is a finding like any other.
                return List.of(verifier(session.repositories().store(settings), settings, shown)
                        .verifyRepository());
            }
            Repository repository = session.repository(settings);
            Verifier verifier = verifier(repository.store(), settings, shown);
            List<VerifyReport> reports = new ArrayList<>();
            for (Part part : parts(settings, repository, backup)) {
                reports.add(verifier.verify(
                        part.archive().identity().cluster(),
                        part.archive().identity().system(),
                        part.backup()));
            }
            return reports;
        }
    }

    /** What is verified of one incarnation: one backup, or all. */
    private record Part(ClusterArchive archive, Optional<BackupId> backup) {}

    private List<Part> parts(RepositorySettings settings, Repository repository, Optional<String> backup)
            throws IOException {
        List<ClusterArchive> incarnations = session.incarnations(repository);
        if (backup.isEmpty()) {
            return incarnations.stream()
                    .map(archive -> new Part(archive, Optional.empty()))
                    .toList();
        }
        List<StoredBackup> stored = new ArrayList<>();
        for (ClusterArchive archive : incarnations) {
            session.backups(archive)
                    .list()
                    .forEach(entry -> stored.add(new StoredBackup(settings.name(), archive, entry)));
        }
        return BackupChoice.find(backup.get(), stored).stream()
                .map(each -> new Part(each.archive(), Optional.of(each.id())))
                .toList();
    }

    private Verifier verifier(ObjectStore store, RepositorySettings settings, ObjectProgress shown) {
        int jobs = session.configuration()
                .host()
                .effectiveJobs(Runtime.getRuntime().availableProcessors());
        return new Verifier(
                store,
                OpenRepositories.privateKeys(settings),
                new Verifier.Options(extent, Mark.Scope.ALL, jobs),
                clock,
                shown::done);
    }
}
