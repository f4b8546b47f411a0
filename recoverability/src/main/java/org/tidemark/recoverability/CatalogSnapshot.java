// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tidemark.catalog.IncarnationListing;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.wal.ArchivedWal;
import org.tidemark.catalog.wal.WalInventory.WalHole;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.Sha256;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.TimelinePath;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.wal.TimelineBeginning;

/**
 * What the repositories hold of one incarnation, at one moment. Immutable.
 *
 * @param repositories those that were read, in the order in which they are asked
 * @param unreadableBackups ids of backups whose description no repository has that can be read
 * @param histories those that are archived and can be read; timeline 1 has none
 * @param historiesStored when a history was stored, by the store's clock, where that is known
 * @param damagedHistories timelines whose history is archived and can be read in no repository
 * @param minimal where recoveries end, although WAL follows
 * @param remarks findings from reading the catalog
 * @param written what the WAL says of time
 */
public record CatalogSnapshot(
        List<String> repositories,
        List<BackupCandidate> backups,
        List<String> unreadableBackups,
        ArchivedWal wal,
        Map<Timeline, TimelineHistory> histories,
        Map<Timeline, Instant> historiesStored,
        Set<Timeline> damagedHistories,
        MinimalWal minimal,
        List<PlanFinding> remarks,
        WrittenTimes written) {
    public CatalogSnapshot {
        repositories = List.copyOf(repositories);
        backups = List.copyOf(backups);
        unreadableBackups = List.copyOf(unreadableBackups);
        histories = Map.copyOf(histories);
        historiesStored = Map.copyOf(historiesStored);
        damagedHistories = Set.copyOf(damagedHistories);
        remarks = List.copyOf(remarks);
    }

    /**
     * What one repository holds. Damage of a part is a remark, and leaves that part out.
     *
     * @param repository its name in plans
     */
    public static CatalogSnapshot of(String repository, IncarnationListing listing) {
        List<BackupCandidate> backups = new ArrayList<>();
        List<String> unreadable = new ArrayList<>();
        for (CatalogEntry entry : listing.entries()) {
            switch (entry) {
                case CatalogEntry.Published published ->
                    backups.add(BackupCandidate.of(
                            published, repository, listing.marks().damage(published.backup())));
                case CatalogEntry.Unreadable damaged ->
                    unreadable.add(damaged.id().value());
                case CatalogEntry.Unpublished remains -> {}
            }
        }
        List<PlanFinding> remarks = new ArrayList<>();
        listing.marks()
                .damaged()
                .forEach(problem -> remarks.add(unreadMarks(
                        repository,
                        problem,
                        "Look for damage with: " + CopyableCommand.of("verify", "--all", "--repository", repository))));
        listing.unreadMarks()
                .ifPresent(why -> remarks.add(unreadMarks(repository, String.valueOf(why.getMessage()), why.hint())));
        listing.damagedHistories()
                .forEach((timeline, problem) -> remarks.add(PlanFinding.warning(
                        PlanFinding.Topic.TARGET,
                        "the history of timeline " + timeline + " in '" + repository + "' cannot be read: " + problem,
                        "Is it intact in another repository, or in the pg_wal of a server?")));
        return new CatalogSnapshot(
                List.of(repository),
                backups,
                unreadable,
                listing.wal(),
                listing.histories(),
                listing.historiesStored(),
                listing.damagedHistories().keySet(),
                MinimalWal.of(listing.marks().minimal()),
                remarks,
                WrittenTimes.UNREAD);
    }

    private static PlanFinding unreadMarks(String repository, String problem, String hint) {
        return PlanFinding.warning(
                PlanFinding.Topic.BACKUP,
                "the results of verify in '" + repository + "' cannot be read: " + problem,
                hint);
    }

    /**
     * What several repositories hold together. A recovery reads a file from whichever of them has it, so what one lacks
     * and another has is there. Two histories of one timeline are a problem that names both repositories.
     *
     * @param parts of one incarnation, in the order in which the repositories are asked
     */
    public static CatalogSnapshot union(WalSegmentSize size, List<CatalogSnapshot> parts) {
        if (parts.size() == 1) {
            return parts.getFirst();
        }
        Map<CopyOf, BackupCandidate> backups = new LinkedHashMap<>();
        Set<String> unreadable = new TreeSet<>();
        Map<Timeline, TimelineHistory> histories = new HashMap<>();
        Map<Timeline, CatalogSnapshot> owners = new HashMap<>();
        Map<Timeline, Instant> stored = new HashMap<>();
        Set<Timeline> damaged = new HashSet<>();
        List<PlanFinding> remarks = new ArrayList<>();
        for (CatalogSnapshot part : parts) {
            part.backups.forEach(
                    each -> backups.merge(new CopyOf(each.id(), each.description()), each, CatalogSnapshot::both));
            unreadable.addAll(part.unreadableBackups);
            damaged.addAll(part.damagedHistories);
            remarks.addAll(part.remarks);
            part.historiesStored.forEach((timeline, at) -> stored.merge(timeline, at, CatalogSnapshot::earlier));
            part.histories.forEach((timeline, history) -> {
                TimelineHistory known = histories.putIfAbsent(timeline, history);
                CatalogSnapshot owner = owners.putIfAbsent(timeline, part);
                if (known != null && owner != null && !known.equals(history)) {
                    remarks.add(twoHistories(timeline, owner, part));
                }
            });
        }
        backups.keySet().forEach(each -> unreadable.remove(each.id()));
        damaged.removeAll(histories.keySet());
        return new CatalogSnapshot(
                parts.stream().flatMap(part -> part.repositories.stream()).toList(),
                List.copyOf(backups.values()),
                List.copyOf(unreadable),
                ArchivedWal.union(size, parts.stream().map(CatalogSnapshot::wal).toList()),
                histories,
                stored,
                damaged,
                parts.stream().map(CatalogSnapshot::minimal).reduce(MinimalWal.NONE, MinimalWal::and),
                remarks,
                WrittenTimes.ofAny(parts.stream().map(CatalogSnapshot::written).toList()));
    }

    /** What makes two of one id copies of one backup. */
    private record CopyOf(String id, Sha256 description) {}

    private static BackupCandidate both(BackupCandidate one, BackupCandidate other) {
        return one.heldBy(Stream.concat(one.copies().stream(), other.copies().stream())
                .distinct()
                .toList());
    }

    private static Instant earlier(Instant one, Instant other) {
        return other.isBefore(one) ? other : one;
    }

    private static PlanFinding twoHistories(Timeline timeline, CatalogSnapshot one, CatalogSnapshot other) {
        String first = String.join("', '", one.repositories);
        String second = String.join("', '", other.repositories);
        return PlanFinding.problem(
                ExitCode.WAL_CONFLICT,
                PlanFinding.Topic.TARGET,
                "the history of timeline " + timeline + " in '" + first + "' is not the one in '" + second
                        + "': two servers were promoted to the same timeline",
                "Decide which of them is right, and read from its repository alone: --repository " + first
                        + " or --repository " + second);
    }

    /**
     * Why no recovery can begin with a backup; none if one can. This is the rule by which `recover` plans: what one
     * repository lacks and another has is there, and the WAL is whole if it is on any path that the backup is on. The
     * last segment may be archived in part, or under a timeline that followed.
     */
    public List<BackupProblem> problems(BackupCandidate backup) {
        List<BackupProblem> problems = new ArrayList<>();
        if (backup.isDamaged()) {
            problems.add(new BackupProblem.Damaged(backup.copies()));
        }
        if (paths(backup).isEmpty()) {
            problems.add(new BackupProblem.NoHistory(backup.timeline()));
        }
        missingWal(backup).map(BackupProblem.MissingWal::new).ifPresent(problems::add);
        return problems;
    }

    /** What is missing of the WAL without which a backup is not consistent, in words; whatever its copies are. */
    public Optional<String> missingWal(BackupCandidate backup) {
        List<TimelinePath> paths = paths(backup);
        if (paths.isEmpty()) {
            paths = List.of(path(TimelineHistory.root(backup.timeline())));
        }
        RecoveryChainCheck check = new RecoveryChainCheck(new RecoveryTarget.Immediate(), backups, Optional.empty());
        Optional<String> first = missing(check, backup, paths.getFirst());
        boolean isWholeOnAnother = first.isPresent()
                && paths.stream()
                        .skip(1)
                        .anyMatch(path -> missing(check, backup, path).isEmpty());
        return isWholeOnAnother ? Optional.empty() : first;
    }

    /** The known paths on which a backup is, that of its own timeline first. */
    private List<TimelinePath> paths(BackupCandidate backup) {
        return Stream.concat(
                        history(backup.timeline()).stream(),
                        histories.values().stream()
                                .filter(history -> !history.timeline().equals(backup.timeline())))
                .map(this::path)
                .filter(backup::isOn)
                .toList();
    }

    private TimelinePath path(TimelineHistory history) {
        return new TimelinePath(history, wal.segmentSize());
    }

    private Optional<String> missing(RecoveryChainCheck check, BackupCandidate backup, TimelinePath path) {
        RecoveryChain chain = check.survey(backup, new PathWal(path, wal));
        return chain.hasProblem() ? chain.flaw() : Optional.empty();
    }

    /** The backups by their ids: several of one id if repositories hold different ones. */
    public Map<String, List<BackupCandidate>> backupsById() {
        return backups.stream().collect(Collectors.groupingBy(BackupCandidate::id));
    }

    /** Whether another backup has the same id. */
    boolean isAmbiguous(BackupCandidate backup) {
        return backups.stream().filter(each -> each.id().equals(backup.id())).count() > 1;
    }

    /** The same with other backups. */
    CatalogSnapshot withBackups(List<BackupCandidate> others) {
        return new CatalogSnapshot(
                repositories,
                others,
                unreadableBackups,
                wal,
                histories,
                historiesStored,
                damagedHistories,
                minimal,
                remarks,
                written);
    }

    /** The same with other WAL. */
    public CatalogSnapshot withWal(ArchivedWal other) {
        return new CatalogSnapshot(
                repositories,
                backups,
                unreadableBackups,
                other,
                histories,
                historiesStored,
                damagedHistories,
                minimal,
                remarks,
                written);
    }

    /** The same with all of the segments of which some are missing; there may be very many. */
    public CatalogSnapshot withSegments(Collection<WalHole> holes) {
        return holes.isEmpty() ? this : withWal(wal.with(holes));
    }

    /** The same without what cannot be read. */
    public CatalogSnapshot without(Set<Segment> segments, Set<Timeline> damaged, Predicate<BackupCandidate> leftOut) {
        Map<Timeline, TimelineHistory> left = new HashMap<>(histories);
        left.keySet().removeAll(damaged);
        return new CatalogSnapshot(
                repositories,
                backups.stream().filter(leftOut.negate()).toList(),
                unreadableBackups,
                segments.isEmpty() ? wal : wal.without(segments),
                left,
                historiesStored,
                damagedHistories,
                minimal,
                remarks,
                written);
    }

    /** The same, and what else was noticed. */
    public CatalogSnapshot withRemarks(List<PlanFinding> more) {
        return new CatalogSnapshot(
                repositories,
                backups,
                unreadableBackups,
                wal,
                histories,
                historiesStored,
                damagedHistories,
                minimal,
                Stream.concat(remarks.stream(), more.stream()).toList(),
                written);
    }

    /** The same, where the WAL can be asked for the times in it. */
    public CatalogSnapshot withTimes(WrittenTimes times) {
        return new CatalogSnapshot(
                repositories,
                backups,
                unreadableBackups,
                wal,
                histories,
                historiesStored,
                damagedHistories,
                minimal,
                remarks,
                times);
    }

    /** Every timeline of which anything is stored. */
    public NavigableSet<Timeline> timelines() {
        NavigableSet<Timeline> known = new TreeSet<>(histories.keySet());
        known.addAll(damagedHistories);
        known.addAll(wal.timelines());
        backups.forEach(backup -> known.add(backup.timeline()));
        return known;
    }

    /** The ancestors of a timeline; empty if they are not archived, so that nobody can tell. */
    Optional<TimelineHistory> history(Timeline timeline) {
        if (timeline.equals(Timeline.FIRST)) {
            return Optional.of(TimelineHistory.root(timeline));
        }
        return Optional.ofNullable(histories.get(timeline));
    }

    /** From where on the WAL of a segment is not on the path to a timeline; its start if none of it is. */
    public Lsn leaves(Timeline path, Segment segment) {
        return history(path)
                .flatMap(history -> history.endOf(segment.timeline()))
                .orElse(segment.start(wal.segmentSize()));
    }

    /** The beginning of a timeline in its first segment; empty if that is not archived, or does not say it. */
    Optional<TimelineBeginning> beginning(Timeline timeline) {
        return history(timeline)
                .map(history ->
                        Segment.of(timeline, wal.segmentSize().segmentNumber(history.begin()), wal.segmentSize()))
                .filter(first -> wal.of(timeline).contains(first.index(wal.segmentSize())))
                .flatMap(written::beginning);
    }

    /**
     * When a timeline began, as its WAL says it. If that does not, when the first thing of it was stored, or what a
     * mark says of that; empty if nothing is known.
     */
    Optional<Instant> begun(Timeline timeline) {
        return beginning(timeline).map(TimelineBeginning::at).or(() -> stored(timeline));
    }

    /** When the first thing of a timeline was stored; empty if nothing of it is, or that is not known. */
    Optional<Instant> stored(Timeline timeline) {
        return Stream.concat(
                        wal.firstStored(timeline).stream(), Optional.ofNullable(historiesStored.get(timeline)).stream())
                .min(Instant::compareTo);
    }
}
