// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.tidemark.catalog.DamagedObjectException;
import org.tidemark.catalog.PrivateKeys;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BackupId;
import org.tidemark.catalog.backup.BackupKeys;
import org.tidemark.catalog.backup.BackupMarks;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BaseBackup.ManifestPart;
import org.tidemark.catalog.backup.BundleReader;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.Listing;
import org.tidemark.catalog.backup.ManifestEntry;
import org.tidemark.catalog.backup.ManifestReader;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.backup.Mark.Scope;
import org.tidemark.catalog.backup.StoredObject;
import org.tidemark.catalog.verify.CheckPool.Compared;
import org.tidemark.catalog.verify.VerifyOptions.Extent;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectMissing;
import org.tidemark.store.StorageException.StorageDenied;

/** One run over one incarnation. Used by one thread. */
final class IncarnationVerification {
    private final ObjectStore store;
    private final PrivateKeys privateKeys;
    private final ClusterName cluster;
    private final SystemIdentifier system;
    private final VerifyOptions options;
    private final Clock clock;
    private final Findings findings;
    private final CheckPool pool;
    private final BackupCatalog catalog;
    private final Map<ObjectKey, Expected> expected = new LinkedHashMap<>();
    private final Map<BackupId, BackupToVerify> backups = new HashMap<>();

    IncarnationVerification(
            ObjectStore store,
            PrivateKeys privateKeys,
            ClusterName cluster,
            SystemIdentifier system,
            VerifyOptions options,
            Clock clock,
            Findings findings,
            CheckPool pool) {
        this.store = store;
        this.privateKeys = privateKeys;
        this.cluster = cluster;
        this.system = system;
        this.options = options;
        this.clock = clock;
        this.findings = findings;
        this.pool = pool;
        this.catalog = new BackupCatalog(store, privateKeys, cluster, system);
    }

    /** Gives the backups that are sound. */
    List<BackupId> run(Optional<BackupId> only) throws IOException {
        boolean found = false;
        for (CatalogEntry entry : catalog.list()) {
            if (only.isEmpty() || only.get().equals(entry.id())) {
                found = true;
                add(entry);
            }
        }
        if (only.isPresent() && !found) {
            throw new UserFacingException(
                    ExitCode.NO_BACKUP,
                    "there is no backup '" + only.get() + "' of cluster '" + cluster + "' in " + store.description(),
                    "See which there are with: tidemark list-backup");
        }
        boolean everything = only.isEmpty() && options.extent() == Extent.EVERYTHING;
        ObjectVisits visits = new ObjectVisits(
                catalog,
                new ObjectChecks(store, privateKeys, system),
                options,
                everything,
                expected,
                backups,
                findings,
                pool);
        for (String prefix : prefixes(only, everything)) {
            Listing.visit(store, prefix, object -> visit(visits, object));
        }
        findMissing();
        readManifests();
        pool.finish();
        return conclude(everything);
    }

    private void visit(ObjectVisits visits, ObjectInfo object) throws IOException {
        visits.visit(IncarnationKey.parse(cluster, system, object.key()), object);
    }

    private Set<String> prefixes(Optional<BackupId> only, boolean everything) {
        String incarnation = cluster + "/" + system + "/";
        if (everything) {
            return Set.of(incarnation);
        }
        Set<String> prefixes = new TreeSet<>(Set.of(incarnation + "history/"));
        for (BackupToVerify each : backups.values()) {
            prefixes.add(incarnation + "wal/" + each.backup().wal().timeline().toHex() + "/");
        }
        if (only.isEmpty()) {
            prefixes.add(incarnation + "backup/");
        } else {
            expected.values()
                    .forEach(object ->
                            prefixes.add(incarnation + "backup/" + object.keys().id() + "/"));
            prefixes.add(incarnation + "backup/" + only.get() + "/");
        }
        return prefixes;
    }

    private void add(CatalogEntry entry) throws IOException {
        switch (entry) {
            case CatalogEntry.Published published -> add(published.backup());
            case CatalogEntry.Unreadable unreadable ->
                findings.problem(
                        catalog.keys(unreadable.id()).backup(),
                        List.of(unreadable.id()),
                        "cannot be used: " + unreadable.problem());
            case CatalogEntry.Unpublished unpublished ->
                findings.note(
                        catalog.keys(unpublished.id()).intent(),
                        Optional.of(unpublished.id()),
                        "begins no backup: one that is in progress, or that was interrupted");
        }
    }

    private void add(BaseBackup backup) throws IOException {
        BackupToVerify each = new BackupToVerify(backup, isMarked(backup));
        backups.put(backup.id(), each);
        List<BackupId> owner = List.of(backup.id());
        pool.run(backup.keys().bundles(), backup.objects().bundles().sizeBytes(), owner, () -> addBundles(each));
        for (ManifestPart part : backup.objects().manifestParts()) {
            expect(each, Expected.Kind.MANIFEST_PART, backup.keys(), part.number(), part.object());
        }
        expect(
                each,
                Expected.Kind.POSTGRES_MANIFEST,
                backup.keys(),
                0,
                backup.objects().backupManifest());
        pool.run(backup.keys().intent(), 0, owner, () -> checkNonce(backup));
    }

    private Compared addBundles(BackupToVerify each) throws IOException {
        BaseBackup backup = each.backup();
        long data = 0;
        for (BundleRef bundle : catalog.bundles(backup)) {
            expect(each, Expected.Kind.BUNDLE, catalog.keys(bundle.id()), bundle.number(), bundle.object());
            data += bundle.live();
        }
        if (data != backup.contents().dataSizeBytes()) {
            throw new DamagedObjectException(
                    backup.keys().bundles(),
                    "it lists " + data + " bytes of data, and the backup has "
                            + backup.contents().dataSizeBytes());
        }
        each.listBundles();
        return Compared.WHAT_WAS_ASKED;
    }

    private void expect(BackupToVerify owner, Expected.Kind kind, BackupKeys keys, int number, StoredObject object) {
        ObjectKey key = switch (kind) {
            case BUNDLE -> keys.bundle(number);
            case MANIFEST_PART -> keys.manifestPart(number);
            case POSTGRES_MANIFEST -> keys.postgresManifest();
        };
        Expected entry = expected.computeIfAbsent(
                key,
                any -> new Expected(
                        kind,
                        keys,
                        number,
                        object,
                        owner.backup().objects().encryption().isPresent()));
        entry.addOwner(owner);
        if (!entry.object().equals(object)) {
            findings.problem(key, List.of(owner.id()), "is said to have different digests by different backups");
        }
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

    /** Whether a mark says that all of it was read with at least this scope, and nothing was wrong. */
    private boolean isMarked(BaseBackup backup) throws IOException {
        if (options.extent() == Extent.EVERYTHING) {
            return false;
        }
        try {
            boolean storedIsEnough = options.scope() == Scope.STORED || isSealed(backup);
            boolean marked = false;
            for (Mark mark : catalog.marks(backup.id())) {
                if (mark instanceof Mark.Verified verified) {
                    // Damage that was found since has to be looked for again.
                    marked = verified.problems() == 0 && (marked || verified.scope() == Scope.ALL || storedIsEnough);
                }
            }
            return marked;
        } catch (DamagedObjectException e) {
            findings.problem(e.key(), List.of(), "is damaged: " + e.problem());
            return false;
        } catch (StorageDenied e) {
            return false; // so it is read; that no mark can be set is said then
        }
    }

    /** Whether no more than stored bytes can be compared here. */
    private boolean isSealed(BaseBackup backup) {
        return backup.objects().encryption().isPresent() && !privateKeys.areConfigured();
    }

    private void findMissing() {
        expected.forEach((key, object) -> {
            if (!object.wasSeen()) {
                findings.problem(key, object.owners(), "is missing");
            }
        });
        for (BackupToVerify each : backups.values()) {
            List<BackupId> owner = List.of(each.id());
            if (each.lacksHistory()) {
                findings.problem(
                        each.backup().keys().backup(),
                        owner,
                        "needs the history of timeline " + each.backup().wal().timeline() + ", which is not archived");
            }
            if (each.missingSegments() > 0) {
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

    /**
     * Every entry must be readable, in order, and together they must be what the backup says; each piece of a file must
     * lie in its bundle where the manifest says.
     */
    private void readManifests() throws IOException {
        for (BackupToVerify each : backups.values()) {
            BaseBackup backup = each.backup();
            boolean complete = backup.objects().manifestParts().stream()
                    .allMatch(part -> isIntact(backup.keys().manifestPart(part.number())));
            if (complete && !each.isMarked() && options.scope() == Scope.ALL && !isSealed(backup)) {
                pool.submit(backup.keys().backup(), 0, List.of(each.id()), () -> readManifest(each));
            }
        }
    }

    private Compared readManifest(BackupToVerify each) throws IOException {
        BaseBackup backup = each.backup();
        List<BundleRef> bundles = each.hasBundlesListed() ? catalog.bundles(backup) : List.of();
        PieceCheck pieces = new PieceCheck((number, file) -> {
            if (!each.hasBundlesListed()) {
                return Optional.empty();
            }
            if (number > bundles.size()) {
                throw file.damage(
                        "that it lies in bundle " + number + ", and the backup has " + bundles.size() + " bundles");
            }
            return usable(bundles.get(number - 1));
        });
        ManifestReader manifest = catalog.manifest(backup);
        for (Optional<ManifestEntry> entry = manifest.next(); entry.isPresent(); entry = manifest.next()) {
            if (entry.get() instanceof ManifestEntry.FileEntry file) {
                pieces.add(manifest.part(), file);
            }
        }
        pieces.compare();
        return Compared.WHAT_WAS_ASKED;
    }

    /** A bundle that is missing or damaged is a finding already, or will be one when all of it is read. */
    private Optional<BundleReader> usable(BundleRef bundle) throws IOException {
        if (!isIntact(catalog.keys(bundle.id()).bundle(bundle.number()))) {
            return Optional.empty();
        }
        try {
            return Optional.of(catalog.bundle(bundle));
        } catch (DamagedObjectException | ObjectMissing e) {
            return Optional.empty();
        }
    }

    private boolean isIntact(ObjectKey key) {
        return Optional.ofNullable(expected.get(key)).filter(Expected::isIntact).isPresent();
    }

    /** Notes what was found in the repository, where {@code check} and the listing of backups see it. */
    private List<BackupId> conclude(boolean everything) throws IOException {
        List<BackupId> sound = new ArrayList<>();
        Optional<BackupMarks> known = knownMarks();
        for (BackupToVerify each : backups.values()) {
            if (findings.isSound(each.id())) {
                sound.add(each.id());
                if (!each.isMarked()) {
                    mark(each.id(), 0);
                }
            } else {
                long problems = findings.damage(each.id());
                boolean said = problems == 0
                        || known.flatMap(marks -> marks.damage(each.id()))
                                .filter(mark -> mark.problems() == problems)
                                .isPresent();
                if (!said) {
                    mark(each.id(), problems);
                }
            }
        }
        long ofWal = findings.walProblems(cluster + "/" + system + "/");
        long before = known.flatMap(BackupMarks::walDamage)
                .map(Mark.Verified::problems)
                .orElse(0L);
        if (everything && ofWal != before) {
            note(() -> catalog.markWal(new Mark.Verified(clock.instant(), ofWal, options.scope())));
        }
        sound.sort(null);
        return sound;
    }

    /** Empty if they cannot be read; what was found is then noted once more. */
    private Optional<BackupMarks> knownMarks() {
        try {
            return Optional.of(catalog.marks());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private void mark(BackupId id, long problems) throws IOException {
        Scope scope = findings.isSealed(id) ? Scope.STORED : options.scope();
        note(() -> catalog.mark(id, new Mark.Verified(clock.instant(), problems, scope)));
    }

    /** Sets a mark. */
    private interface Marking {
        void set() throws IOException;
    }

    /** Whoever verifies may not be allowed to write: that changes nothing of what was found. */
    private void note(Marking marking) throws IOException {
        try {
            marking.set();
        } catch (StorageException e) {
            findings.unmarked(String.valueOf(e.getMessage()));
        }
    }
}
