// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import java.io.IOException;
import java.time.Clock;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.tidemark.catalog.DamagedObjectException;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.PrivateKeys;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BaseBackup.ManifestPart;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.Mark.Scope;
import org.tidemark.catalog.backup.StoredObject;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.catalog.verify.BackupToVerify.Expected;
import org.tidemark.catalog.verify.CheckPool.Compared;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;

/**
 * One run over one incarnation: finds the objects that must exist, that exist, and that are missing. Used by one
 * thread.
 */
final class IncarnationVerification {
    private final ObjectStore store;
    private final PrivateKeys privateKeys;
    private final IncarnationKeys incarnation;
    private final Verifier.Options options;
    private final Findings findings;
    private final CheckPool pool;
    private final BackupCatalog catalog;
    private final VerificationMarks marks;
    private final Map<ObjectKey, Expected> expected = new LinkedHashMap<>();
    private final Map<BackupId, BackupToVerify> backups = new HashMap<>();

    IncarnationVerification(
            ObjectStore store,
            PrivateKeys privateKeys,
            IncarnationKeys incarnation,
            Verifier.Options options,
            Clock clock,
            Findings findings,
            CheckPool pool) {
        this.store = store;
        this.privateKeys = privateKeys;
        this.incarnation = incarnation;
        this.options = options;
        this.findings = findings;
        this.pool = pool;
        this.catalog = new BackupCatalog(store, privateKeys, incarnation.cluster(), incarnation.system());
        this.marks = new VerificationMarks(catalog, privateKeys, incarnation, options, clock, findings);
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
                    "there is no backup '" + only.get() + "' of cluster '" + incarnation.cluster() + "' in "
                            + store.description(),
                    "List the backups with: tidemark list-backup");
        }
        boolean everything = only.isEmpty() && options.extent() == Extent.EVERYTHING;
        ObjectVisits visits = new ObjectVisits(
                new ObjectChecks(store, privateKeys, incarnation.system()),
                options,
                everything,
                expected,
                backups,
                findings,
                pool);
        for (String prefix : prefixes(only, everything)) {
            Listing.visit(store, prefix, object -> visits.visit(ObjectName.parse(incarnation, object.key()), object));
        }
        findMissing();
        ManifestChecks manifests = new ManifestChecks(catalog, expected, pool);
        for (BackupToVerify each : backups.values()) {
            if (!each.isMarked() && options.scope() == Scope.ALL && !marks.isSealed(each.backup())) {
                manifests.check(each);
            }
        }
        pool.finish();
        return marks.conclude(backups.values(), everything);
    }

    private Set<String> prefixes(Optional<BackupId> only, boolean everything) {
        if (everything) {
            return Set.of(incarnation.prefix());
        }
        Set<String> prefixes = new TreeSet<>(Set.of(incarnation.histories()));
        for (BackupToVerify each : backups.values()) {
            prefixes.add(incarnation.timeline(each.backup().wal().timeline()));
        }
        if (only.isEmpty()) {
            prefixes.add(incarnation.backups());
        } else {
            expected.values()
                    .forEach(object -> prefixes.add(object.name().keys().data()));
            prefixes.add(incarnation.backup(only.get()).data());
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
                        "belongs to no complete backup: one is in progress, or was interrupted");
        }
    }

    private void add(BaseBackup backup) throws IOException {
        BackupToVerify each = new BackupToVerify(backup, marks.isMarked(backup));
        backups.put(backup.id(), each);
        List<BackupId> owner = List.of(backup.id());
        pool.run(backup.keys().bundles(), backup.objects().bundles().sizeBytes(), owner, () -> addBundles(each));
        for (ManifestPart part : backup.objects().manifestParts()) {
            expect(each, new ObjectName.ManifestPart(backup.keys(), part.number()), part.object());
        }
        expect(
                each,
                new ObjectName.PostgresManifest(backup.keys()),
                backup.objects().backupManifest());
        pool.run(backup.keys().intent(), 0, owner, () -> checkNonce(backup));
    }

    private Compared addBundles(BackupToVerify each) throws IOException {
        BaseBackup backup = each.backup();
        long data = 0;
        for (BundleRef bundle : catalog.bundles(backup)) {
            expect(each, new ObjectName.Bundle(catalog.keys(bundle.id()), bundle.number()), bundle.object());
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

    private void expect(BackupToVerify owner, ObjectName.BackupData name, StoredObject object) {
        ObjectKey key = name.key();
        Expected entry = expected.computeIfAbsent(
                key,
                any -> new Expected(
                        name, object, owner.backup().objects().encryption().isPresent()));
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
}
