// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.CatalogEntry.Published;
import org.tidemark.catalog.backup.CatalogEntry.Stage;
import org.tidemark.catalog.backup.CatalogEntry.Unpublished;
import org.tidemark.catalog.backup.CatalogEntry.Unreadable;
import org.tidemark.catalog.backup.Mark.BackupMarks;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.ObjectDecoder;
import org.tidemark.catalog.format.ObjectDecoder.ReusedArrays;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.core.BlockInputStream;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.IoAction;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.ObjectMissing;
import org.tidemark.store.StorageException.StorageDenied;

/**
 * The backups of one incarnation. Everything is compared with its digest before it is returned; damage is a
 * {@link DamagedObjectException}. Thread-safe.
 */
public final class BackupCatalog {
    static final int MAX_DOCUMENT_BYTES = 256 << 20;

    /** So long a report relies on a listing of a backup's objects. */
    public static final Duration OLDEST_LISTING = Duration.ofDays(1);

    private final ObjectStore store;
    private final PrivateKeys privateKeys;
    private final IncarnationKeys incarnation;
    /** Throws if the repository is gone: the directory of an unmounted disk would look like one without backups. */
    private final IoAction confirmPresent;

    private final Optional<Path> cacheDirectory;
    private final StoredMarks storedMarks;
    private final UnpublishedBackups unpublishedBackups;

    /** The backups of a registered incarnation. */
    public BackupCatalog(Repository repository, ClusterIdentity identity) {
        this(
                repository.store(),
                repository.privateKeys(),
                identity.keys(),
                repository::confirmPresent,
                Optional.empty());
    }

    /**
     * The same backups, if the documents of the repository and of the incarnation cannot be read.
     *
     * @param privateKeys for manifests and bundles; everything else is read without keys
     */
    public BackupCatalog(ObjectStore store, PrivateKeys privateKeys, ClusterName cluster, SystemIdentifier system) {
        this(
                store,
                privateKeys,
                new IncarnationKeys(cluster, system),
                () -> Repository.confirmPresent(store),
                Optional.empty());
    }

    private BackupCatalog(
            ObjectStore store,
            PrivateKeys privateKeys,
            IncarnationKeys incarnation,
            IoAction confirmPresent,
            Optional<Path> cacheDirectory) {
        this.store = store;
        this.privateKeys = privateKeys;
        this.incarnation = incarnation;
        this.confirmPresent = confirmPresent;
        this.cacheDirectory = cacheDirectory;
        this.storedMarks = new StoredMarks(store, incarnation);
        this.unpublishedBackups = new UnpublishedBackups(store, incarnation);
    }

    /**
     * The same backups. {@link #list} and {@link #marks()} then read only documents that this host has not read before;
     * everything else is read from the store.
     *
     * @param directory only for this incarnation in this repository; need neither exist nor be writable
     */
    public BackupCatalog cachedIn(Path directory) {
        return new BackupCatalog(store, privateKeys, incarnation, confirmPresent, Optional.of(directory));
    }

    private Optional<DocumentCache> cache(String name) {
        return cacheDirectory.map(directory -> new DocumentCache(directory.resolve(name)));
    }

    public BackupKeys keys(BackupId id) {
        return incarnation.backup(id);
    }

    /**
     * Everything that has a backup id, in order of ids. A damaged document is an entry too, never an exception.
     *
     * @throws UserFacingException {@link ExitCode#NO_REPOSITORY} if the repository itself is gone
     */
    public List<CatalogEntry> list() throws IOException {
        return list(incarnation.catalog(), cache("catalog"), any -> true);
    }

    /**
     * The same as {@link #list}, and which of its objects the store lists of each published backup at this moment. A
     * store that does not answer is an exception: then nothing is known of any of them.
     */
    public List<CatalogEntry> listObjects(Instant now) throws IOException {
        return withObjects(list(), 0, Duration.ZERO, now);
    }

    /**
     * The same for a report: only of some backups the objects are listed now. Of the others a listing of this host
     * counts as long as it is not older than {@link #OLDEST_LISTING} and showed everything.
     *
     * @param newest so many of those that ended last
     */
    public List<CatalogEntry> listObjectsOfNewest(int newest, Instant now) throws IOException {
        return withObjects(list(), newest, OLDEST_LISTING, now);
    }

    private List<CatalogEntry> withObjects(List<CatalogEntry> entries, int newest, Duration oldest, Instant now)
            throws IOException {
        Map<BackupId, BackupObjects> objects = new ObjectListings(
                        store, incarnation, this, cacheDirectory.map(directory -> directory.resolve("objects")))
                .look(
                        entries.stream()
                                .filter(Published.class::isInstance)
                                .map(Published.class::cast)
                                .toList(),
                        newest,
                        oldest,
                        now);
        if (objects.values().stream().anyMatch(BackupObjects.Lacking.class::isInstance)) {
            confirmPresent.run();
        }
        List<CatalogEntry> listed = new ArrayList<>();
        for (CatalogEntry entry : entries) {
            BackupObjects found = objects.get(entry.id());
            if (!(entry instanceof Published each) || found == null) {
                listed.add(entry);
            } else if (found instanceof BackupObjects.Lacking
                    && store.stat(keys(each.id()).backup()).isEmpty()) {
                // An expiry has begun to remove it.
                listed.addAll(withStages(List.of(new Unpublished(each.id(), now, Stage.UNFINISHED))));
            } else {
                listed.add(new Published(each.backup(), each.digest(), found));
            }
        }
        return listed;
    }

    /** Those of {@link #list} that are not among these: the documents of the others are not read. */
    public List<CatalogEntry> listOthers(Set<BackupId> known) throws IOException {
        return list(incarnation.catalog(), Optional.empty(), id -> !known.contains(id));
    }

    /** The entry with one id; empty if there is none. Throws what {@link #list} throws. */
    public Optional<CatalogEntry> entry(BackupId id) throws IOException {
        return list(keys(id).documents(), Optional.empty(), any -> true).stream()
                .findFirst();
    }

    private List<CatalogEntry> list(String folder, Optional<DocumentCache> cache, Predicate<BackupId> wanted)
            throws IOException {
        SortedMap<BackupId, Instant> found = new TreeMap<>();
        SortedMap<BackupId, ObjectInfo> published = new TreeMap<>();
        Listing.visit(store, folder, object -> {
            if (ObjectName.parse(incarnation, object.key()) instanceof ObjectName.OfBackup name) {
                BackupId id = name.keys().id();
                found.merge(id, object.stored(), (a, b) -> a.isAfter(b) ? a : b);
                if (name instanceof ObjectName.BackupDocument) {
                    published.put(id, object);
                }
            }
        });
        if (found.isEmpty()) {
            confirmPresent.run();
        }
        found.keySet().removeIf(wanted.negate());
        published.keySet().removeIf(wanted.negate());
        ListedDocuments documents = new ListedDocuments(cache, List.copyOf(published.values()));
        List<CatalogEntry> entries = DocumentReads.inOrder(List.copyOf(found.entrySet()), each -> {
            Unpublished unpublished = new Unpublished(each.getKey(), each.getValue(), Stage.UNFINISHED);
            return published.containsKey(each.getKey()) ? entry(each.getKey(), documents, unpublished) : unpublished;
        });
        documents.save();
        return entries.stream().noneMatch(Unpublished.class::isInstance) ? entries : withStages(entries);
    }

    private List<CatalogEntry> withStages(List<CatalogEntry> entries) throws IOException {
        Set<BackupId> removed = removed();
        return DocumentReads.inOrder(
                entries,
                each -> each instanceof Unpublished left
                        ? new Unpublished(left.id(), left.lastStored(), unpublishedBackups.stage(left.id(), removed))
                        : each);
    }

    /**
     * The ids without a backup that were claimed since a moment, by the clock of the host that claimed each. Lists only
     * these, and no other object; ids of removed backups are among them.
     */
    public List<BackupId> unpublishedSince(Instant moment) throws IOException {
        return unpublishedBackups.since(moment);
    }

    /**
     * The document that will be the {@code backup.json} of a backup that waits for its WAL, if the backup is in this
     * state: it was neither published nor removed.
     */
    public Optional<byte[]> waiting(BackupId id) throws IOException {
        return unpublishedBackups.waiting(id);
    }

    /** What a document that {@link #waiting} gave says. */
    public BaseBackup describe(BackupId id, byte[] waiting) throws DamagedObjectException {
        return decode(id, waiting, keys(id).waiting());
    }

    private CatalogEntry entry(BackupId id, ListedDocuments documents, Unpublished otherwise) throws IOException {
        try {
            return documents.read(
                    keys(id).backup(),
                    () -> fetch(id),
                    (document, isIntact) -> new Published(
                            checked(
                                    id,
                                    BaseBackupJson.decode(document, keys(id).backup(), isIntact),
                                    keys(id).backup()),
                            ChecksummedJson.digest(document)));
        } catch (DamagedObjectException e) {
            return new Unreadable(id, e.problem());
        } catch (UserFacingException e) {
            // Somebody deleted it after it was listed.
            return e.exitCode() == ExitCode.NO_BACKUP ? otherwise : new Unreadable(id, e.getMessage());
        }
    }

    /**
     * What a backup's {@code backup.json} says.
     *
     * @throws UserFacingException {@link ExitCode#NO_BACKUP} if the store answered that there is none,
     *     {@link ExitCode#NO_REPOSITORY} if the repository itself is gone, {@link ExitCode#UNKNOWN_FORMAT} if it is of
     *     a newer format
     */
    public BaseBackup read(BackupId id) throws IOException {
        return decode(id, fetch(id));
    }

    private byte[] fetch(BackupId id) throws IOException {
        try {
            return ChecksummedJson.fetch(store, keys(id).backup(), MAX_DOCUMENT_BYTES);
        } catch (ObjectMissing e) {
            confirmPresent.run();
            throw new UserFacingException(
                    ExitCode.NO_BACKUP,
                    "there is no backup '" + id + "' of cluster '" + incarnation.cluster() + "' in "
                            + store.description(),
                    "List the backups with: tidemark list-backup",
                    e);
        }
    }

    private BaseBackup decode(BackupId id, byte[] document) throws DamagedObjectException {
        return decode(id, document, keys(id).backup());
    }

    private BaseBackup decode(BackupId id, byte[] document, ObjectKey key) throws DamagedObjectException {
        return checked(id, BaseBackupJson.decode(document, key), key);
    }

    private BaseBackup checked(BackupId id, BaseBackup backup, ObjectKey key) throws DamagedObjectException {
        if (!backup.keys().equals(keys(id))) {
            throw new DamagedObjectException(
                    key, "it describes " + backup.keys().backup());
        }
        return backup;
    }

    /** Every object that holds data of the backup, by its number in the manifest. */
    public SortedMap<Integer, BundleRef> bundles(BaseBackup backup) throws IOException {
        ObjectKey key = backup.keys().bundles();
        byte[] plain = readWhole(
                key,
                backup.objects().bundles(),
                ContainerKind.BUNDLES,
                backup.id().value());
        try {
            TreeMap<Integer, BundleRef> bundles = new TreeMap<>();
            for (BundleRef bundle : JsonLine.parseAll(plain, BundleRef::parse)) {
                if (!bundles.isEmpty() && bundles.lastKey() >= bundle.bundle()) {
                    throw new IllegalArgumentException(
                            "bundle " + bundle.bundle() + " comes after bundle " + bundles.lastKey());
                }
                bundles.put(bundle.bundle(), bundle);
            }
            return bundles;
        } catch (IllegalArgumentException e) {
            throw new DamagedObjectException(key, String.valueOf(e.getMessage()), e);
        }
    }

    /** The bundles and manifest parts that these backups list and other ids own. */
    public Set<ObjectKey> dataOfOthers(List<BaseBackup> backups) throws IOException {
        Set<ObjectKey> keys = new HashSet<>();
        for (Set<ObjectKey> each : DocumentReads.inOrder(backups, this::dataOfOthers)) {
            keys.addAll(each);
        }
        return keys;
    }

    private Set<ObjectKey> dataOfOthers(BaseBackup backup) throws IOException {
        Set<ObjectKey> keys = new HashSet<>();
        for (BundleRef bundle : bundles(backup).values()) {
            if (!bundle.id().equals(backup.id())) {
                keys.add(keys(bundle.id()).bundle(bundle.number()));
            }
        }
        for (ObjectName.ManifestPart part : backup.manifestParts()) {
            if (!part.keys().id().equals(backup.id())) {
                keys.add(part.key());
            }
        }
        return keys;
    }

    /**
     * Reads header, index and footer of a bundle, and its frames when they are asked for.
     *
     * @param backup one that has data in it
     */
    public BundleReader bundle(BaseBackup backup, BundleRef bundle) throws IOException {
        return BundleReader.open(
                store,
                privateKeys,
                keys(bundle.id()),
                bundle.number(),
                bundle.object().sizeBytes(),
                Optional.of(backup.objects().fingerprintKey()));
    }

    /** Reads the header of a bundle, and frames of it by the places that the manifest gives. */
    public BundleFrames frames(BundleRef bundle) throws IOException {
        return BundleFrames.open(
                store,
                privateKeys,
                keys(bundle.id()),
                bundle.number(),
                bundle.object().sizeBytes());
    }

    public ManifestReader manifest(BaseBackup backup) {
        return new ManifestReader(store, privateKeys, backup);
    }

    /**
     * PostgreSQL's own backup_manifest: JSON, some 150 bytes for each file. Each part of the stream is verified before
     * its first byte is given; one is in memory at a time.
     */
    public InputStream postgresManifest(BaseBackup backup) {
        return new PostgresManifestStream(backup);
    }

    private final class PostgresManifestStream extends BlockInputStream {
        private final BaseBackup backup;
        private final ReusedArrays arrays = new ReusedArrays();
        private InputStream part = InputStream.nullInputStream();
        private int parts;

        PostgresManifestStream(BaseBackup backup) {
            this.backup = backup;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int count = part.read(bytes, offset, length);
            while (count < 0 && parts < backup.objects().backupManifest().size()) {
                StoredObject next = backup.objects().backupManifest().get(parts);
                parts++;
                int size = ObjectDecoder.readWhole(
                        store,
                        privateKeys,
                        backup.keys().postgresManifest(parts),
                        next,
                        ContainerKind.BACKUP_MANIFEST,
                        backup.keys().numbered(parts),
                        incarnation.system(),
                        arrays);
                part = new ByteArrayInputStream(arrays.plain(), 0, size);
                count = part.read(bytes, offset, length);
            }
            return count;
        }
    }

    /**
     * The files that PostgreSQL read outside of its data directory; none if the backup has none.
     *
     * @throws ObjectMissing if the repository lacks them
     */
    public List<ConfigurationFile> configuration(BaseBackup backup) throws IOException {
        if (backup.objects().configuration().isEmpty()) {
            return List.of();
        }
        ObjectKey key = backup.keys().configuration();
        return ConfigurationFile.unpack(
                readWhole(
                        key,
                        backup.objects().configuration().get().object(),
                        ContainerKind.CONFIGURATION,
                        backup.id().value()),
                key);
    }

    private byte[] readWhole(ObjectKey key, StoredObject expected, ContainerKind kind, String name) throws IOException {
        return ObjectDecoder.readWhole(store, privateKeys, key, expected, kind, name, incarnation.system());
    }

    /** Who claimed the id; empty if the store answered that nobody did. */
    public Optional<Intent> intent(BackupId id) throws IOException {
        ObjectKey key = keys(id).intent();
        try {
            return Optional.of(Intent.decode(ChecksummedJson.fetch(store, key, ChecksummedJson.SMALL_BYTES), key));
        } catch (ObjectMissing e) {
            return Optional.empty();
        }
    }

    /**
     * Removes {@code backup.json}: from now on there is no backup.
     *
     * @return what was removed, for {@link #publishAgain}
     */
    public byte[] unpublish(BackupId id) throws IOException {
        ObjectKey key = keys(id).backup();
        byte[] document = fetch(id);
        store.delete(List.of(key));
        if (store.stat(key).isPresent()) {
            throw new UserFacingException(
                    ExitCode.STORE_DENIED,
                    "'" + key + "' is still there after it was deleted in " + store.description(),
                    "Does a lock or a legal hold protect it?");
        }
        return document;
    }

    /** Puts back what {@link #unpublish} removed, as long as nothing else of the backup was. */
    public void publishAgain(BackupId id, byte[] document) throws IOException {
        try {
            store.putIfAbsent(keys(id).backup(), ObjectSource.of(document));
        } catch (ObjectExists e) {
            // Somebody copied it back.
        }
    }

    /** The backups that were removed; one may have been copied back since. */
    public Set<BackupId> removed() throws IOException {
        Set<BackupId> removed = new TreeSet<>();
        Listing.visit(store, incarnation.tombstones(), object -> {
            if (ObjectName.parse(incarnation, object.key()) instanceof ObjectName.Tombstone tombstone) {
                removed.add(tombstone.keys().id());
            }
        });
        return removed;
    }

    /** What the one who removed a backup said of it; empty if nobody did, or if it cannot be read. */
    public Optional<Tombstone> removal(BackupId id) throws IOException {
        ObjectKey key = keys(id).tombstone();
        try {
            return Optional.of(Tombstone.decode(ChecksummedJson.fetch(store, key, ChecksummedJson.SMALL_BYTES), key));
        } catch (ObjectMissing | DamagedObjectException e) {
            return Optional.empty();
        }
    }

    /** What was said of each backup that was removed; those of which it cannot be read are left out. */
    public List<Tombstone> removals() throws IOException {
        return DocumentReads.inOrder(List.copyOf(removed()), this::removal).stream()
                .flatMap(Optional::stream)
                .toList();
    }

    /**
     * What was said of the backup that was removed last, by the store's clock; empty if none was removed, or if it
     * cannot be read.
     */
    public Optional<Tombstone> lastRemoval() throws IOException {
        List<ObjectInfo> last = new ArrayList<>();
        Listing.visit(store, incarnation.tombstones(), object -> {
            if (ObjectName.parse(incarnation, object.key()) instanceof ObjectName.Tombstone
                    && (last.isEmpty()
                            || !object.stored().isBefore(last.getFirst().stored()))) {
                last.clear();
                last.add(object);
            }
        });
        if (last.isEmpty()
                || !(ObjectName.parse(incarnation, last.getFirst().key()) instanceof ObjectName.Tombstone tombstone)) {
            return Optional.empty();
        }
        return removal(tombstone.keys().id());
    }

    /**
     * When the newest bundle of an id was stored, for one that has no backup; empty if it has none. Asks for a few
     * pages, however many bundles there are.
     */
    public Optional<Instant> newestBundle(BackupId id) throws IOException {
        return unpublishedBackups.newestBundle(id);
    }

    /**
     * Says that a backup is about to be removed. A note that another run left is replaced once it is old: it may be of
     * a removal that was cut off, or of a backup that was copied back since.
     *
     * @return whether this call said it; otherwise another run says it, too
     */
    public boolean noteRemoval(Tombstone tombstone) throws IOException {
        ObjectKey key = keys(tombstone.id()).tombstone();
        ObjectSource document = ObjectSource.of(tombstone.encode());
        try {
            store.putIfAbsent(key, document);
            return true;
        } catch (ObjectExists e) {
            if (removal(tombstone.id())
                    .filter(each -> each.isRecent(tombstone.at()))
                    .isPresent()) {
                return false;
            }
        }
        try {
            store.delete(List.of(key));
            store.putIfAbsent(key, document);
            return true;
        } catch (ObjectExists | StorageDenied e) {
            return false; // Another run was faster, or something protects the old note.
        }
    }

    /** Takes back a note for which {@link #noteRemoval} gave true: the backup stays. */
    public void retractRemoval(BackupId id) throws IOException {
        try {
            store.delete(List.of(keys(id).tombstone()));
        } catch (StorageDenied e) {
            // While backup.json exists, it means nothing.
        }
    }

    /** The marks of all backups and of the WAL. */
    public BackupMarks marks() throws IOException {
        return storedMarks.below(incarnation.marks(), cache("mark"));
    }

    /** The marks of the WAL alone. */
    public BackupMarks walMarks() throws IOException {
        return storedMarks.below(incarnation.walMarks(), Optional.empty());
    }

    /** The marks of one backup. */
    public BackupMarks marks(BackupId id) throws IOException {
        return storedMarks.below(keys(id).marks(), Optional.empty());
    }

    /** Sets a mark of a backup, with the next free number. Asks for no backup: the caller knows that it exists. */
    public void mark(BackupId id, Mark mark) throws IOException {
        BackupKeys keys = keys(id);
        storedMarks.set(keys.marks(), keys::mark, mark);
    }

    /** Sets a mark of WAL and histories. */
    public void markWal(Mark mark) throws IOException {
        storedMarks.set(incarnation.walMarks(), incarnation::walMark, mark);
    }
}
