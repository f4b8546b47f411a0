// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.Mark.Scope;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.catalog.verify.BackupToVerify.Expected;
import org.tidemark.catalog.verify.CheckPool.Compared;
import org.tidemark.catalog.verify.ObjectChecks.Container;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.catalog.verify.Verifier.Options.Subject;
import org.tidemark.core.ExitCode;
import org.tidemark.core.IoAction;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;

/**
 * One run over one incarnation: finds the objects that must exist, that exist, and that are missing. Used by one
 * thread.
 */
final class IncarnationVerification {
    private final ObjectStore store;
    private final IncarnationKeys incarnation;
    private final Verifier.Options options;
    private final Findings findings;
    private final CheckPool pool;
    private final Optional<BackupId> only;
    /** Whether every object below the incarnation is listed. */
    private final boolean listsAll;

    private final ObjectChecks checks;
    private final BackupCatalog catalog;
    private final PrivateKeys privateKeys;
    private final Clock clock;
    private final Map<ObjectKey, Expected> expected = new LinkedHashMap<>();
    private final Map<BackupId, BackupToVerify> backups = new LinkedHashMap<>();
    private final Map<BackupId, List<PlannedRead>> planned = new HashMap<>();
    private final Set<ObjectKey> readByBudget = new HashSet<>();
    private NeededWal needed = new NeededWal(List.of());
    private @Nullable VerificationMarks marks;

    /** @param only one backup, its WAL, and nothing else */
    IncarnationVerification(
            ObjectStore store,
            PrivateKeys privateKeys,
            IncarnationKeys incarnation,
            Verifier.Options options,
            Clock clock,
            Findings findings,
            CheckPool pool,
            Optional<BackupId> only) {
        this.store = store;
        this.incarnation = incarnation;
        this.options = options;
        this.findings = findings;
        this.pool = pool;
        this.only = only;
        this.listsAll = only.isEmpty()
                && (options.extent() instanceof Extent.Everything || options.extent() instanceof Extent.Sample);
        this.checks = new ObjectChecks(store, privateKeys, incarnation.system(), options.scope(), findings);
        this.catalog = new BackupCatalog(store, privateKeys, incarnation.cluster(), incarnation.system());
        this.privateKeys = privateKeys;
        this.clock = clock;
    }

    /** Gives the backups that are sound. */
    List<BackupId> run() throws IOException {
        look();
        pool.finish();
        removeGone();
        return marks().conclude(backups.values(), listsAll && options.extent() instanceof Extent.Everything);
    }

    /** Leaves out the backups that an expiry removed meanwhile. */
    void removeGone() {
        backups.values()
                .removeIf(each -> pool.removed().isKnownToBeGone(each.backup().keys()));
    }

    /** Looks for every object that must be there, and begins to read, unless a budget decides when. */
    void look() throws IOException {
        List<CatalogEntry> entries = only.isEmpty()
                ? catalog.list()
                : catalog.entry(only.get()).stream().toList();
        if (only.isPresent() && entries.isEmpty()) {
            throw new UserFacingException(
                    ExitCode.NO_BACKUP,
                    "there is no backup '" + only.get() + "' of cluster '" + incarnation.cluster() + "' in "
                            + store.description(),
                    "List the backups with: tidemark list-backup");
        }
        marks = VerificationMarks.read(catalog, privateKeys, incarnation, options, clock, findings, only);
        for (CatalogEntry entry : entries) {
            add(entry, marks());
        }
        needed = new NeededWal(backups.values());
        if (options.subject() == Subject.WAL) {
            visitAll(listsAll ? Set.of(incarnation.histories(), incarnation.wal()) : Set.of());
            return;
        }
        expectObjects();
        visitAll(prefixes());
        if (only.isPresent()) {
            for (BackupToVerify each : backups.values()) {
                visitWalOf(each.backup());
            }
        }
        findMissing();
        ManifestChecks manifests = new ManifestChecks(catalog, expected);
        for (BackupToVerify each : backups.values()) {
            if (readsManifest(each.backup()) && manifests.canCheck(each)) {
                long sizeBytes = each.backup().manifests().entrySet().stream()
                        .filter(part -> part.getKey() instanceof ObjectName.ManifestPart)
                        .mapToLong(part -> part.getValue().sizeBytes())
                        .sum();
                ObjectKey key = each.backup().keys().backup();
                plan(List.of(each), new PlannedRead(key, sizeBytes, List.of(each.id()), () -> manifests.read(each)));
                if (isWanted(key, !each.isMarked())) {
                    // Its parts were counted when they were listed.
                    pool.submit(key, 0, List.of(each.id()), () -> manifests.read(each));
                }
            }
        }
    }

    private void visitAll(Set<String> prefixes) throws IOException {
        for (String prefix : prefixes) {
            Listing.visit(store, prefix, object -> visit(ObjectName.parse(incarnation, object.key()), object));
        }
    }

    private boolean readsManifest(BaseBackup backup) {
        return options.scope() == Scope.ALL && !marks().isUndecryptable(backup);
    }

    VerificationMarks marks() {
        return Objects.requireNonNull(marks, "look() comes first");
    }

    IncarnationKeys incarnation() {
        return incarnation;
    }

    CheckPool pool() {
        return pool;
    }

    Findings findings() {
        return findings;
    }

    Collection<BackupToVerify> backups() {
        return Collections.unmodifiableCollection(backups.values());
    }

    /** Whether a backup is there, as far as is known. */
    boolean has(BackupId backup) {
        return backups.containsKey(backup);
    }

    /** What can be read of a backup, for a budget. */
    List<PlannedRead> planned(BackupToVerify backup) {
        return planned.getOrDefault(backup.id(), List.of());
    }

    /** The objects that were read at the expense of a budget; it grows. */
    Set<ObjectKey> readByBudget() {
        return readByBudget;
    }

    /** Whether the WAL is verified, and not one backup alone. */
    boolean coversWal() {
        return only.isEmpty();
    }

    /** An object that a budget may be spent on. */
    record PlannedRead(ObjectKey key, long sizeBytes, List<BackupId> owners, IoAction.Returning<Compared> check) {}

    private void plan(Collection<BackupToVerify> owners, PlannedRead read) {
        if (options.extent() instanceof Extent.Budget) {
            owners.forEach(owner -> planned.computeIfAbsent(owner.id(), any -> new ArrayList<>())
                    .add(read));
        }
    }

    /** Whether an object is read at once. */
    private boolean isWanted(ObjectKey key, boolean isUnread) {
        return switch (options.extent()) {
            case Extent.Unmarked _ -> isUnread;
            case Extent.Everything _ -> isUnread || listsAll;
            case Extent.Sample sample -> sample.takes(key);
            case Extent.Budget _ -> false;
        };
    }

    private void read(Collection<BackupToVerify> owners, PlannedRead read) throws IOException {
        plan(owners, read);
        if (isWanted(read.key(), owners.stream().anyMatch(owner -> !owner.isMarked()))) {
            pool.submit(read.key(), read.sizeBytes(), read.owners(), read.check());
        }
    }

    private Set<String> prefixes() {
        if (listsAll) {
            return Set.of(incarnation.prefix());
        }
        Set<String> prefixes = new TreeSet<>(Set.of(incarnation.histories()));
        if (only.isEmpty()) {
            for (BackupToVerify each : backups.values()) {
                prefixes.add(incarnation.timeline(each.backup().wal().timeline()));
            }
            prefixes.add(incarnation.backups());
        } else {
            expected.values()
                    .forEach(object -> prefixes.add(object.name().keys().data()));
            prefixes.add(incarnation.backup(only.get()).data());
        }
        return prefixes;
    }

    private void add(CatalogEntry entry, VerificationMarks marks) {
        switch (entry) {
            case CatalogEntry.Published published -> {
                BaseBackup backup = published.backup();
                backups.put(backup.id(), new BackupToVerify(backup, marks.past(backup)));
            }
            case CatalogEntry.Unreadable unreadable ->
                findings.problem(
                        catalog.keys(unreadable.id()).backup(),
                        List.of(unreadable.id()),
                        "cannot be used: " + unreadable.problem());
            case CatalogEntry.Unpublished unpublished ->
                findings.note(
                        catalog.keys(unpublished.id()).intent(),
                        Optional.of(unpublished.id()),
                        switch (unpublished.stage()) {
                            case REMOVED -> "is left of a backup that was removed; the next expire deletes it";
                            case WAITING -> "belongs to a backup that waits for its WAL";
                            case UNFINISHED -> "belongs to no complete backup: one is in progress, or was interrupted";
                        });
        }
    }

    /** Reads the bundle list and the intent of every backup, several at a time, and expects what they name. */
    private void expectObjects() throws IOException {
        Map<BackupId, Collection<BundleRef>> bundles = new ConcurrentHashMap<>();
        Set<BackupId> complete = ConcurrentHashMap.newKeySet();
        try (CheckPool documents = pool.forDocuments()) {
            for (BackupToVerify each : backups.values()) {
                BaseBackup backup = each.backup();
                List<BackupId> owner = List.of(backup.id());
                documents.submit(
                        backup.keys().bundles(), backup.objects().bundles().sizeBytes(), owner, () -> {
                            Collection<BundleRef> listed =
                                    catalog.bundles(backup).values();
                            bundles.put(backup.id(), listed);
                            requireAllData(backup, listed);
                            complete.add(backup.id());
                            return Compared.WHAT_WAS_ASKED;
                        });
                documents.submit(backup.keys().intent(), 0, owner, () -> checkNonce(backup));
            }
            documents.finish();
        }
        for (BackupToVerify each : backups.values()) {
            expectObjects(each, bundles.getOrDefault(each.id(), List.of()));
            if (complete.contains(each.id())) {
                each.listBundles();
            }
        }
    }

    private void expectObjects(BackupToVerify each, Collection<BundleRef> bundles) {
        BaseBackup backup = each.backup();
        for (BundleRef bundle : bundles) {
            expect(each, new ObjectName.Bundle(catalog.keys(bundle.id()), bundle.number()), bundle.object());
        }
        backup.manifests().forEach((part, object) -> expect(each, part, object));
    }

    private static void requireAllData(BaseBackup backup, Collection<BundleRef> bundles) throws DamagedObjectException {
        long data = bundles.stream().mapToLong(BundleRef::live).sum();
        if (data != backup.contents().dataSizeBytes()) {
            throw new DamagedObjectException(
                    backup.keys().bundles(),
                    "it lists " + data + " bytes of data, and the backup has "
                            + backup.contents().dataSizeBytes());
        }
    }

    private void expect(BackupToVerify owner, ObjectName.BackupData name, StoredObject object) {
        ObjectKey key = name.key();
        Expected entry = expected.computeIfAbsent(
                key, any -> new Expected(name, object, owner.backup().objects().encryption()));
        entry.addOwner(owner, object).ifPresent(problem -> findings.problem(key, List.of(owner.id()), problem));
    }

    private Compared checkNonce(BaseBackup backup) throws IOException {
        boolean ours = catalog.intent(backup.id())
                .filter(intent -> intent.nonce().equals(backup.objects().nonce()))
                .isPresent();
        if (!ours) {
            throw new DamagedObjectException(
                    backup.keys().intent(), "it does not say who claimed the id of the backup, or is missing");
        }
        return Compared.WHAT_WAS_ASKED;
    }

    private void visit(ObjectName.OfIncarnation what, ObjectInfo object) throws IOException {
        switch (what) {
            case ObjectName.Wal wal -> visitWal(wal, object);
            case ObjectName.History history -> visitHistory(history.file(), object);
            case ObjectName.BackupData data -> visitBackupData(data, object);
            case ObjectName.BundleList bundles -> visitBundleList(bundles.keys().id(), object);
            case ObjectName.IncarnationIdentity identity -> submit(object, () -> checks.identity(identity));
            case ObjectName.Intent intent -> submit(object, () -> checks.document(object.key()));
            // Read in the place of the damaged object.
            case ObjectName.Repaired copy -> {}
            case ObjectName.WaitingDocument waiting -> submit(object, () -> checks.document(object.key()));
            case ObjectName.WalMark mark -> submit(object, () -> checks.document(object.key()));
            case ObjectName.BackupMark mark -> submit(object, () -> checks.document(object.key()));
            case ObjectName.Tombstone tombstone -> submit(object, () -> checks.document(object.key()));
            case ObjectName.GivenUpWal given -> submit(object, () -> checks.document(object.key()));
            case ObjectName.RemovedWal removed -> submit(object, () -> checks.document(object.key()));
            case ObjectName.Attempt attempt -> submit(object, () -> checks.document(object.key()));
            // Read already, when the backups were listed.
            case ObjectName.BackupDocument backup -> {}
            case ObjectName.StreamPiece piece -> visitPiece(piece, object);
            case ObjectName.Rejection rejection -> submit(object, () -> checks.document(object.key()));
            case ObjectName.Unknown unknown -> findings.foreign(object.key());
        }
    }

    /** A piece means nothing any more once its segment is archived; until then it is all that there is of it. */
    private void visitPiece(ObjectName.StreamPiece stored, ObjectInfo object) throws IOException {
        if (store.stat(incarnation.of(stored.piece().segment())).isEmpty()) {
            submit(
                    object,
                    () -> checks.container(
                                    object.key(),
                                    ContainerKind.PIECE,
                                    stored.piece().name())
                            .compared());
        }
    }

    /** The WAL that one backup needs, which is a small part of its timeline. */
    private void visitWalOf(BaseBackup backup) throws IOException {
        ObjectKey last = incarnation.of(backup.walLast());
        Listing listing = Listing.from(
                incarnation.of(backup.walFirst()),
                store,
                incarnation.timeline(backup.wal().timeline()));
        for (ObjectInfo object = listing.next();
                object != null && object.key().compareTo(last) <= 0;
                object = listing.next()) {
            visit(ObjectName.parse(incarnation, object.key()), object);
        }
    }

    private void visitWal(ObjectName.Wal wal, ObjectInfo object) throws IOException {
        List<BackupToVerify> owners = owners(wal);
        if (wal.file() instanceof WalFile.Segment segment) {
            owners.forEach(backup -> backup.see(segment));
        }
        read(owners, reading(wal, object, owners));
    }

    private List<BackupToVerify> owners(ObjectName.Wal wal) {
        return wal.file() instanceof WalFile.Segment segment ? needed.by(segment) : List.of();
    }

    private PlannedRead reading(ObjectName.Wal wal, ObjectInfo object, List<BackupToVerify> owners) {
        return new PlannedRead(object.key(), object.sizeBytes(), ids(owners), () -> {
            Container found =
                    checks.container(object.key(), ContainerKind.WAL, wal.file().name());
            if (wal instanceof ObjectName.Partial named
                    && !found.digests().plain().hex().startsWith(named.partial().digestStart())) {
                throw new DamagedObjectException(object.key(), "its content is not the one that its key names");
            }
            return found.compared();
        });
    }

    private void visitHistory(WalFile.TimelineHistoryFile file, ObjectInfo object) throws IOException {
        List<BackupToVerify> owners = owners(file);
        read(owners, reading(file, object, owners));
    }

    private List<BackupToVerify> owners(WalFile.TimelineHistoryFile history) {
        return backups.values().stream()
                .filter(backup -> backup.sees(history.timeline()))
                .toList();
    }

    private PlannedRead reading(WalFile.TimelineHistoryFile file, ObjectInfo object, List<BackupToVerify> owners) {
        return new PlannedRead(
                object.key(),
                object.sizeBytes(),
                ids(owners),
                () -> checks.history(object.key(), file.timeline(), file.name()));
    }

    /** How an object of the WAL or a history is read; empty if it is something else. */
    Optional<PlannedRead> walReading(ObjectInfo object) {
        return switch (ObjectName.parse(incarnation, object.key())) {
            case ObjectName.Wal wal -> Optional.of(reading(wal, object, owners(wal)));
            case ObjectName.History history -> Optional.of(reading(history.file(), object, owners(history.file())));
            case ObjectName.IncarnationIdentity _,
                    ObjectName.OfBackup _,
                    ObjectName.WalMark _,
                    ObjectName.RemovedWal _,
                    ObjectName.GivenUpWal _,
                    ObjectName.Attempt _,
                    ObjectName.Repaired _,
                    ObjectName.StreamPiece _,
                    ObjectName.Rejection _,
                    ObjectName.Unknown _ -> Optional.empty();
        };
    }

    private static List<BackupId> ids(List<BackupToVerify> backups) {
        return backups.stream().map(BackupToVerify::id).toList();
    }

    private void visitBackupData(ObjectName.BackupData what, ObjectInfo object) throws IOException {
        BackupId id = what.keys().id();
        Expected known = expected.get(object.key());
        if (known == null) {
            if (backups.containsKey(id)) {
                findings.note(object.key(), Optional.of(id), "is not referenced by the backup it is stored under");
            }
            submit(object, () -> checks.remains(what, object));
            return;
        }
        known.see(object.sizeBytes());
        if (!known.isIntact()) {
            findings.problem(
                    object.key(),
                    known.owners(),
                    "has " + object.sizeBytes() + " bytes, but was stored with "
                            + known.object().sizeBytes());
        } else {
            List<BackupToVerify> owners = known.owners().stream()
                    .map(backups::get)
                    .filter(Objects::nonNull)
                    .toList();
            boolean isReadWithManifest = what instanceof ObjectName.ManifestPart
                    && owners.stream().allMatch(each -> readsManifest(each.backup()))
                    && options.extent() instanceof Extent.Budget;
            if (!isReadWithManifest) {
                read(
                        owners,
                        new PlannedRead(
                                object.key(), object.sizeBytes(), known.owners(), () -> checks.expected(known)));
            }
        }
    }

    private void visitBundleList(BackupId id, ObjectInfo object) throws IOException {
        // That of a published backup was read when the backups were listed.
        if (!backups.containsKey(id)) {
            submit(
                    object,
                    () -> checks.container(object.key(), ContainerKind.BUNDLES, id.value())
                            .compared());
        }
    }

    private void submit(ObjectInfo object, IoAction.Returning<Compared> check) throws IOException {
        if (listsAll && isWanted(object.key(), true)) {
            pool.submit(object.key(), object.sizeBytes(), List.of(), check);
        }
    }

    private void findMissing() throws IOException {
        for (var each : expected.entrySet()) {
            if (!each.getValue().wasSeen()) {
                pool.missing(each.getKey(), each.getValue().owners());
            }
        }
        for (BackupToVerify each : backups.values()) {
            if (each.missingSegments() > 0
                    && pool.removed().isGone(each.backup().keys())) {
                continue;
            }
            List<BackupId> owner = List.of(each.id());
            if (each.lacksHistory()) {
                findings.problem(
                        each.backup().keys().backup(),
                        owner,
                        "needs the history of timeline " + each.backup().wal().timeline() + ", which is not archived");
            }
            if (each.missingSegments() > 0 && !options.otherWal().standsIn(incarnation, each.backup())) {
                findings.problem(
                        each.backup().keys().backup(),
                        owner,
                        "needs WAL that is not archived: " + each.firstMissing()
                                + (each.missingSegments() == 1
                                        ? ""
                                        : " and " + (each.missingSegments() - 1) + " more segments"));
            }
        }
    }
}
