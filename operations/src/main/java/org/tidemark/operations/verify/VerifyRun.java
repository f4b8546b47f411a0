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
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.verify.Verifier;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.catalog.verify.Verifier.Options.Subject;
import org.tidemark.catalog.verify.Verifier.Part;
import org.tidemark.catalog.verify.VerifyReport;
import org.tidemark.catalog.wal.WalInventory.WalHole;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.repository.OpenRepositories;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.ObjectProgress;
import org.tidemark.operations.backups.BackupChoice;
import org.tidemark.operations.backups.StoredBackups;
import org.tidemark.session.RepositoryReadings;
import org.tidemark.session.Session;
import org.tidemark.store.ElapsedTime;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.ThrottledStore;

/** One verification of the repositories of a session: of backups, or of all WAL. */
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

    /** What is verified. Immutable. */
    public sealed interface Scope {
        /**
         * Everything of the cluster; with {@code EVERYTHING} and if the caller named no cluster, whole repositories.
         */
        record All() implements Scope {}

        /** One backup, and the WAL that it needs: by its id, {@code latest}, its name … */
        record OneBackup(String wanted) implements Scope {}

        /** The WAL of the cluster, and whether any is missing. */
        record Wal() implements Scope {}
    }

    /**
     * What was found. Immutable.
     *
     * @param reports by the name of the repository; one for each incarnation, or one for the whole repository
     * @param wal of a verification of WAL: by the name of the repository, one for each incarnation
     * @param losses by the name of the repository: which moments damage and gaps cost
     * @param repairs by the name of the repository in which something is damaged
     * @param noted what was seen in the content of WAL
     */
    public record Result(
            Map<String, List<VerifyReport>> reports,
            Map<String, List<WalReport>> wal,
            Map<String, List<Loss>> losses,
            Map<String, RepairAdvice> repairs,
            List<Finding> noted,
            RepositoryReadings repositories) {
        public Result {
            reports = Collections.unmodifiableMap(new LinkedHashMap<>(reports));
            wal = Collections.unmodifiableMap(new LinkedHashMap<>(wal));
            losses = Collections.unmodifiableMap(new LinkedHashMap<>(losses));
            repairs = Map.copyOf(repairs);
            noted = List.copyOf(noted);
        }

        /** What was seen in WAL, and one for each result that could not be recorded in its repository. */
        public List<Finding> warnings() {
            List<Finding> warnings = new ArrayList<>(noted);
            reports.forEach((repository, found) -> found.forEach(report -> report.unmarked()
                    .map(why -> Finding.warning(
                                    "mark",
                                    "the result cannot be recorded in '" + repository + "': " + why,
                                    "check and list-backup do not show it. To record it, run verify as the owner of the"
                                            + " repository.")
                            .of(repository))
                    .ifPresent(warnings::add)));
            return warnings;
        }

        /** NO if something is damaged or missed, else the status of the first repository that could not be read. */
        public ExitCode status() {
            boolean sound = reports.values().stream().flatMap(List::stream).allMatch(VerifyReport::isSound)
                    && wal.values().stream().flatMap(List::stream).allMatch(report -> report.problems() == 0);
            return sound ? repositories.status() : ExitCode.NO;
        }
    }

    /** Verifies this in every repository of the session. */
    public Result run(Scope scope) {
        Map<String, List<VerifyReport>> reports = new LinkedHashMap<>();
        Map<String, List<WalReport>> wal = new LinkedHashMap<>();
        List<Finding> noted = new ArrayList<>();
        RepositoryReadings readings = RepositoryReadings.of(session, settings -> {
            List<ClusterArchive> archives = incarnations(settings);
            WalSearch search = new WalSearch(archives);
            try (ObjectProgress shown = progress.apply(settings.name())) {
                switch (scope) {
                    case Scope.Wal() -> {
                        List<WalReport> found = verifyWal(settings, shown, search);
                        wal.put(settings.name(), found);
                        reports.put(
                                settings.name(),
                                found.stream().map(WalReport::read).toList());
                    }
                    case Scope.All() -> {
                        reports.put(settings.name(), verifyAll(settings, shown, search));
                        noted.addAll(damageThatWasNotRead(settings, archives));
                    }
                    case Scope.OneBackup(String wanted) ->
                        reports.put(settings.name(), verifyBackup(settings, wanted, shown, search));
                }
            }
            noted.addAll(search.conclude(settings.name(), session::backups, clock));
        });
        Map<String, List<Loss>> losses = new LossSurvey(session, reports).losses(holes(wal));
        wal.replaceAll((repository, found) -> found.stream()
                .map(report -> report.with(losses.getOrDefault(repository, List.of())))
                .toList());
        Map<String, RepairAdvice> repairs = new LinkedHashMap<>();
        for (String repository : reports.keySet()) {
            RepairAdvice.of(session, repository, reports).ifPresent(advice -> repairs.put(repository, advice));
        }
        return new Result(reports, wal, losses, repairs, noted, readings);
    }

    /** Who reads "0 problems" must not take it for the WAL outside the backups. */
    private List<Finding> damageThatWasNotRead(RepositorySettings settings, List<ClusterArchive> archives) {
        List<Finding> findings = new ArrayList<>();
        if (reading.extent() instanceof Extent.Unmarked) {
            for (ClusterArchive archive : archives) {
                damageOfWal(archive)
                        .map(found -> Finding.warning(
                                        "damage",
                                        "the WAL of '" + settings.name()
                                                + "' outside the backups was not read, and has "
                                                + Amounts.count(found.problems(), "problem", "problems")
                                                + ", as verify found at " + Amounts.second(found.at()),
                                        "See what is damaged with: tidemark wal-verify")
                                .of(settings.name()))
                        .ifPresent(findings::add);
            }
        }
        return findings;
    }

    /** Empty where marks cannot be read: the verification has said so. */
    private Optional<Mark.Verified> damageOfWal(ClusterArchive archive) {
        try {
            return session.backups(archive).marks().walDamage();
        } catch (IOException | UserFacingException e) {
            StorageErrors.explainUnlessInterrupted(e);
            return Optional.empty();
        }
    }

    /** None where the repository cannot be opened as one: the verification says what is wrong. */
    private List<ClusterArchive> incarnations(RepositorySettings settings) {
        try {
            return session.incarnations(session.repository(settings));
        } catch (IOException | UserFacingException e) {
            StorageErrors.explainUnlessInterrupted(e);
            return List.of();
        }
    }

    private List<VerifyReport> verifyAll(RepositorySettings settings, ObjectProgress shown, WalSearch search)
            throws IOException {
        if (reading.extent() instanceof Extent.Everything && !session.isClusterNamed()) {
            // Not opened as a repository first: that its identity is damaged is a finding like any other.
            ObjectStore store = new RepairedStore(session.repositories().store(settings));
            return List.of(
                    verifier(Subject.BACKUPS, store, settings, shown, search).verifyRepository());
        }
        Repository repository = session.repository(settings);
        return verifier(Subject.BACKUPS, repository.store(), settings, shown, search)
                .verify(parts(session.incarnations(repository)));
    }

    private List<VerifyReport> verifyBackup(
            RepositorySettings settings, String wanted, ObjectProgress shown, WalSearch search) throws IOException {
        Repository repository = session.repository(settings);
        return verifier(Subject.BACKUPS, repository.store(), settings, shown, search)
                .verify(BackupChoice.findBackup(wanted, StoredBackups.in(session, settings)).stream()
                        .map(each -> new Part(each.archive().identity().keys(), Optional.of(each.id())))
                        .toList());
    }

    private List<WalReport> verifyWal(RepositorySettings settings, ObjectProgress shown, WalSearch search)
            throws IOException {
        Repository repository = session.repository(settings);
        List<ClusterArchive> archives = session.incarnations(repository);
        List<VerifyReport> read = verifier(Subject.WAL, repository.store(), settings, shown, search)
                .verify(parts(archives));
        List<WalReport> reports = new ArrayList<>();
        for (int i = 0; i < archives.size(); i++) {
            ClusterArchive archive = archives.get(i);
            List<BaseBackup> backups = new ArrayList<>();
            for (CatalogEntry entry : session.backups(archive).list()) {
                if (entry instanceof CatalogEntry.Published published) {
                    backups.add(published.backup());
                }
            }
            reports.add(
                    WalReport.of(archive.identity(), read.get(i), archive.wal().inventory(), backups));
        }
        return reports;
    }

    private static List<Part> parts(List<ClusterArchive> archives) {
        return archives.stream()
                .map(archive -> new Part(archive.identity().keys(), Optional.empty()))
                .toList();
    }

    /** The gaps of each incarnation in which WAL is missing or cannot be used, by the name of the repository. */
    private static Map<String, Map<IncarnationKeys, List<WalHole>>> holes(Map<String, List<WalReport>> wal) {
        Map<String, Map<IncarnationKeys, List<WalHole>>> holes = new LinkedHashMap<>();
        wal.forEach((repository, reports) -> reports.stream()
                .filter(report ->
                        !report.gaps().isEmpty() || !report.histories().isEmpty())
                .forEach(report -> holes.computeIfAbsent(repository, any -> new LinkedHashMap<>())
                        .put(report.identity().keys(), report.holes())));
        return holes;
    }

    private Verifier verifier(
            Subject subject, ObjectStore store, RepositorySettings settings, ObjectProgress shown, WalSearch search) {
        int jobs = session.configuration()
                .host()
                .effectiveJobs(Runtime.getRuntime().availableProcessors());
        return new Verifier(
                reading.limited(store),
                OpenRepositories.privateKeys(settings),
                new Verifier.Options(
                        subject,
                        reading.extent(),
                        Mark.Scope.ALL,
                        jobs,
                        new WalOfBackups(session, settings)::isWhole,
                        search),
                clock,
                shown::done);
    }
}
