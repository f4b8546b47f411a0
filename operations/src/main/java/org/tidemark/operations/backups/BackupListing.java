// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.backups;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.DrillEvidence;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.operations.backups.ListedBackup.Copy;
import org.tidemark.operations.backups.ListedBackup.PublishedCopy;
import org.tidemark.operations.backups.ListedBackup.ReadableCopy;
import org.tidemark.operations.backups.ListedBackup.RemainingObjects;
import org.tidemark.operations.backups.ListedBackup.UnreadableCopy;
import org.tidemark.recoverability.BackupCandidate;
import org.tidemark.recoverability.BackupProblem;
import org.tidemark.recoverability.CatalogSnapshot;
import org.tidemark.session.reading.BackupState;
import org.tidemark.session.reading.ClusterReading;
import org.tidemark.session.reading.HeldDrills;
import org.tidemark.session.reading.IncarnationReading;

/** Joins the copies of each backup in the repositories of a cluster. Pure. */
public final class BackupListing {
    private BackupListing() {}

    private record Key(SystemIdentifier system, BackupId id) {}

    /** A copy with what is known of it in its repository. */
    private record Found(IncarnationReading in, CatalogEntry entry) {
        Copy copy() {
            return switch (entry) {
                case CatalogEntry.Published each -> new ReadableCopy(in.repository(), in.marks(), each.lacking());
                case CatalogEntry.Unreadable each -> new UnreadableCopy(in.repository(), in.marks(), each.problem());
                case CatalogEntry.Unpublished each ->
                    new RemainingObjects(
                            in.repository(),
                            Objects.requireNonNull(in.unfinished().get(each.id()), "read with it"));
            };
        }
    }

    /** Oldest first, one entry for all copies of a backup. Two different backups with the same id are not copies. */
    public static List<ListedBackup> of(ClusterReading reading) {
        Map<Key, List<Found>> found = new LinkedHashMap<>();
        Map<SystemIdentifier, Candidates> candidates = new LinkedHashMap<>();
        Map<SystemIdentifier, HeldDrills> drills = new LinkedHashMap<>();
        for (IncarnationReading each : reading.all()) {
            SystemIdentifier system = each.identity().system();
            candidates.computeIfAbsent(system, any -> Candidates.of(reading.together(each.identity())));
            drills.computeIfAbsent(system, any -> reading.drills(each.identity()));
            for (CatalogEntry entry : each.entries()) {
                found.computeIfAbsent(new Key(system, entry.id()), any -> new ArrayList<>())
                        .add(new Found(each, entry));
            }
        }
        List<ListedBackup> listed = new ArrayList<>();
        found.forEach((key, all) -> {
            Candidates catalog = Objects.requireNonNull(candidates.get(key.system()), "read with it");
            Optional<DrillEvidence> drill = Objects.requireNonNull(drills.get(key.system()), "read with it")
                    .lastOf(key.id());
            List<List<Found>> different = different(all);
            different.forEach(copies -> listed.add(listed(key, copies, catalog, drill, different.size() > 1)));
        });
        listed.sort(ListedBackup.ORDER);
        return listed;
    }

    /** The copies of one id, grouped by description; unreadable copies belong to the first group. */
    private static List<List<Found>> different(List<Found> all) {
        Map<BaseBackup, List<Found>> published = new LinkedHashMap<>();
        List<Found> others = new ArrayList<>();
        for (Found each : all) {
            if (each.entry() instanceof CatalogEntry.Published full) {
                published
                        .computeIfAbsent(full.backup(), any -> new ArrayList<>())
                        .add(each);
            } else {
                others.add(each);
            }
        }
        if (published.size() <= 1) {
            return List.of(all);
        }
        List<List<Found>> different = new ArrayList<>(published.values());
        different.getFirst().addAll(others);
        return different;
    }

    /** What recoveries begin with, of one incarnation. */
    private record Candidates(CatalogSnapshot catalog, Map<String, List<BackupCandidate>> byId) {
        static Candidates of(CatalogSnapshot catalog) {
            return new Candidates(catalog, catalog.backupsById());
        }

        /** Why no recovery can begin with the copy in a repository. */
        List<BackupProblem> problems(BackupId id, String repository) {
            return byId.getOrDefault(id.value(), List.of()).stream()
                    .filter(each -> each.repositories().contains(repository))
                    .findFirst()
                    .map(catalog::problems)
                    .orElse(List.of());
        }
    }

    private static ListedBackup listed(
            Key key, List<Found> all, Candidates catalog, Optional<DrillEvidence> drill, boolean hasNamesake) {
        List<Copy> copies = all.stream().map(Found::copy).toList();
        Optional<BaseBackup> backup = all.stream()
                .flatMap(each -> each.entry() instanceof CatalogEntry.Published published
                        ? Stream.of(published.backup())
                        : Stream.empty())
                .findFirst();
        List<BackupProblem> against = all.stream()
                .filter(each -> each.entry() instanceof CatalogEntry.Published)
                .map(each -> catalog.problems(key.id(), each.in().repository()))
                .findFirst()
                .orElse(List.of());
        BackupState state = backup.isPresent() && against.isEmpty()
                ? BackupState.COMPLETE
                : copies.stream().anyMatch(PublishedCopy.class::isInstance)
                        ? BackupState.BROKEN
                        : copies.stream()
                                .flatMap(copy -> copy instanceof RemainingObjects remains
                                        ? Stream.of(remains.unfinished().state())
                                        : Stream.empty())
                                .min(Comparator.naturalOrder())
                                .orElse(BackupState.INTERRUPTED);
        return new ListedBackup(key.id(), key.system(), backup, state, copies, against, drill, hasNamesake);
    }
}
