// SPDX-License-Identifier: Apache-2.0
package org.tidemark.replicate;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import java.util.OptionalLong;
import org.tidemark.catalog.EncryptedOnlyStore.NotEncryptedException;
import org.tidemark.catalog.RejectedContent;
import org.tidemark.catalog.RepairedStore;
import org.tidemark.catalog.format.ContainerHeader;
import org.tidemark.catalog.format.ContainerHeader.ContentDigests;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.ObjectDecoder;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.catalog.format.VerifiedSource;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.core.Sha256;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.replicate.SyncOptions.Comparing;
import org.tidemark.replicate.SyncOptions.SyncMode;
import org.tidemark.replicate.SyncReport.SyncCounts;
import org.tidemark.replicate.SyncReport.SyncProblem.Kind;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.ObjectMissing;
import org.tidemark.store.StoreTraits.ExclusiveCreate;

/**
 * Copies single objects, or only counts them, and reports problems that copying does not solve. Thread-safe.
 *
 * @param from the store that is read
 * @param to the store that is filled
 * @param repairs where the other repository's repaired copies and rejections are stored; empty: nothing is repaired
 * @param system whose objects they are
 * @param needing the backup that needs the objects, of which some may be those of another backup
 */
record ObjectTransfer(
        ObjectStore from,
        ObjectStore to,
        Optional<RepairedStore> repairs,
        SystemIdentifier system,
        SyncOptions options,
        SyncCounts counts,
        Optional<BackupKeys> needing) {
    ObjectTransfer(
            ObjectStore from,
            ObjectStore to,
            Optional<RepairedStore> repairs,
            SystemIdentifier system,
            SyncOptions options,
            SyncCounts counts) {
        this(from, to, repairs, system, options, counts, Optional.empty());
    }

    /** For the objects that a backup needs. */
    ObjectTransfer neededBy(BackupKeys backup) {
        return new ObjectTransfer(from, to, repairs, system, options, counts, Optional.of(backup));
    }

    /** The kind of a container, and the name in its header. */
    record Identity(ContainerKind kind, String name) {}

    /** Copies a container that the other repository does not list. */
    void container(ObjectInfo object, Identity identity) throws IOException {
        ObjectKey key = object.key();
        if (options.mode() == SyncMode.DRY_RUN) {
            counts.copied(object.sizeBytes());
            return;
        }
        VerifiedSource source =
                VerifiedSource.container(from, key, object.sizeBytes(), identity.kind(), identity.name(), system);
        try {
            if (put(key, source)) {
                counts.copied(object.sizeBytes());
                if (to.traits().exclusiveCreate() == ExclusiveCreate.CHECKED) {
                    compare(key, identity);
                }
            } else {
                compare(key, identity);
            }
        } catch (DamagedObjectException e) {
            damaged(from, e);
        }
    }

    /** Whether the other repository has rejected what it holds under a name. */
    boolean isRejected(ObjectKey key) throws IOException {
        return repairs.isPresent() && repairs.get().isRejected(key);
    }

    /** Copies a container in place of what the other repository has rejected; not what it has rejected itself. */
    void replace(ObjectInfo object, Identity identity) throws IOException {
        ObjectKey key = object.key();
        Optional<ContentDigests> here = digests(from, key, identity, OptionalLong.of(object.sizeBytes()));
        if (here.isEmpty() || repairs.isEmpty()) {
            return;
        }
        RepairedStore target = repairs.get();
        Sha256 plain = here.get().plain();
        if (target.rejection(key)
                .flatMap(RejectedContent::content)
                .filter(plain::equals)
                .isPresent()) {
            counts.problem(
                    Kind.CONFLICT,
                    key.value(),
                    "its content in " + from.description() + " was rejected in " + to.description());
            return;
        }
        if (options.mode() == SyncMode.DRY_RUN) {
            counts.copied(object.sizeBytes());
            return;
        }
        VerifiedSource source =
                VerifiedSource.container(from, key, object.sizeBytes(), identity.kind(), identity.name(), system);
        try {
            if (target.replace(key, source, plain)) {
                counts.copied(object.sizeBytes());
            }
        } catch (StorageException | NotEncryptedException e) {
            if (source.failure().isPresent() && source.failure().get() instanceof DamagedObjectException damage) {
                damaged(from, damage);
                return;
            }
            throw e;
        }
    }

    /**
     * Compares the digests in the headers of a container that both have.
     *
     * @return whether the other repository has it, and no different one
     */
    boolean compare(ObjectKey key, Identity identity) throws IOException {
        return compare(key, identity, OptionalLong.empty(), OptionalLong.empty());
    }

    /** The same for one that both have listed: its size must be what its header says. */
    void compare(ObjectInfo listedHere, ObjectInfo listedThere, Identity identity) throws IOException {
        compare(
                listedHere.key(),
                identity,
                OptionalLong.of(listedHere.sizeBytes()),
                OptionalLong.of(listedThere.sizeBytes()));
    }

    private boolean compare(ObjectKey key, Identity identity, OptionalLong sizeHere, OptionalLong sizeThere)
            throws IOException {
        Optional<ContentDigests> here = digests(from, key, identity, sizeHere);
        Optional<ContentDigests> there = digests(to, key, identity, sizeThere);
        counts.compared();
        if (here.isPresent()
                && there.isPresent()
                && !here.get().plain().equals(there.get().plain())) {
            conflict(key);
            return false;
        }
        return there.isPresent();
    }

    private Optional<ContentDigests> digests(ObjectStore store, ObjectKey key, Identity identity, OptionalLong listed)
            throws IOException {
        try {
            ContainerHeader header = ObjectDecoder.header(store, key, identity.kind(), identity.name(), system);
            ContentDigests digests =
                    header.content().orElseThrow(() -> new DamagedObjectException(key, "its header has no digests"));
            long size = header.encode().length + digests.storedSize();
            if (listed.orElse(size) != size) {
                throw new DamagedObjectException(key, "it has " + listed.getAsLong() + " bytes in place of " + size);
            }
            return Optional.of(digests);
        } catch (DamagedObjectException e) {
            damaged(store, e);
        } catch (ObjectMissing e) {
            // It was removed after it was listed.
        }
        return Optional.empty();
    }

    /**
     * Copies an object of a backup.
     *
     * @param listed its size in the other repository; empty if that does not list it
     * @param there how one that the other repository has already is compared
     * @return whether the other repository has it now
     */
    boolean known(ObjectKey key, StoredObject expected, OptionalLong listed, Comparing there) throws IOException {
        if (listed.isPresent()) {
            return same(key, listed.getAsLong(), expected, there);
        }
        if (options.mode() == SyncMode.DRY_RUN) {
            counts.copied(expected.sizeBytes());
            return true;
        }
        try {
            if (put(key, VerifiedSource.known(from, key, expected))) {
                counts.copied(expected.sizeBytes());
                return true;
            }
            // Some stores list a new object late.
            ObjectInfo found = to.stat(key).orElseThrow(() -> new ObjectMissing(key, to.description()));
            return same(key, found.sizeBytes(), expected, there);
        } catch (DamagedObjectException e) {
            damaged(from, e);
        } catch (ObjectMissing e) {
            missing(from, key);
        }
        return false;
    }

    /**
     * Compares an object that is there already: it may be left over from a copy that was cut off, and is about to
     * belong to a backup.
     */
    private boolean same(ObjectKey key, long sizeThere, StoredObject expected, Comparing comparing) throws IOException {
        if (sizeThere != expected.sizeBytes()) {
            otherSize(key, sizeThere, expected);
            return false;
        }
        return !comparing.readsTarget() || verify(to, key, expected);
    }

    /**
     * Compares an object of a published backup with its digest in the other repository, and repairs it there.
     *
     * @param listedSize its size there
     * @param reads whether it is read if it has the right size
     */
    void verifyOrRepair(ObjectKey key, StoredObject expected, long listedSize, boolean reads) throws IOException {
        Optional<DamagedObjectException> damage = Optional.empty();
        if (listedSize != expected.sizeBytes()) {
            damage = Optional.of(new DamagedObjectException(
                    key, "it has " + listedSize + " bytes in place of " + expected.sizeBytes()));
        } else if (reads) {
            try (InputStream in = VerifiedSource.known(to, key, expected).open()) {
                in.transferTo(OutputStream.nullOutputStream());
            } catch (DamagedObjectException e) {
                damage = Optional.of(e);
            } catch (ObjectMissing e) {
                missing(to, key);
            }
        }
        if (damage.isPresent()) {
            repair(damage.get(), VerifiedSource.known(from, key, expected));
        }
    }

    /**
     * Stores a copy of what is damaged in the other repository; nothing is overwritten.
     *
     * @param source what it was, compared with a digest
     */
    void repair(DamagedObjectException damage, VerifiedSource source) throws IOException {
        if (repairs.isEmpty()) {
            damaged(to, damage);
            return;
        }
        if (options.mode() == SyncMode.DRY_RUN) {
            counts.repaired(source.sizeBytes());
            return;
        }
        try {
            repairs.get().repair(damage.key(), source);
            counts.repaired(source.sizeBytes());
        } catch (StorageException | NotEncryptedException e) {
            if (source.failure().isEmpty()) {
                throw e;
            }
            damaged(to, damage);
            switch (source.failure().get()) {
                case DamagedObjectException same -> damaged(from, same);
                case ObjectMissing _ -> missing(from, damage.key());
                case IOException other -> throw other;
            }
        }
    }

    void otherSize(ObjectKey key, long sizeThere, StoredObject expected) {
        counts.problem(
                Kind.CONFLICT,
                key.value(),
                "it has " + sizeThere + " bytes in " + to.description() + ", and " + expected.sizeBytes() + " in "
                        + from.description());
    }

    /**
     * Reads an object of a backup whole, in one of the two.
     *
     * @return whether it is there, and has this digest
     */
    boolean verify(ObjectStore store, ObjectKey key, StoredObject expected) throws IOException {
        try (InputStream in = VerifiedSource.known(store, key, expected).open()) {
            in.transferTo(OutputStream.nullOutputStream());
            return true;
        } catch (DamagedObjectException e) {
            damaged(store, e);
        } catch (ObjectMissing e) {
            missing(store, key);
        }
        return false;
    }

    /** Copies a small document whose bytes were read and checked before; gives what the other repository holds then. */
    byte[] document(ObjectKey key, byte[] bytes) throws IOException {
        try {
            to.putIfAbsent(key, ObjectSource.of(bytes));
            counts.copied(bytes.length);
            if (to.traits().exclusiveCreate() != ExclusiveCreate.CHECKED) {
                return bytes;
            }
        } catch (ObjectExists e) {
            // Compared by the caller.
        }
        try (var in = to.open(key, ByteRange.ALL)) {
            return in.readNBytes(bytes.length + 1);
        }
    }

    /** @return false if the other repository has it already */
    private boolean put(ObjectKey key, VerifiedSource source) throws IOException {
        try {
            to.putIfAbsent(key, source);
            return true;
        } catch (ObjectExists e) {
            return false;
        } catch (StorageException | NotEncryptedException e) {
            if (source.failure().isPresent()) {
                throw source.failure().get(); // the fault is of the store that is read
            }
            throw e;
        }
    }

    void problem(Kind kind, String subject, String text) {
        counts.problem(kind, subject, text);
    }

    void damaged(ObjectStore store, DamagedObjectException damage) {
        counts.problem(Kind.DAMAGED, damage.key().value(), "in " + store.description() + " " + damage.problem());
    }

    /** Both hold it, and not the same. */
    void conflict(ObjectKey key) {
        counts.problem(
                Kind.CONFLICT,
                key.value(),
                "its content in " + from.description() + " is not the one in " + to.description());
    }

    /** An object is gone: of a backup that an expiry has just removed, that is no problem. */
    void missing(ObjectStore store, ObjectKey key) throws IOException {
        if (!(ObjectName.parse(key) instanceof ObjectName.OfBackup name
                && isRemoved(store, needing.orElse(name.keys())))) {
            counts.problem(Kind.DAMAGED, key.value(), "is missing in " + store.description());
        }
    }

    /** Whether a backup was removed on purpose. */
    static boolean isRemoved(ObjectStore store, BackupKeys backup) throws IOException {
        return store.stat(backup.backup()).isEmpty()
                && store.stat(backup.tombstone()).isPresent();
    }
}
