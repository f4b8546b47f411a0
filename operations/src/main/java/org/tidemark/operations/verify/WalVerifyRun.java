// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.verify;

import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.verify.Verifier.Options.Subject;
import org.tidemark.catalog.verify.Verifier.Part;
import org.tidemark.catalog.verify.VerifyReport;
import org.tidemark.catalog.wal.WalInventory;
import org.tidemark.catalog.wal.WalInventory.TimelineInventory;
import org.tidemark.catalog.wal.WalInventory.WalHole;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.operations.ObjectProgress;
import org.tidemark.operations.RepositoryReadings;
import org.tidemark.operations.Session;
import org.tidemark.operations.verify.VerifyRun.Reading;

/**
 * One run of wal-verify over the repositories of a session: is the WAL on every timeline path complete, are the
 * histories there, and is every file what was archived. WAL that an expiry removed is not missing.
 */
public final class WalVerifyRun {
    private final Session session;
    private final Clock clock;
    private final Reading reading;
    private final Function<String, ObjectProgress> progress;

    /** @param progress shows how far the run is in a repository, by its name; the run closes it */
    public WalVerifyRun(Session session, Clock clock, Reading reading, Function<String, ObjectProgress> progress) {
        this.session = session;
        this.clock = clock;
        this.reading = reading;
        this.progress = progress;
    }

    /**
     * Segments that are missing. Immutable.
     *
     * @param neededBy backups that cannot be made consistent without them
     * @param costsMoments whether moments are lost without them
     */
    public record Gap(WalHole hole, List<BackupId> neededBy, boolean costsMoments) {
        public Gap {
            neededBy = List.copyOf(neededBy);
        }

        public boolean isProblem() {
            return costsMoments || !neededBy.isEmpty();
        }
    }

    /** A timeline that cannot be followed; {@code problem} says why. Immutable. */
    public record UnusableHistory(Timeline timeline, String problem) {}

    /**
     * The WAL of one incarnation in one repository. Immutable.
     *
     * @param read what was read of it
     * @param gaps in order of position
     * @param histories those without which archived WAL cannot be used
     */
    public record WalReport(
            ClusterIdentity identity,
            VerifyReport read,
            WalInventory inventory,
            List<Gap> gaps,
            List<UnusableHistory> histories) {
        public WalReport {
            gaps = List.copyOf(gaps);
            histories = List.copyOf(histories);
        }

        public long problems() {
            return read.problems() + gaps.stream().filter(Gap::isProblem).count() + histories.size();
        }
    }

    /**
     * What was found. Immutable.
     *
     * @param reports by the name of the repository, one for each incarnation
     * @param losses by the name of the repository: which moments damage and gaps cost
     * @param repairs by the name of the repository in which something is damaged
     */
    public record Result(
            Map<String, List<WalReport>> reports,
            Map<String, List<Loss>> losses,
            Map<String, RepairAdvice> repairs,
            RepositoryReadings repositories) {
        public Result {
            reports = Collections.unmodifiableMap(new LinkedHashMap<>(reports));
            losses = Collections.unmodifiableMap(new LinkedHashMap<>(losses));
        }

        /** One for each result that could not be recorded in its repository. */
        public List<Finding> warnings() {
            List<Finding> warnings = new ArrayList<>();
            reports.forEach((repository, found) -> found.forEach(
                    report -> VerifyRun.unrecorded(repository, report.read()).ifPresent(warnings::add)));
            return warnings;
        }

        /** NO if something is damaged or missed, else the status of the first repository that could not be read. */
        public ExitCode status() {
            boolean sound = reports.values().stream().flatMap(List::stream).allMatch(each -> each.problems() == 0);
            return sound ? repositories.status() : ExitCode.NO;
        }
    }

    /** What is known of the WAL of one incarnation before the cost of its gaps is. */
    private record Survey(
            ClusterIdentity identity,
            VerifyReport read,
            WalInventory inventory,
            List<BaseBackup> backups,
            List<WalHole> holes) {}

    public Result run() {
        Map<String, List<Survey>> surveys = new LinkedHashMap<>();
        RepositoryReadings readings =
                RepositoryReadings.of(session, settings -> surveys.put(settings.name(), survey(settings)));
        Map<String, List<VerifyReport>> read = new LinkedHashMap<>();
        Map<String, Map<IncarnationKeys, List<WalHole>>> holes = new LinkedHashMap<>();
        surveys.forEach((repository, each) -> {
            read.put(repository, each.stream().map(Survey::read).toList());
            each.forEach(survey -> {
                if (!survey.holes().isEmpty() || !unusable(survey.inventory()).isEmpty()) {
                    holes.computeIfAbsent(repository, any -> new LinkedHashMap<>())
                            .put(survey.identity().keys(), survey.holes());
                }
            });
        });
        Map<String, List<Loss>> losses = new LossSurvey(session, read).losses(holes);
        Map<String, List<WalReport>> reports = new LinkedHashMap<>();
        surveys.forEach((repository, each) -> reports.put(
                repository,
                each.stream()
                        .map(survey -> report(survey, losses.getOrDefault(repository, List.of())))
                        .toList()));
        return new Result(reports, losses, VerifyRun.repairs(session, read), readings);
    }

    private List<Survey> survey(RepositorySettings settings) throws IOException {
        try (ObjectProgress shown = progress.apply(settings.name())) {
            Repository repository = session.repository(settings);
            List<ClusterArchive> archives = session.incarnations(repository);
            List<VerifyReport> read = VerifyRun.verifier(
                            session, clock, reading, Subject.WAL, repository.store(), settings, shown)
                    .verify(archives.stream()
                            .map(archive -> new Part(archive.identity().keys(), Optional.empty()))
                            .toList());
            List<Survey> surveys = new ArrayList<>();
            for (int i = 0; i < archives.size(); i++) {
                ClusterArchive archive = archives.get(i);
                List<BaseBackup> backups = new ArrayList<>();
                for (CatalogEntry entry : session.backups(archive).list()) {
                    if (entry instanceof CatalogEntry.Published published) {
                        backups.add(published.backup());
                    }
                }
                WalInventory inventory = archive.wal().inventory();
                surveys.add(new Survey(
                        archive.identity(),
                        read.get(i),
                        inventory,
                        backups,
                        holes(inventory, backups, archive.identity().walSegmentSize())));
            }
            return surveys;
        }
    }

    /** Those between archived segments, and what backups need before the first and after the last of them. */
    private static List<WalHole> holes(WalInventory inventory, List<BaseBackup> backups, WalSegmentSize size) {
        List<WalHole> holes = new ArrayList<>(inventory.holes());
        for (BaseBackup backup : backups) {
            backup.wal()
                    .segments(size)
                    .filter(segment ->
                            !inventory.contains(segment) && holes.stream().noneMatch(hole -> contains(hole, segment)))
                    .map(segment -> new WalHole(segment, segment, 1))
                    .forEach(holes::add);
        }
        holes.sort(null);
        return holes;
    }

    private static boolean contains(WalHole hole, Segment segment) {
        return hole.first().timeline().equals(segment.timeline())
                && hole.first().compareTo(segment) <= 0
                && segment.compareTo(hole.last()) <= 0;
    }

    private static boolean overlaps(WalHole hole, BaseBackup backup) {
        return hole.timeline().equals(backup.wal().timeline())
                && hole.first().compareTo(backup.walLast()) <= 0
                && backup.walFirst().compareTo(hole.last()) <= 0;
    }

    private static WalReport report(Survey survey, List<Loss> ofRepository) {
        Set<WalHole> costly = new HashSet<>();
        ofRepository.stream()
                .filter(loss -> loss.incarnation().equals(survey.identity().keys()))
                .forEach(loss -> costly.addAll(loss.holes()));
        List<Gap> gaps = survey.holes().stream()
                .map(hole -> new Gap(
                        hole,
                        survey.backups().stream()
                                .filter(backup -> overlaps(hole, backup))
                                .map(BaseBackup::id)
                                .toList(),
                        costly.contains(hole)))
                .toList();
        return new WalReport(survey.identity(), survey.read(), survey.inventory(), gaps, unusable(survey.inventory()));
    }

    private static List<UnusableHistory> unusable(WalInventory inventory) {
        return inventory.timelines().stream()
                .filter(each -> !each.timeline().equals(Timeline.FIRST)
                        && !each.runs().isEmpty()
                        && each.history().isEmpty())
                .map(each -> new UnusableHistory(each.timeline(), problem(each)))
                .toList();
    }

    private static String problem(TimelineInventory timeline) {
        return timeline.historyProblem()
                .map(problem -> "cannot be read: " + problem)
                .orElse("is not archived");
    }
}
