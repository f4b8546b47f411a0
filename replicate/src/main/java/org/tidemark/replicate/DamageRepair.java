// SPDX-License-Identifier: Apache-2.0
package org.tidemark.replicate;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.format.ContainerHeader;
import org.tidemark.catalog.format.ContainerHeader.ContentDigests;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.ObjectDecoder;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.catalog.format.VerifiedSource;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.replicate.ObjectTransfer.Identity;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectMissing;
import org.tidemark.store.StorageException.StorageDenied;

/**
 * Repairs in one repository, from another one, what verify found to be damaged: a comparison of two repositories reads
 * of WAL no more than the headers, and of documents nothing.
 *
 * @param recorded what verify found damaged in the target
 */
record DamageRepair(ClusterArchive source, ClusterArchive target, Set<ObjectKey> recorded, ObjectTransfer transfer) {
    /** The objects that the marks of a repository call damaged; empty on a host that may not read the marks. */
    static Set<ObjectKey> recordedIn(ClusterArchive target) throws IOException {
        IncarnationKeys incarnation = target.identity().keys();
        Set<ObjectKey> damaged = new TreeSet<>();
        try {
            for (List<Mark> marks : target.backups().marks().byOwner().values()) {
                Mark.damage(marks)
                        .ifPresent(mark -> mark.damaged()
                                .forEach(rest -> damaged.add(new ObjectKey(incarnation.prefix() + rest))));
            }
        } catch (StorageDenied e) {
            return Set.of(); // it copies anyway
        }
        return damaged;
    }

    /** Goes over what was recorded. */
    void run() throws IOException {
        IncarnationKeys incarnation = target.identity().keys();
        for (ObjectKey key : recorded) {
            switch (ObjectName.parse(incarnation, key)) {
                case ObjectName.Wal wal ->
                    container(key, new Identity(ContainerKind.WAL, wal.file().name()));
                case ObjectName.History history ->
                    container(
                            key,
                            new Identity(ContainerKind.HISTORY, history.file().name()));
                case ObjectName.Intent _ -> document(key, ChecksummedJson.SMALL_BYTES);
                // Those of backups are compared with the backup that the source has.
                case ObjectName.BackupData _, ObjectName.BundleList _, ObjectName.BackupDocument _ -> {}
                case ObjectName.BackupMark _,
                        ObjectName.WaitingDocument _,
                        ObjectName.Tombstone _,
                        ObjectName.IncarnationIdentity _,
                        ObjectName.WalMark _,
                        ObjectName.RemovedWal _,
                        ObjectName.GivenUpWal _,
                        ObjectName.Attempt _,
                        ObjectName.DrillEvidence _,
                        ObjectName.Repaired _,
                        ObjectName.StreamPiece _,
                        ObjectName.Rejection _,
                        ObjectName.Unknown _ -> {}
            }
        }
    }

    private void container(ObjectKey key, Identity identity) throws IOException {
        Optional<ObjectInfo> there = transfer.to().stat(key);
        Optional<ObjectInfo> here = transfer.from().stat(key);
        if (there.isEmpty() || here.isEmpty()) {
            return; // copied like everything that is missing, or still damaged
        }
        VerifiedSource copy = VerifiedSource.container(
                transfer.from(), key, here.get().sizeBytes(), identity.kind(), identity.name(), transfer.system());
        try (InputStream in = VerifiedSource.container(
                        transfer.to(),
                        key,
                        there.get().sizeBytes(),
                        identity.kind(),
                        identity.name(),
                        transfer.system())
                .open()) {
            in.transferTo(OutputStream.nullOutputStream());
        } catch (ObjectMissing e) {
            // An expiry removed it meanwhile.
        } catch (DamagedObjectException e) {
            if (isOther(key, identity)) {
                transfer.conflict(key);
            } else {
                transfer.repair(e, copy);
            }
        }
    }

    /** Whether the damaged object says that it had another content. One with a damaged header says nothing. */
    private boolean isOther(ObjectKey key, Identity identity) throws IOException {
        try {
            Optional<ContentDigests> there =
                    header(transfer.to(), key, identity).content();
            Optional<ContentDigests> here =
                    header(transfer.from(), key, identity).content();
            return there.isPresent()
                    && here.isPresent()
                    && !there.get().plain().equals(here.get().plain());
        } catch (DamagedObjectException e) {
            return false;
        }
    }

    private ContainerHeader header(ObjectStore store, ObjectKey key, Identity identity) throws IOException {
        return ObjectDecoder.header(store, key, identity.kind(), identity.name(), transfer.system());
    }

    /** A document that carries its own digest; not one that is whole in the target. */
    void document(ObjectKey key, int limit) throws IOException {
        try {
            ChecksummedJson.open(ChecksummedJson.fetch(transfer.to(), key, limit), key);
        } catch (ObjectMissing e) {
            // Nothing to repair.
        } catch (DamagedObjectException e) {
            try {
                byte[] document = ChecksummedJson.fetch(transfer.from(), key, limit);
                ChecksummedJson.open(document, key);
                transfer.repair(
                        e, VerifiedSource.known(transfer.from(), key, StoredObject.of(ObjectSource.of(document))));
            } catch (ObjectMissing missing) {
                transfer.damaged(transfer.to(), e);
            } catch (DamagedObjectException both) {
                transfer.damaged(transfer.to(), e);
                transfer.damaged(transfer.from(), both);
            }
        }
    }
}
