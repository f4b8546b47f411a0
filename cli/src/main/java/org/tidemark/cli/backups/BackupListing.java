// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.backups;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.DamagedObjectException;
import org.tidemark.catalog.WalInventory;
import org.tidemark.catalog.backup.BackupId;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.cli.backups.ListedBackup.State;
import org.tidemark.cli.output.Amounts;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.WalFile;
import org.tidemark.restore.Catalogue;
import org.tidemark.restore.CatalogueReader;

/** Lists the backups of a cluster's incarnations over several repositories. Not thread-safe. */
public final class BackupListing {
    private final Map<Key, List<StoredBackup>> found = new LinkedHashMap<>();
    private final Map<ClusterArchive, WalInventory> inventories = new LinkedHashMap<>();
    private final Map<ClusterArchive, String> names = new LinkedHashMap<>();
    private final List<StoredBackup> stored = new ArrayList<>();

    private record Key(SystemIdentifier system, BackupId id) {}

    /** Reads one incarnation's catalogue in one repository. */
    public void add(String repository, ClusterArchive archive) throws IOException {
        inventories.put(archive, archive.wal().inventory());
        names.put(archive, repository);
        for (CatalogEntry entry : StoredBackup.catalog(archive).list()) {
            StoredBackup each = new StoredBackup(repository, archive, entry);
            stored.add(each);
            found.computeIfAbsent(new Key(each.system(), each.id()), ignored -> new ArrayList<>())
                    .add(each);
        }
    }

    /** Every copy of every backup, in the order in which repositories were added. */
    public List<StoredBackup> stored() {
        return List.copyOf(stored);
    }

    public Map<ClusterArchive, WalInventory> inventories() {
        return new LinkedHashMap<>(inventories);
    }

    /** What all repositories that were added hold of one incarnation. */
    public Catalogue catalogue(ClusterIdentity identity) {
        List<Catalogue> parts = new ArrayList<>();
        inventories.forEach((archive, inventory) -> {
            List<StoredBackup> own =
                    stored.stream().filter(each -> each.archive() == archive).toList();
            if (archive.identity().equals(identity)) {
                parts.add(CatalogueReader.of(
                        names.getOrDefault(archive, ""),
                        identity,
                        inventory,
                        own.stream().map(StoredBackup::entry).toList()));
            }
        });
        return Catalogue.union(identity.walSegmentSize(), parts);
    }

    /** The oldest first, one entry for all copies of a backup. */
    public List<ListedBackup> backups() throws IOException {
        List<ListedBackup> listed = new ArrayList<>();
        for (Map.Entry<Key, List<StoredBackup>> each : found.entrySet()) {
            listed.add(listed(each.getKey(), each.getValue()));
        }
        listed.sort(ListedBackup.ORDER);
        return listed;
    }

    private ListedBackup listed(Key key, List<StoredBackup> copies) throws IOException {
        List<String> repositories = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        Optional<BaseBackup> backup = Optional.empty();
        boolean good = false;
        boolean published = false;
        for (StoredBackup copy : copies) {
            int problemsBefore = problems.size();
            switch (copy.entry()) {
                case CatalogEntry.Published full -> {
                    published = true;
                    backup = Optional.of(full.backup());
                    repositories.add(copy.repository());
                    missingWal(copy, full.backup()).ifPresent(problem -> problems.add(in(copy, copies) + problem));
                    marks(copy, copies, problems, notes);
                    good |= problems.size() == problemsBefore;
                }
                case CatalogEntry.Unreadable unreadable -> {
                    published = true;
                    repositories.add(copy.repository());
                    problems.add(in(copy, copies) + unreadable.problem());
                }
                case CatalogEntry.Unpublished remains ->
                    notes.add(in(copy, copies) + "being taken or cut off, newest object "
                            + Amounts.minute(remains.lastStored()));
            }
        }
        backup.map(BaseBackup::contents)
                .filter(contents -> contents.damagedPagesCount() > 0)
                .ifPresent(contents -> notes.add(contents.damagedPagesCount() + " pages were damaged in the cluster"));
        backup.flatMap(BaseBackup::name).ifPresent(name -> notes.addFirst('"' + name + '"'));
        State state = !published ? State.INCOMPLETE : good ? State.COMPLETE : State.BROKEN;
        return new ListedBackup(key.id(), key.system(), backup, state, repositories, problems, notes);
    }

    private static String in(StoredBackup copy, List<StoredBackup> copies) {
        return copies.size() == 1 ? "" : copy.repository() + ": ";
    }

    private Optional<String> missingWal(StoredBackup copy, BaseBackup backup) {
        WalInventory inventory = inventories.get(copy.archive());
        WalFile.Segment last = backup.walLast();
        for (WalFile.Segment segment = backup.walFirst();
                segment.compareTo(last) <= 0;
                segment = segment.next(backup.origin().walSegmentSize())) {
            if (inventory != null && !inventory.contains(segment)) {
                return Optional.of("its WAL is not archived: " + segment.name());
            }
        }
        return Optional.empty();
    }

    private static void marks(StoredBackup copy, List<StoredBackup> copies, List<String> problems, List<String> notes)
            throws IOException {
        List<Mark> marks;
        try {
            marks = copy.catalog().marks(copy.id());
        } catch (DamagedObjectException e) {
            notes.add(in(copy, copies) + "a mark is damaged: " + e.problem());
            return;
        }
        if (!marks.isEmpty() && marks.getLast() instanceof Mark.Verified verified) {
            String when = Amounts.minute(verified.at()).substring(0, 10);
            if (verified.problems() > 0) {
                problems.add(in(copy, copies) + verified.problems() + " problems when verified " + when);
            } else {
                notes.add(in(copy, copies) + "verified " + when);
            }
        }
    }
}
