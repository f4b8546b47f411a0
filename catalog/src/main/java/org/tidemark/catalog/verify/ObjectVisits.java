// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.ChecksummedJson;
import org.tidemark.catalog.ContainerKind;
import org.tidemark.catalog.DamagedObjectException;
import org.tidemark.catalog.backup.Mark.Scope;
import org.tidemark.catalog.backup.StoredObject;
import org.tidemark.catalog.backup.VerifiedObject;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.catalog.verify.BackupToVerify.Expected;
import org.tidemark.catalog.verify.CheckPool.Compared;
import org.tidemark.catalog.verify.ObjectChecks.Container;
import org.tidemark.core.JsonObject;
import org.tidemark.core.WalFile;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;

/** Decides for each object of the listing which checks it needs, and submits them. Used by one thread. */
final class ObjectVisits {
    private final ObjectChecks checks;
    private final Verifier.Options options;
    private final boolean everything;
    private final Map<ObjectKey, Expected> expected;
    private final Map<BackupId, BackupToVerify> backups;
    private final Findings findings;
    private final CheckPool pool;

    ObjectVisits(
            ObjectChecks checks,
            Verifier.Options options,
            boolean everything,
            Map<ObjectKey, Expected> expected,
            Map<BackupId, BackupToVerify> backups,
            Findings findings,
            CheckPool pool) {
        this.checks = checks;
        this.options = options;
        this.everything = everything;
        this.expected = expected;
        this.backups = backups;
        this.findings = findings;
        this.pool = pool;
    }

    void visit(ObjectName.OfIncarnation what, ObjectInfo object) throws IOException {
        switch (what) {
            case ObjectName.Wal wal -> visitWal(wal, object);
            case ObjectName.History history -> visitHistory(history.file(), object);
            case ObjectName.BackupData data -> visitBackupData(data, object);
            case ObjectName.BundleList bundles -> visitBundleList(bundles.keys().id(), object);
            case ObjectName.IncarnationIdentity identity -> submit(object, () -> checkIdentity(identity));
            case ObjectName.Intent intent -> submit(object, () -> document(object.key()));
            case ObjectName.WalMark mark -> submit(object, () -> document(object.key()));
            case ObjectName.BackupMark mark -> submit(object, () -> document(object.key()));
            // Read already, when the backups were listed.
            case ObjectName.BackupDocument backup -> {}
            case ObjectName.Reserved later ->
                findings.note(
                        object.key(),
                        Optional.empty(),
                        "was stored by a newer version of Tidemark, and was not checked");
            case ObjectName.Unknown unknown -> findings.foreign(object.key());
        }
    }

    private void visitWal(ObjectName.Wal wal, ObjectInfo object) throws IOException {
        List<BackupId> owners = new ArrayList<>();
        boolean unread = false;
        if (wal.file() instanceof WalFile.Segment segment) {
            for (BackupToVerify backup : backups.values()) {
                if (backup.sees(segment)) {
                    owners.add(backup.id());
                    unread |= !backup.isMarked();
                }
            }
        }
        if (everything || unread) {
            pool.submit(object.key(), object.sizeBytes(), owners, () -> {
                Container found = checks.container(
                        object.key(), ContainerKind.WAL, wal.file().name(), options.scope());
                if (wal instanceof ObjectName.Partial named
                        && !found.digests()
                                .plain()
                                .hex()
                                .startsWith(named.partial().digestStart())) {
                    throw new DamagedObjectException(object.key(), "its content is not the one that its key names");
                }
                return found.compared();
            });
        }
    }

    private void visitHistory(WalFile.TimelineHistoryFile file, ObjectInfo object) throws IOException {
        List<BackupId> owners = new ArrayList<>();
        boolean unread = false;
        for (BackupToVerify backup : backups.values()) {
            if (backup.sees(file.timeline())) {
                owners.add(backup.id());
                unread |= !backup.isMarked();
            }
        }
        if (everything || unread) {
            pool.submit(
                    object.key(),
                    object.sizeBytes(),
                    owners,
                    () -> checks.history(object.key(), file.timeline(), file.name()));
        }
    }

    private void visitBackupData(ObjectName.BackupData what, ObjectInfo object) throws IOException {
        BackupId id = what.keys().id();
        Expected known = expected.get(object.key());
        if (known == null) {
            if (backups.containsKey(id)) {
                findings.note(object.key(), Optional.of(id), "lies under the id of a backup that does not need it");
            }
            submit(object, () -> checkRemains(what, object));
            return;
        }
        known.see(object.sizeBytes());
        if (!known.isIntact()) {
            findings.problem(
                    object.key(),
                    known.owners(),
                    "has " + object.sizeBytes() + " bytes, but was stored with "
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
        StoredObject object = known.object();
        switch (known.name()) {
            case ObjectName.Bundle bundle ->
                checks.bundle(bundle.keys(), bundle.number(), object.sizeBytes(), Optional.of(object));
            // Read when all parts have been found, entry by entry.
            case ObjectName.ManifestPart part -> {}
            case ObjectName.PostgresManifest manifest ->
                VerifiedObject.read(checks.store(), key, object)
                        .plain(
                                checks.privateKeys(),
                                ContainerKind.BACKUP_MANIFEST,
                                manifest.keys().id().value(),
                                manifest.keys().system());
        }
        return Compared.WHAT_WAS_ASKED;
    }

    /** What no backup refers to has no digest elsewhere, but it carries enough of its own. */
    private Compared checkRemains(ObjectName.BackupData what, ObjectInfo object) throws IOException {
        BackupKeys keys = what.keys();
        return switch (what) {
            case ObjectName.Bundle bundle -> checkRemains(keys, bundle.number(), object);
            case ObjectName.ManifestPart part ->
                checks.container(object.key(), ContainerKind.MANIFEST, keys.numbered(part.number()), options.scope())
                        .compared();
            case ObjectName.PostgresManifest manifest ->
                checks.container(
                                object.key(),
                                ContainerKind.BACKUP_MANIFEST,
                                keys.id().value(),
                                options.scope())
                        .compared();
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
        checks.document(key, ChecksummedJson.SMALL_BYTES);
        return Compared.WHAT_WAS_ASKED;
    }

    private Compared checkIdentity(ObjectName.IncarnationIdentity identity) throws IOException {
        ObjectKey key = identity.key();
        JsonObject document = checks.document(key, ChecksummedJson.SMALL_BYTES);
        String cluster = document.find("cluster", String.class).orElse("");
        String system = document.find("systemIdentifier", String.class).orElse("");
        IncarnationKeys incarnation = identity.incarnation();
        if (!cluster.equals(incarnation.cluster().value())
                || !system.equals(incarnation.system().toString())) {
            throw new DamagedObjectException(
                    key, "it describes cluster '" + cluster + "' with system identifier '" + system + "'");
        }
        return Compared.WHAT_WAS_ASKED;
    }
}
