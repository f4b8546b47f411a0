// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.random;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongFunction;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;

/**
 * What a recovery could reach, found by doing what a recovery does: each object of a backup is read, and each segment
 * is fetched, decoded and compared with what the server wrote. Objects are never overwritten, so that one which was
 * read before need only be there. Not thread-safe.
 */
final class ModelRecovery {
    private final Subject subject;
    private final Set<String> read = new TreeSet<>();
    private final Map<Long, byte[]> written = new HashMap<>();

    /**
     * The cluster that would be recovered.
     *
     * @param begins its timelines by the number of the segment in which each begins; no WAL of the one before it is
     *     needed from there on
     * @param content the bytes of a segment, by its number, as the server wrote them
     */
    record Subject(
            ClusterName name,
            SystemIdentifier system,
            WalSegmentSize size,
            NavigableMap<Long, Timeline> begins,
            LongFunction<byte[]> content) {
        /** The segment with a number. */
        Segment segment(long place) {
            return Segment.of(begins.floorEntry(place).getValue(), place, size);
        }
    }

    /** The first and the last segment that a backup needs to be consistent, by their numbers. */
    record BackupWal(long first, long last) {}

    ModelRecovery(Subject subject) {
        this.subject = subject;
    }

    /**
     * What one repository can do for a recovery. Immutable.
     *
     * @param backups the backups all of whose objects are there, with their WAL, which need not be there
     * @param segments those that are archived as they were written
     */
    record Holding(Map<BackupId, BackupWal> backups, NavigableSet<Long> segments) {
        /** With what other repositories hold for it. */
        Holding with(Holding other) {
            Map<BackupId, BackupWal> all = new TreeMap<>(backups);
            all.putAll(other.backups);
            NavigableSet<Long> wal = new TreeSet<>(segments);
            wal.addAll(other.segments);
            return new Holding(all, wal);
        }

        /** The segments to whose ends a recovery can lead. */
        NavigableSet<Long> reachable() {
            return reachable(Set.of());
        }

        /** @param ending segments in which each recovery ends that began before them */
        NavigableSet<Long> reachable(Set<Long> ending) {
            NavigableSet<Long> reachable = new TreeSet<>();
            for (BackupWal wal : backups.values()) {
                for (long place = wal.first();
                        segments.contains(place) && !ending.contains(place) && !reachable.contains(place);
                        place++) {
                    if (place >= wal.last()) {
                        reachable.add(place);
                    }
                }
            }
            return reachable;
        }
    }

    Holding of(ObjectStore store, String name) throws IOException {
        ClusterArchive archive = archive(store);
        Map<BackupId, BackupWal> backups = new TreeMap<>();
        BackupCatalog catalog = archive.backups();
        for (CatalogEntry entry : catalog.list()) {
            if (entry instanceof CatalogEntry.Published published
                    && isWhole(store, name, catalog, published.backup())) {
                backups.put(
                        entry.id(),
                        new BackupWal(
                                published.backup().walFirst().index(subject.size()),
                                published.backup().walLast().index(subject.size())));
            }
        }
        NavigableSet<Long> segments = new TreeSet<>();
        for (Timeline timeline : subject.begins().values()) {
            Optional<Segment> next = archive.wal().listing().first(timeline);
            while (next.isPresent()) {
                long place = next.get().index(subject.size());
                if (next.get().equals(subject.segment(place)) && isAsWritten(archive, name, next.get(), place)) {
                    segments.add(place);
                }
                next = archive.wal().listing().firstAfter(next.get());
            }
        }
        return new Holding(backups, segments);
    }

    /** The backups that are published, whole or not. */
    Set<BackupId> published(ObjectStore store) throws IOException {
        Set<BackupId> published = new TreeSet<>();
        for (CatalogEntry entry : archive(store).backups().list()) {
            if (entry instanceof CatalogEntry.Published) {
                published.add(entry.id());
            }
        }
        return published;
    }

    /** The backups that were removed on purpose, and are never copied again. */
    Set<BackupId> removed(ObjectStore store) throws IOException {
        return archive(store).backups().removed();
    }

    private ClusterArchive archive(ObjectStore store) throws IOException {
        return Repository.open(store, Optional.empty())
                .incarnation(subject.name(), subject.system())
                .orElseThrow();
    }

    private boolean isWhole(ObjectStore store, String name, BackupCatalog catalog, BaseBackup backup)
            throws IOException {
        if (!isThere(store, name, backup.keys().bundles(), backup.objects().bundles())) {
            return false;
        }
        for (BundleRef bundle : catalog.bundles(backup).values()) {
            if (!isThere(store, name, catalog.keys(bundle.id()).bundle(bundle.number()), bundle.object())) {
                return false;
            }
        }
        for (int part = 1; part <= backup.objects().manifestParts().size(); part++) {
            StoredObject wanted = backup.objects().manifestParts().get(part - 1).object();
            if (!isThere(store, name, backup.keys().manifestPart(part), wanted)) {
                return false;
            }
        }
        return true;
    }

    private boolean isThere(ObjectStore store, String name, ObjectKey key, StoredObject wanted) throws IOException {
        Optional<ObjectInfo> there = store.stat(key);
        if (there.isEmpty() || there.get().sizeBytes() != wanted.sizeBytes()) {
            return false;
        }
        if (read.add(name + ' ' + key)) {
            try (InputStream bytes = store.open(key, ByteRange.ALL)) {
                if (!StoredObject.of(bytes).equals(wanted)) {
                    throw new AssertionError("wrong bytes in " + key + " of " + name);
                }
            }
        }
        return true;
    }

    private boolean isAsWritten(ClusterArchive archive, String name, Segment segment, long place) throws IOException {
        if (read.add(name + ' ' + segment.name())) {
            try (InputStream stored = archive.wal().open(segment).orElseThrow()) {
                byte[] wanted = written.computeIfAbsent(place, subject.content()::apply);
                if (!Arrays.equals(stored.readAllBytes(), wanted)) {
                    throw new AssertionError("wrong bytes in " + segment + " of " + name);
                }
            }
        }
        return true;
    }
}
