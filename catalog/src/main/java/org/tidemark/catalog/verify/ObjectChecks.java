// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.tidemark.catalog.backup.BundleReader;
import org.tidemark.catalog.backup.Mark.Scope;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.format.ContainerHeader.ContentDigests;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.DecodedObject;
import org.tidemark.catalog.format.ObjectDecoder;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.catalog.verify.BackupToVerify.Expected;
import org.tidemark.catalog.verify.CheckPool.Compared;
import org.tidemark.catalog.verify.ObjectChecks.Container;
import org.tidemark.catalog.verify.Verifier.Options.WalContent;
import org.tidemark.core.JsonObject;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectMissing;

/**
 * Reads objects whole and throws {@link DamagedObjectException} if a single bit is wrong. Thread-safe.
 *
 * @param scope whether the content is compared, or the stored bytes alone
 */
record ObjectChecks(
        ObjectStore store, PrivateKeys privateKeys, SystemIdentifier system, Scope scope, Findings findings) {
    private static final int MAX_HISTORY_BYTES = 16 << 20;

    /** Compares all stored bytes with a digest that another object holds. */
    private void stored(ObjectKey key, StoredObject expected) throws IOException {
        try (InputStream in = store.open(key, ByteRange.ALL)) {
            compare(key, StoredObject.of(in), expected);
        }
    }

    /** What is wrong with the stored bytes of an object. */
    Optional<DamagedObjectException> damage(Expected known) throws IOException {
        try {
            stored(known.name().key(), known.object());
            return Optional.empty();
        } catch (DamagedObjectException e) {
            return Optional.of(e);
        }
    }

    private static void compare(ObjectKey key, StoredObject found, StoredObject expected)
            throws DamagedObjectException {
        if (!found.equals(expected)) {
            throw new DamagedObjectException(key, "its bytes do not match their digest");
        }
    }

    /** Whether there is a private key for encrypted objects. */
    private boolean canDecrypt() {
        return privateKeys.areConfigured();
    }

    /** Reads the beginning of a content. */
    @FunctionalInterface
    private interface Look {
        void at(InputStream content) throws IOException;
    }

    /** @param digests what the header says */
    record Container(ContentDigests digests, Compared compared) {}

    /** A whole segment, whose content is shown on the way. */
    Container segment(IncarnationKeys incarnation, Segment segment, WalContent content) throws IOException {
        return container(
                incarnation.of(segment),
                ContainerKind.WAL,
                segment.name(),
                in -> content.read(incarnation, segment, in, other -> open(incarnation, other)));
    }

    private InputStream open(IncarnationKeys incarnation, Segment segment) throws IOException {
        try {
            return ObjectDecoder.open(
                    store, privateKeys, incarnation.of(segment), ContainerKind.WAL, segment.name(), system);
        } catch (ObjectMissing e) {
            return InputStream.nullInputStream();
        }
    }

    /** A container that carries its digests. */
    Container container(ObjectKey key, ContainerKind kind, String name) throws IOException {
        return container(key, kind, name, in -> {});
    }

    private Container container(ObjectKey key, ContainerKind kind, String name, Look look) throws IOException {
        try (DecodedObject decoded = ObjectDecoder.open(store, privateKeys, key, kind, name, system)) {
            boolean undecryptable = decoded.header().encryption().isPresent() && !canDecrypt();
            if (scope == Scope.STORED || undecryptable) {
                decoded.verifyStored();
            } else {
                look.at(decoded);
                decoded.transferTo(OutputStream.nullOutputStream());
            }
            return new Container(
                    decoded.digests(),
                    scope == Scope.ALL && undecryptable ? Compared.STORED_BYTES_ALONE : Compared.WHAT_WAS_ASKED);
        }
    }

    /** A timeline history, which must also be one. */
    Compared history(ObjectKey key, Timeline timeline, String name) throws IOException {
        try (DecodedObject decoded = ObjectDecoder.open(store, privateKeys, key, ContainerKind.HISTORY, name, system)) {
            byte[] content = decoded.readNBytes(MAX_HISTORY_BYTES);
            decoded.transferTo(OutputStream.nullOutputStream());
            TimelineHistory.parse(timeline, new String(content, StandardCharsets.UTF_8));
            return Compared.WHAT_WAS_ASKED;
        } catch (IllegalArgumentException e) {
            throw new DamagedObjectException(key, "it is not a timeline history: " + e.getMessage(), e);
        }
    }

    /** What the header of a bundle says; the rest is not looked at. */
    private boolean isEncrypted(BackupKeys keys, int number) throws IOException {
        return ObjectDecoder.header(
                        store, keys.bundle(number), ContainerKind.BUNDLE, keys.numbered(number), keys.system())
                .encryption()
                .isPresent();
    }

    /**
     * A bundle, decrypted if it is encrypted: header, every frame with its checksum, its size and the checksums of its
     * parts, index and footer.
     *
     * @param expected what a published backup knows of it
     */
    private void bundle(BackupKeys keys, int number, long sizeBytes, Optional<Expected> expected) throws IOException {
        BundleReader reader = BundleReader.open(
                store, privateKeys, keys, number, sizeBytes, expected.flatMap(Expected::fingerprintKey));
        try (InputStream stored = store.open(keys.bundle(number), ByteRange.ALL);
                StoredObject.Reading digesting = new StoredObject.Reading(stored)) {
            InputStream content = reader.openAll(digesting);
            for (int frame = 0; frame < reader.frames().size(); frame++) {
                reader.decode(frame, reader.readNext(content, frame));
            }
            content.transferTo(OutputStream.nullOutputStream());
            digesting.transferTo(OutputStream.nullOutputStream());
            if (expected.isPresent()) {
                compare(reader.key(), digesting.seen(), expected.get().object());
            }
        }
    }

    private JsonObject read(ObjectKey key, int limit) throws IOException {
        return ChecksummedJson.read(ChecksummedJson.fetch(store, key, limit), key);
    }

    /** An object that published backups need. */
    Compared expected(Expected known) throws IOException {
        ObjectKey key = known.name().key();
        if (scope == Scope.STORED) {
            stored(key, known.object());
            return Compared.WHAT_WAS_ASKED;
        }
        if (known.isEncrypted() && !canDecrypt()) {
            stored(key, known.object());
            return Compared.STORED_BYTES_ALONE;
        }
        StoredObject object = known.object();
        switch (known.name()) {
            case ObjectName.Bundle bundle ->
                bundle(bundle.keys(), bundle.number(), object.sizeBytes(), Optional.of(known));
            // Read when all parts have been found, entry by entry: but for one backup, and damage is that of all.
            case ObjectName.ManifestPart _ -> {
                if (known.owners().size() > 1) {
                    stored(key, object);
                }
            }
            case ObjectName.PostgresManifest manifest ->
                ObjectDecoder.readWhole(
                        store,
                        privateKeys,
                        key,
                        object,
                        ContainerKind.BACKUP_MANIFEST,
                        manifest.keys().numbered(manifest.number()),
                        manifest.keys().system());
            case ObjectName.Configuration configuration ->
                ObjectDecoder.readWhole(
                        store,
                        privateKeys,
                        key,
                        object,
                        ContainerKind.CONFIGURATION,
                        configuration.keys().id().value(),
                        configuration.keys().system());
        }
        return Compared.WHAT_WAS_ASKED;
    }

    /** What no backup refers to has no digest elsewhere, but it carries enough of its own. */
    Compared remains(ObjectName.BackupData what, ObjectInfo object) throws IOException {
        BackupKeys keys = what.keys();
        return switch (what) {
            case ObjectName.Bundle bundle -> remains(keys, bundle.number(), object);
            case ObjectName.ManifestPart part ->
                container(object.key(), ContainerKind.MANIFEST, keys.numbered(part.number()))
                        .compared();
            case ObjectName.PostgresManifest manifest ->
                container(object.key(), ContainerKind.BACKUP_MANIFEST, keys.numbered(manifest.number()))
                        .compared();
            case ObjectName.Configuration _ ->
                container(object.key(), ContainerKind.CONFIGURATION, keys.id().value())
                        .compared();
        };
    }

    private Compared remains(BackupKeys keys, int bundle, ObjectInfo object) throws IOException {
        if (!canDecrypt() && isEncrypted(keys, bundle)) {
            findings.note(
                    object.key(),
                    Optional.of(keys.id()),
                    "is encrypted and belongs to no backup: without a private key there is nothing to compare it with");
            return Compared.STORED_BYTES_ALONE;
        }
        bundle(keys, bundle, object.sizeBytes(), Optional.empty());
        return Compared.WHAT_WAS_ASKED;
    }

    /**
     * A checksummed document.
     *
     * @param limit how many bytes it may have
     */
    Compared document(ObjectKey key, int limit) throws IOException {
        read(key, limit);
        return Compared.WHAT_WAS_ASKED;
    }

    /** The document that says whose WAL and backups an incarnation has. */
    Compared identity(ObjectName.IncarnationIdentity identity) throws IOException {
        ObjectKey key = identity.key();
        JsonObject document = read(key, ChecksummedJson.SMALL_BYTES);
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
