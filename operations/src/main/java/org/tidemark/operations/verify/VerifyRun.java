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
import java.util.OptionalLong;
import java.util.function.Function;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.RepairedStore;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.verify.Verifier;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.catalog.verify.Verifier.Options.Subject;
import org.tidemark.catalog.verify.Verifier.Part;
import org.tidemark.catalog.verify.VerifyReport;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.repository.OpenRepositories;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.operations.ObjectProgress;
import org.tidemark.operations.RepositoryReadings;
import org.tidemark.operations.Session;
import org.tidemark.operations.backups.BackupChoice;
import org.tidemark.operations.reading.StoredBackup;
import org.tidemark.store.ElapsedTime;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.ThrottledStore;

/** One run of verify over the repositories of a session. */
public final class VerifyRun {
    private final Session session;
    private final Clock clock;
    private final Reading reading;
    private final Function<String, ObjectProgress> progress;

    /** @param progress shows how far the run is in a repository, by its name; the run closes it */
    public VerifyRun(Session session, Clock clock, Reading reading, Function<String, ObjectProgress> progress) {
        this.session = session;
        this.clock = clock;
        this.reading = reading;
        this.progress = progress;
    }

    /**
     * How much is read. Immutable.
     *
     * @param extent a budget is spent in each repository
     * @param bytesPerSecond a limit, beside the one of each repository
     */
    public record Reading(Extent extent, OptionalLong bytesPerSecond) {
        public static Reading of(Extent extent) {
            return new Reading(extent, OptionalLong.empty());
        }

        ObjectStore limited(ObjectStore store) {
            return bytesPerSecond.isPresent()
                    ? new ThrottledStore(
                            store, bytesPerSecond.getAsLong(), bytesPerSecond.getAsLong(), ElapsedTime.SYSTEM)
                    : store;
        }
    }

    /**
     * What was found. Immutable.
     *
     * @param reports by the name of the repository; one for each incarnation, or one for the whole repository
     * @param losses by the name of the repository: which moments the problems cost
     * @param repairs by the name of the repository with problems
     */
    public record Result(
            Map<String, List<VerifyReport>> reports,
            Map<String, List<Loss>> losses,
            Map<String, RepairAdvice> repairs,
            RepositoryReadings repositories) {
        public Result {
            reports = Collections.unmodifiableMap(new LinkedHashMap<>(reports));
            losses = Collections.unmodifiableMap(new LinkedHashMap<>(losses));
            repairs = Map.copyOf(repairs);
        }

        /** One for each result that could not be recorded in its repository. */
        public List<Finding> warnings() {
            List<Finding> warnings = new ArrayList<>();
            reports.forEach((repository, found) ->
                    found.forEach(report -> unrecorded(repository, report).ifPresent(warnings::add)));
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
        return new Result(reports, losses(reports), repairs(session, reports), readings);
    }

    /**
     * Which moments the problems of reports cost.
     *
     * @param reports by the name of the repository
     * @return of each repository in which something is lost
     */
    public Map<String, List<Loss>> losses(Map<String, List<VerifyReport>> reports) {
        boolean sound = reports.values().stream().flatMap(List::stream).allMatch(VerifyReport::isSound);
        return sound ? Map.of() : new LossSurvey(session, reports).losses(Map.of());
    }

    /**
     * Verifies one repository, as {@link #run}: for a caller that handles each by itself.
     *
     * @return one for each incarnation, or one for the whole repository
     */
    public List<VerifyReport> verify(RepositorySettings settings, Optional<String> backup) throws IOException {
        try (ObjectProgress shown = progress.apply(settings.name())) {
            if (reading.extent() instanceof Extent.Everything && backup.isEmpty() && !session.isClusterNamed()) {
                // Not opened as a repository first: that its identity is damaged is a finding like any other.
                return List.of(verifier(new RepairedStore(session.repositories().store(settings)), settings, shown)
                        .verifyRepository());
            }
            Repository repository = session.repository(settings);
            Verifier verifier = verifier(repository.store(), settings, shown);
            return verifier.verify(parts(settings, repository, backup));
        }
    }

    private List<Part> parts(RepositorySettings settings, Repository repository, Optional<String> backup)
            throws IOException {
        List<ClusterArchive> incarnations = session.incarnations(repository);
        if (backup.isEmpty()) {
            return incarnations.stream()
                    .map(archive -> new Part(archive.identity().keys(), Optional.empty()))
                    .toList();
        }
        List<StoredBackup> stored = new ArrayList<>();
        for (ClusterArchive archive : incarnations) {
            session.backups(archive)
                    .list()
                    .forEach(entry -> stored.add(new StoredBackup(settings.name(), archive, entry)));
        }
        return BackupChoice.findBackup(backup.get(), stored).stream()
                .map(each -> new Part(each.archive().identity().keys(), Optional.of(each.id())))
                .toList();
    }

    private Verifier verifier(ObjectStore store, RepositorySettings settings, ObjectProgress shown) {
        return verifier(session, clock, reading, Subject.BACKUPS, store, settings, shown);
    }

    /** Where problems can be repaired from, by the name of the repository that has them. */
    static Map<String, RepairAdvice> repairs(Session session, Map<String, List<VerifyReport>> reports) {
        Map<String, RepairAdvice> repairs = new LinkedHashMap<>();
        for (String repository : reports.keySet()) {
            RepairAdvice.of(session, repository, reports).ifPresent(advice -> repairs.put(repository, advice));
        }
        return repairs;
    }

    /** Says that a result could not be recorded, if so. */
    static Optional<Finding> unrecorded(String repository, VerifyReport report) {
        return report.unmarked()
                .map(why -> Finding.warning(
                                "mark",
                                "the result cannot be recorded in '" + repository + "': " + why,
                                "check and list-backup do not show it. To record it, run verify as the owner of the"
                                        + " repository.")
                        .of(repository));
    }

    /** One for a repository of the session, with its keys. */
    static Verifier verifier(
            Session session,
            Clock clock,
            Reading reading,
            Subject subject,
            ObjectStore store,
            RepositorySettings settings,
            ObjectProgress shown) {
        int jobs = session.configuration()
                .host()
                .effectiveJobs(Runtime.getRuntime().availableProcessors());
        return new Verifier(
                reading.limited(store),
                OpenRepositories.privateKeys(settings),
                new Verifier.Options(
                        subject, reading.extent(), Mark.Scope.ALL, jobs, new WalOfBackups(session, settings)::isWhole),
                clock,
                shown::done);
    }
}
