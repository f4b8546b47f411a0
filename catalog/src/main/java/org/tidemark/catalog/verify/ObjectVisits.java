// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.ContainerKind;
import org.tidemark.catalog.DamagedObjectException;
import org.tidemark.catalog.FlatJson;
import org.tidemark.catalog.SealedJson;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BackupId;
import org.tidemark.catalog.backup.BackupKeys;
import org.tidemark.catalog.backup.Mark.Scope;
import org.tidemark.catalog.backup.StoredObject;
import org.tidemark.catalog.backup.VerifiedObject;
import org.tidemark.catalog.verify.CheckPool.Compared;
import org.tidemark.catalog.verify.ObjectChecks.Container;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;

/** Decides of each object that is there what is to be compared, and has it done. Used by one thread. */
final class ObjectVisits {
    private final BackupCatalog catalog;
    private final ObjectChecks checks;
    private final VerifyOptions options;
    private final boolean everything;
    private final Map<ObjectKey, Expected> expected;
    private final Map<BackupId, BackupToVerify> backups;
    private final Findings findings;
    private final CheckPool pool;

    ObjectVisits(
            BackupCatalog catalog,
            ObjectChecks checks,
            VerifyOptions options,
            boolean everything,
            Map<ObjectKey, Expected> expected,
            Map<BackupId, BackupToVerify> backups,
            Findings findings,
            CheckPool pool) {
        this.catalog = catalog;
        this.checks = checks;
        this.options = options;
        this.everything = everything;
        this.expected = expected;
        this.backups = backups;
        this.findings = findings;
        this.pool = pool;
    }

    void visit(IncarnationKey what, ObjectInfo object) throws IOException {
        switch (what) {
            case IncarnationKey.Wal wal -> visitWal(wal, object);
            case IncarnationKey.History history -> visitHistory(history.timeline(), object);
            case IncarnationKey.Bundle bundle -> visitBackupObject(bundle.id(), what, object);
            case IncarnationKey.ManifestPart part -> visitBackupObject(part.id(), what, object);
            case IncarnationKey.PostgresManifest manifest -> visitBackupObject(manifest.id(), what, object);
            case IncarnationKey.BundlesOf bundles -> visitBundleList(bundles.id(), object);
            case IncarnationKey.Cluster cluster -> submit(object, () -> checkCluster(object.key()));
            case IncarnationKey.IntentOf intent -> submit(object, () -> document(object.key()));
            case IncarnationKey.MarkOfWal mark -> submit(object, () -> document(object.key()));
            case IncarnationKey.MarkOf mark -> submit(object, () -> document(object.key()));
            // Read already, when the backups were listed.
            case IncarnationKey.BackupOf backup -> {}
            case IncarnationKey.Foreign foreign ->
                findings.note(object.key(), Optional.empty(), "is no object of a repository, and was not looked at");
        }
    }

    private void visitWal(IncarnationKey.Wal wal, ObjectInfo object) throws IOException {
        List<BackupId> owners = new ArrayList<>();
        boolean unread = false;
        if (WalFile.parse(wal.name()) instanceof WalFile.Segment segment) {
            for (BackupToVerify backup : backups.values()) {
                if (backup.sees(segment)) {
                    owners.add(backup.id());
                    unread |= !backup.isMarked();
                }
            }
        }
        if (everything || unread) {
            pool.submit(object.key(), object.sizeBytes(), owners, () -> {
                Container found = checks.container(object.key(), ContainerKind.WAL, wal.name(), options.scope());
                if (!found.digests().plain().hex().startsWith(wal.digestStart())) {
                    throw new DamagedObjectException(object.key(), "its content is not the one that its key names");
                }
                return found.compared();
            });
        }
    }

    private void visitHistory(Timeline timeline, ObjectInfo object) throws IOException {
        List<BackupId> owners = new ArrayList<>();
        boolean unread = false;
        for (BackupToVerify backup : backups.values()) {
            if (backup.sees(timeline)) {
                owners.add(backup.id());
                unread |= !backup.isMarked();
            }
        }
        if (everything || unread) {
            pool.submit(
                    object.key(),
                    object.sizeBytes(),
                    owners,
                    () -> checks.history(object.key(), timeline, timeline.toHex() + ".history"));
        }
    }

    private void visitBackupObject(BackupId id, IncarnationKey what, ObjectInfo object) throws IOException {
        Expected known = expected.get(object.key());
        if (known == null) {
            if (backups.containsKey(id)) {
                findings.note(object.key(), Optional.of(id), "lies under the id of a backup that does not need it");
            }
            submit(object, () -> checkRemains(catalog.keys(id), what, object));
            return;
        }
        known.see(object.sizeBytes());
        if (!known.isIntact()) {
            findings.problem(
                    object.key(),
                    known.owners(),
                    "has " + object.sizeBytes() + " bytes, and was stored with "
                            + known.object().sizeBytes());
        } else if (!known.isMarked()) {
            pool.submit(object.key(), object.sizeBytes(), known.owners(), () -> check(known, object.key()));
        }
    }

    private Compared check(Expected known, ObjectKey key) throws IOException {
        if (options.scope() == Scope.STORED) {
            checks.stored(key, known.object());
            return Compared.WHAT_WAS_ASKED;
        }
        if (known.isEncrypted() && !checks.canDecrypt()) {
            checks.stored(key, known.object());
            return Compared.STORED_BYTES_ALONE;
        }
        BackupKeys keys = known.keys();
        StoredObject object = known.object();
        switch (known.kind()) {
            case BUNDLE -> checks.bundle(keys, known.number(), object.sizeBytes(), Optional.of(object));
            // Read when all parts have been found, entry by entry.
            case MANIFEST_PART -> {}
            case POSTGRES_MANIFEST ->
                VerifiedObject.read(checks.store(), key, object)
                        .plain(
                                checks.privateKeys(),
                                ContainerKind.BACKUP_MANIFEST,
                                keys.id().value(),
                                keys.system());
        }
        return Compared.WHAT_WAS_ASKED;
    }

    /** What no backup refers to has no digest elsewhere, but it carries enough of its own. */
    private Compared checkRemains(BackupKeys keys, IncarnationKey what, ObjectInfo object) throws IOException {
        ObjectKey key = object.key();
        return switch (what) {
            case IncarnationKey.Bundle bundle -> checkRemains(keys, bundle.number(), object);
            case IncarnationKey.ManifestPart part ->
                checks.container(key, ContainerKind.MANIFEST, keys.numbered(part.number()), options.scope())
                        .compared();
            case IncarnationKey.PostgresManifest manifest ->
                checks.container(key, ContainerKind.BACKUP_MANIFEST, keys.id().value(), options.scope())
                        .compared();
            default -> throw new IllegalArgumentException("holds no data of a backup: " + what);
        };
    }

    private Compared checkRemains(BackupKeys keys, int bundle, ObjectInfo object) throws IOException {
        if (!checks.canDecrypt() && checks.isEncrypted(keys, bundle)) {
            findings.note(
                    object.key(),
                    Optional.of(keys.id()),
                    "is encrypted and belongs to no backup: without a private key there is nothing to compare it with");
            return Compared.STORED_BYTES_ALONE;
        }
        checks.bundle(keys, bundle, object.sizeBytes(), Optional.empty());
        return Compared.WHAT_WAS_ASKED;
    }

    private void visitBundleList(BackupId id, ObjectInfo object) throws IOException {
        // That of a published backup was read when the backups were listed.
        if (!backups.containsKey(id)) {
            submit(
                    object,
                    () -> checks.container(object.key(), ContainerKind.BUNDLES, id.value(), options.scope())
                            .compared());
        }
    }

    private void submit(ObjectInfo object, CheckPool.Check check) throws IOException {
        if (everything) {
            pool.submit(object.key(), object.sizeBytes(), List.of(), check);
        }
    }

    private Compared document(ObjectKey key) throws IOException {
        checks.document(key, SealedJson.SMALL_BYTES);
        return Compared.WHAT_WAS_ASKED;
    }

    private Compared checkCluster(ObjectKey key) throws IOException {
        FlatJson document = checks.document(key, SealedJson.SMALL_BYTES);
        String named = document.text("cluster").orElse("") + "/"
                + document.text("systemIdentifier").orElse("") + "/cluster.json";
        if (!named.equals(key.value())) {
            throw new DamagedObjectException(key, "it describes '" + named + "'");
        }
        return Compared.WHAT_WAS_ASKED;
    }
}
