// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32C;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.backup.BackupObjects.Complete;
import org.tidemark.catalog.backup.BackupObjects.Flaw;
import org.tidemark.catalog.backup.BackupObjects.Lacking;
import org.tidemark.catalog.backup.CatalogEntry.Published;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.core.Sha256;
import org.tidemark.core.UnsyncedFile;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectMissing;

/**
 * Compares the objects that published backups consist of with what their store lists. Where one page lists the data of
 * all backups, that is all that is asked; else each backup's own folder is listed. Only a backup that was whole is
 * remembered, and only for those who accept an older listing. Thread-safe.
 */
final class ObjectListings {
    private static final int FORMAT = 0x7464_6f01;

    private final ObjectStore store;
    private final IncarnationKeys incarnation;
    private final BackupCatalog catalog;
    private final Optional<Path> file;

    /** @param file where backups that were whole are remembered; need neither exist nor be writable */
    ObjectListings(ObjectStore store, IncarnationKeys incarnation, BackupCatalog catalog, Optional<Path> file) {
        this.store = store;
        this.incarnation = incarnation;
        this.catalog = catalog;
        this.file = file;
    }

    /**
     * The objects of each of these backups.
     *
     * @param newest of so many backups, those that ended last, the objects are listed now
     * @param oldest a listing of another backup may be as old as this
     */
    Map<BackupId, BackupObjects> look(List<Published> backups, int newest, Duration oldest, Instant now)
            throws IOException {
        Map<BackupId, BackupObjects> found = new HashMap<>();
        Map<Remembered, Instant> remembered = oldest.isPositive() ? read() : Map.of();
        List<Published> toList = new ArrayList<>();
        Deque<Published> known = new ArrayDeque<>();
        List<Published> newestFirst = backups.stream()
                .sorted(Comparator.comparing(
                                (Published each) -> each.backup().run().ended())
                        .reversed())
                .toList();
        for (Published each : newestFirst) {
            Optional<Instant> at = Optional.ofNullable(remembered.get(Remembered.of(each)))
                    .filter(then ->
                            !then.isAfter(now) && Duration.between(then, now).compareTo(oldest) <= 0);
            if (at.isPresent() && found.size() + toList.size() >= newest) {
                found.put(each.id(), new Complete(at.get()));
                known.add(each);
            } else {
                toList.add(each);
            }
        }
        boolean isNew = !toList.isEmpty();
        while (!toList.isEmpty()) {
            Map<BackupId, BackupObjects> listed = list(toList, now);
            found.putAll(listed);
            toList.clear();
            // One that is not whole is not among the newest that count.
            listed.values().stream()
                    .filter(Lacking.class::isInstance)
                    .forEach(_ -> Optional.ofNullable(known.poll()).ifPresent(toList::add));
        }
        if (isNew) {
            save(backups, found);
        }
        return found;
    }

    private Map<BackupId, BackupObjects> list(List<Published> backups, Instant now) throws IOException {
        ByBackup documents = below(incarnation.catalog());
        ObjectPage page = store.list(incarnation.backups(), Optional.empty(), ObjectStore.MAX_PAGE);
        ByBackup data = new ByBackup(new HashMap<>());
        if (!page.more()) {
            page.objects().forEach(each -> data.add(incarnation, each));
        }
        Map<BackupId, BackupObjects> found = new HashMap<>();
        List<BackupObjects> inOrder = DocumentReads.inOrder(backups, each -> {
            Map<ObjectKey, Long> there = new HashMap<>(documents.of(each.id()));
            there.putAll(page.more() ? data(each.id()) : data.of(each.id()));
            return objects(each.backup(), there, now);
        });
        for (int i = 0; i < backups.size(); i++) {
            found.put(backups.get(i).id(), inOrder.get(i));
        }
        return found;
    }

    private Map<ObjectKey, Long> data(BackupId id) throws IOException {
        return below(incarnation.backup(id).data()).of(id);
    }

    private ByBackup below(String folder) throws IOException {
        ByBackup found = new ByBackup(new HashMap<>());
        Listing.visit(store, folder, each -> found.add(incarnation, each));
        return found;
    }

    /** The sizes of the objects that descriptions of backups count, by the backup that they were stored for. */
    private record ByBackup(Map<BackupId, Map<ObjectKey, Long>> sizes) {
        void add(IncarnationKeys incarnation, ObjectInfo object) {
            ObjectName name = ObjectName.parse(incarnation, object.key());
            // The sizes do not count the configuration: a restore can do without it.
            if (name instanceof ObjectName.OfBackup of
                    && !(name instanceof ObjectName.Configuration)
                    && (name instanceof ObjectName.BackupData || name instanceof ObjectName.BundleList)) {
                sizes.computeIfAbsent(of.keys().id(), any -> new HashMap<>()).put(object.key(), object.sizeBytes());
            }
        }

        Map<ObjectKey, Long> of(BackupId id) {
            return sizes.getOrDefault(id, Map.of());
        }
    }

    private BackupObjects objects(BaseBackup backup, Map<ObjectKey, Long> there, Instant now) throws IOException {
        if (hasAllBytes(backup, there)) {
            return new Complete(now);
        }
        Map<ObjectKey, Long> wanted = new HashMap<>();
        manifests(backup).forEach((key, object) -> wanted.put(key, object.sizeBytes()));
        List<Flaw> flaws = new ArrayList<>();
        Set<BackupId> others = new HashSet<>();
        backup.manifestParts().forEach(part -> others.add(part.keys().id()));
        try {
            for (BundleRef bundle : catalog.bundles(backup).values()) {
                wanted.put(
                        incarnation.backup(bundle.id()).bundle(bundle.number()),
                        bundle.object().sizeBytes());
                others.add(bundle.id());
            }
        } catch (DamagedObjectException e) {
            wanted.remove(e.key());
            flaws.add(new Flaw(e.key(), e.problem()));
        } catch (ObjectMissing e) {
            // It is among the wanted ones, and not listed.
        }
        others.remove(backup.id());
        for (BackupId other : others) {
            there.putAll(data(other));
        }
        wanted.keySet().stream().sorted().forEach(key -> {
            long size = wanted.getOrDefault(key, 0L);
            Long found = there.get(key);
            if (found == null) {
                flaws.add(new Flaw(key, "is missing"));
            } else if (found != size) {
                flaws.add(new Flaw(key, "has " + found + " bytes instead of " + size));
            }
        });
        return confirmed(flaws, wanted, now);
    }

    /** Some stores list a new object late, and a repaired one has its copy elsewhere: they answer when asked for it. */
    private BackupObjects confirmed(List<Flaw> flaws, Map<ObjectKey, Long> wanted, Instant now) throws IOException {
        List<Flaw> confirmed = new ArrayList<>();
        for (Flaw each : flaws) {
            Long size = wanted.get(each.key());
            boolean isThere = confirmed.size() < Lacking.MAX_NAMED
                    && size != null
                    && store.stat(each.key())
                            .filter(found -> found.sizeBytes() == size)
                            .isPresent();
            if (!isThere) {
                confirmed.add(each);
            }
        }
        return confirmed.isEmpty()
                ? new Complete(now)
                : new Lacking(
                        now, confirmed.subList(0, Math.min(Lacking.MAX_NAMED, confirmed.size())), confirmed.size());
    }

    /**
     * Whether the objects of a backup make up its size, without a gap in the numbers of its bundles: then the list of
     * bundles need not be read. A backup that refers to bundles of others never does.
     */
    private static boolean hasAllBytes(BaseBackup backup, Map<ObjectKey, Long> there) {
        if (backup.objects().lineage().isPresent()) {
            return false;
        }
        Map<ObjectKey, StoredObject> manifests = manifests(backup);
        long bytes = 0;
        int bundles = 0;
        for (Map.Entry<ObjectKey, Long> each : there.entrySet()) {
            bytes += each.getValue();
            bundles += manifests.containsKey(each.getKey()) ? 0 : 1;
        }
        for (int number = 1; number <= bundles; number++) {
            if (!there.containsKey(backup.keys().bundle(number))) {
                return false;
            }
        }
        return bytes == backup.contents().storedSizeBytes()
                && manifests.entrySet().stream().allMatch(each -> {
                    Long size = there.get(each.getKey());
                    return size != null && size == each.getValue().sizeBytes();
                });
    }

    /** Everything of a backup that its description lists itself. */
    private static Map<ObjectKey, StoredObject> manifests(BaseBackup backup) {
        Map<ObjectKey, StoredObject> objects = new HashMap<>();
        backup.manifests().forEach((part, object) -> objects.put(part.key(), object));
        objects.put(backup.keys().bundles(), backup.objects().bundles());
        return objects;
    }

    /** A backup of one description. */
    private record Remembered(BackupId id, Sha256 description) {
        static Remembered of(Published backup) {
            return new Remembered(backup.id(), backup.digest());
        }
    }

    private Map<Remembered, Instant> read() {
        Map<Remembered, Instant> remembered = new HashMap<>();
        if (file.isEmpty()) {
            return remembered;
        }
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file.get())))) {
            for (int left = in.readInt() == FORMAT ? in.readInt() : 0; left > 0; left--) {
                String id = in.readUTF();
                String description = in.readUTF();
                long second = in.readLong();
                if (in.readLong() != checksum(id, description, second)) {
                    break;
                }
                remembered.put(
                        new Remembered(new BackupId(id), new Sha256(description)), Instant.ofEpochSecond(second));
            }
        } catch (IOException | RuntimeException e) {
            // What is not remembered is listed.
        }
        return remembered;
    }

    private void save(List<Published> backups, Map<BackupId, BackupObjects> found) {
        Map<Remembered, Long> whole = new HashMap<>();
        for (Published each : backups) {
            if (found.get(each.id()) instanceof Complete complete) {
                whole.put(Remembered.of(each), complete.at().getEpochSecond());
            }
        }
        file.ifPresent(path -> UnsyncedFile.replaceIfPossible(path, out -> {
            out.writeInt(FORMAT);
            out.writeInt(whole.size());
            for (Map.Entry<Remembered, Long> each : whole.entrySet()) {
                String id = each.getKey().id().value();
                String description = each.getKey().description().hex();
                out.writeUTF(id);
                out.writeUTF(description);
                out.writeLong(each.getValue());
                out.writeLong(checksum(id, description, each.getValue()));
            }
        }));
    }

    private static long checksum(String id, String description, long second) {
        CRC32C checksum = new CRC32C();
        checksum.update((id + ' ' + description + ' ' + second).getBytes(StandardCharsets.US_ASCII));
        return checksum.getValue();
    }
}
