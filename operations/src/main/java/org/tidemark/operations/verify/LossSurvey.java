// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.verify;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.IncarnationListing;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.backup.Mark.BackupMarks;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.catalog.verify.ObjectFinding;
import org.tidemark.catalog.verify.ObjectFinding.Severity;
import org.tidemark.catalog.verify.VerifyReport;
import org.tidemark.catalog.wal.WalInventory;
import org.tidemark.catalog.wal.WalInventory.WalHole;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.operations.sync.CopyAdvice;
import org.tidemark.recoverability.CatalogSnapshot;
import org.tidemark.recoverability.LostInterval;
import org.tidemark.recoverability.LostInterval.Positions;
import org.tidemark.session.Session;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;

/**
 * Which moments damaged and missing objects cost, and which other repository still reaches them. Used by one thread.
 */
final class LossSurvey {
    private final Session session;
    private final Map<String, List<ObjectFinding>> problems = new LinkedHashMap<>();
    private final Map<IncarnationKeys, Map<String, Content>> contents = new HashMap<>();

    /** @param reports by the name of the repository */
    LossSurvey(Session session, Map<String, List<VerifyReport>> reports) {
        this.session = session;
        reports.forEach((repository, found) -> problems.put(
                repository,
                found.stream()
                        .flatMap(report -> report.findings().stream())
                        .filter(each -> each.severity() == Severity.PROBLEM)
                        .toList()));
    }

    /**
     * One repository's part of an incarnation.
     *
     * @param minimal where a server ran with wal_level = minimal: what is past that, nothing can lose
     * @param leftOut ids of backups that are known to be damaged, which is not what is asked
     * @param damage what the verification found; of a repository that was not verified, what its marks say
     */
    private record Content(
            String repository,
            ClusterArchive archive,
            List<CatalogEntry> entries,
            WalInventory inventory,
            List<Mark.Minimal> minimal,
            Set<String> leftOut,
            Damage damage) {
        Content with(List<Mark.Minimal> ofAll) {
            return new Content(repository, archive, entries, inventory, ofAll, leftOut, damage);
        }

        WalSegmentSize size() {
            return archive.identity().walSegmentSize();
        }

        List<BaseBackup> backups() {
            List<BaseBackup> backups = new ArrayList<>();
            for (CatalogEntry entry : entries) {
                if (entry instanceof CatalogEntry.Published published) {
                    backups.add(published.backup());
                }
            }
            return backups;
        }

        /** For a message: what cannot be told is left out of it. */
        Optional<Instant> stored(Segment segment) {
            try {
                return archive.repository()
                        .store()
                        .stat(archive.wal().key(segment))
                        .map(ObjectInfo::stored);
            } catch (IOException e) {
                return Optional.empty();
            }
        }

        private CatalogSnapshot asListed() {
            return CatalogSnapshot.of(
                            repository,
                            IncarnationListing.of(archive.identity(), inventory, entries, BackupMarks.ofWal(minimal)))
                    .without(Set.of(), Set.of(), backup -> leftOut.contains(backup.id()));
        }

        /** What can be read. */
        CatalogSnapshot real() {
            return asListed()
                    .without(damage.segments, damage.histories, backup -> damage.backups.contains(backup.id()));
        }

        /** What there would be without damage, with the WAL that backups need, and without these holes. */
        CatalogSnapshot whole(Collection<WalHole> holes) {
            List<WalHole> filled = new ArrayList<>(holes);
            for (BaseBackup backup : backups()) {
                if (damage.backups.contains(backup.id().value())) {
                    filled.add(new WalHole(
                            backup.walFirst(),
                            backup.walLast(),
                            backup.wal().count(backup.origin().walSegmentSize())));
                }
            }
            return asListed().withSegments(filled);
        }
    }

    /** What a verification found to be damaged or missing in one incarnation. */
    private record Damage(Set<Segment> segments, Set<Timeline> histories, Set<String> backups) {
        static Damage none() {
            return new Damage(new HashSet<>(), new HashSet<>(), new HashSet<>());
        }

        Damage with(IncarnationKeys incarnation, List<ObjectFinding> problems) {
            for (ObjectFinding each : problems) {
                if (IncarnationKeys.of(each.key()).filter(incarnation::equals).isPresent()) {
                    each.backups().forEach(id -> backups.add(id.value()));
                    add(ObjectName.parse(incarnation, each.key()));
                }
            }
            return this;
        }

        Damage with(IncarnationKeys incarnation, BackupMarks marks) {
            marks.byOwner()
                    .forEach((owner, all) -> Mark.damage(all).ifPresent(damage -> {
                        backups.add(owner);
                        damage.damaged()
                                .forEach(rest ->
                                        add(ObjectName.parse(incarnation, new ObjectKey(incarnation.prefix() + rest))));
                    }));
            return this;
        }

        private void add(ObjectName.OfIncarnation name) {
            switch (name) {
                case ObjectName.Segment segment -> segments.add(segment.file());
                case ObjectName.History history -> histories.add(history.file().timeline());
                case ObjectName.BackupHistory _,
                        ObjectName.Partial _,
                        ObjectName.IncarnationIdentity _,
                        ObjectName.OfBackup _,
                        ObjectName.WalMark _,
                        ObjectName.Attempt _,
                        ObjectName.DrillEvidence _,
                        ObjectName.Repaired _,
                        ObjectName.RemovedWal _,
                        ObjectName.GivenUpWal _,
                        ObjectName.StreamPiece _,
                        ObjectName.Rejection _,
                        ObjectName.Unknown _ -> {}
            }
        }
    }

    /**
     * What the problems cost.
     *
     * @param holes of each repository, those whose cost is wanted as well
     * @return of each repository in which something is lost
     */
    Map<String, List<Loss>> losses(Map<String, Map<IncarnationKeys, List<WalHole>>> holes) {
        Map<String, List<Loss>> losses = new LinkedHashMap<>();
        for (String repository : problems.keySet()) {
            Map<IncarnationKeys, List<WalHole>> ofRepository = holes.getOrDefault(repository, Map.of());
            Set<IncarnationKeys> incarnations = new LinkedHashSet<>(ofRepository.keySet());
            problems(repository).forEach(each -> IncarnationKeys.of(each.key()).ifPresent(incarnations::add));
            List<Loss> own = new ArrayList<>();
            for (IncarnationKeys incarnation : incarnations) {
                Content content = content(incarnation).get(repository);
                if (content != null) {
                    own.addAll(losses(incarnation, content, ofRepository.getOrDefault(incarnation, List.of())));
                }
            }
            if (!own.isEmpty()) {
                losses.put(repository, List.copyOf(own));
            }
        }
        return losses;
    }

    private List<ObjectFinding> problems(String repository) {
        return problems.getOrDefault(repository, List.of());
    }

    private List<Loss> losses(IncarnationKeys incarnation, Content content, List<WalHole> holes) {
        List<Loss> losses = new ArrayList<>();
        List<Content> others = content(incarnation).values().stream()
                .filter(each -> !each.repository().equals(content.repository()))
                .toList();
        List<CatalogSnapshot> all = new ArrayList<>(List.of(content.real()));
        others.forEach(each -> all.add(each.real()));
        CatalogSnapshot together = CatalogSnapshot.union(content.size(), all);
        Positions reachedTogether = Positions.reachedIn(together);
        Map<Content, Positions> reached = new LinkedHashMap<>();
        others.forEach(each -> reached.put(each, Positions.reachedIn(each.real())));
        for (LostInterval each :
                LostInterval.between(content.whole(holes), content.real(), content::stored, Loss.MAX_TOLD)) {
            List<Content> reaching = reached.entrySet().stream()
                    .filter(other -> each.isIn(other.getValue()))
                    .map(Map.Entry::getKey)
                    .toList();
            losses.add(new Loss(
                    incarnation,
                    each,
                    causes(incarnation, content, each),
                    holes.stream()
                            .filter(hole -> each.touches(hole.first(), hole.last(), content.size()))
                            .toList(),
                    !others.isEmpty() && each.isIn(reachedTogether),
                    reaching.stream().map(Content::repository).toList(),
                    reaching.stream()
                            .findFirst()
                            .map(other -> CopyAdvice.of(
                                    other.repository(), other.archive(), content.repository(), content.archive()))));
        }
        return losses;
    }

    private List<ObjectFinding> causes(IncarnationKeys incarnation, Content content, LostInterval lost) {
        Map<BackupId, BaseBackup> backups = new HashMap<>();
        content.backups().forEach(each -> backups.put(each.id(), each));
        return problems(content.repository()).stream()
                .filter(each -> IncarnationKeys.of(each.key())
                        .filter(incarnation::equals)
                        .isPresent())
                .filter(each -> touches(lost, ObjectName.parse(incarnation, each.key()), content.size())
                        || each.backups().stream()
                                .map(backups::get)
                                .anyMatch(backup -> backup != null
                                        && lost.contains(
                                                backup.wal().timeline(),
                                                backup.wal().stop())))
                .toList();
    }

    private static boolean touches(LostInterval lost, ObjectName.OfIncarnation name, WalSegmentSize size) {
        return (name instanceof ObjectName.Segment segment && lost.touches(segment.file(), size))
                || (name instanceof ObjectName.History history
                        && history.file().timeline().equals(lost.timeline()));
    }

    /** By the name of the repository: of each that can be read. */
    private Map<String, Content> content(IncarnationKeys incarnation) {
        return contents.computeIfAbsent(incarnation, keys -> {
            Map<String, Content> found = new LinkedHashMap<>();
            for (RepositorySettings settings : session.repositoriesOfTheCluster()) {
                try {
                    read(keys, settings).ifPresent(content -> found.put(settings.name(), content));
                } catch (IOException | UserFacingException e) {
                    // Its own verification says so, and nothing is promised of it.
                }
            }
            List<Mark.Minimal> minimal = found.values().stream()
                    .flatMap(each -> each.minimal().stream())
                    .toList();
            found.replaceAll((repository, content) -> content.with(minimal));
            return found;
        });
    }

    private Optional<Content> read(IncarnationKeys incarnation, RepositorySettings settings) throws IOException {
        Optional<ClusterArchive> archive =
                session.repository(settings).incarnation(incarnation.cluster(), incarnation.system());
        if (archive.isEmpty()) {
            return Optional.empty();
        }
        BackupCatalog backups = session.backups(archive.get());
        BackupMarks marks = backups.marks();
        boolean isVerified = problems.containsKey(settings.name());
        Damage damage = isVerified
                ? Damage.none().with(incarnation, problems(settings.name()))
                : Damage.none().with(incarnation, marks);
        Set<String> leftOut = new HashSet<>();
        marks.byOwner().forEach((owner, all) -> {
            boolean isDamaged =
                    Mark.damage(all).filter(mark -> isOfData(incarnation, mark)).isPresent();
            if (isDamaged && !damage.backups.contains(owner)) {
                leftOut.add(owner);
            }
        });
        return Optional.of(new Content(
                settings.name(),
                archive.get(),
                backups.list(),
                archive.get().wal().inventory(),
                marks.minimal(),
                leftOut,
                damage));
    }

    /** Whether more than WAL, which is looked at again, is damaged or missing. */
    private static boolean isOfData(IncarnationKeys incarnation, Mark.Verified damage) {
        return damage.problems() > damage.damaged().size()
                || damage.damaged().stream()
                        .map(rest -> ObjectName.parse(incarnation, new ObjectKey(incarnation.prefix() + rest)))
                        // The finding that WAL is missing names the description of the backup.
                        .anyMatch(name ->
                                name instanceof ObjectName.OfBackup && !(name instanceof ObjectName.BackupDocument));
    }
}
