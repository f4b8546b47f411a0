// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.ContainerKind;
import org.tidemark.catalog.EncodedObject;
import org.tidemark.catalog.ObjectEncoder;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BaseBackup.ManifestPart;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.ManifestWriter;
import org.tidemark.catalog.backup.StoredObject;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.core.WalRange;
import org.tidemark.postgres.TablespaceInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;

/**
 * Stores what describes a backup in one repository, and {@code backup.json} last. Used by one thread, in the order of
 * its methods.
 */
final class Publication {
    private final Receiver receiver;
    private final BackupVariant variant;
    private final BackupKeys keys;
    private final BackupOptions options;
    private final Path directory;
    private final BackupFiles files;
    private final List<ManifestPart> manifestParts = new ArrayList<>();
    private final List<StoredObject> postgresManifest = new ArrayList<>();
    private Optional<StoredObject> bundleList = Optional.empty();
    private long storedBytes;

    Publication(Receiver receiver, BackupVariant variant, BackupOptions options, Path directory, BackupFiles files) {
        this.receiver = receiver;
        this.variant = variant;
        this.keys = variant.keys();
        this.options = options;
        this.directory = directory;
        this.files = files;
    }

    void storeManifests() throws IOException {
        try (InputStream manifest = Files.newInputStream(files.postgresManifest())) {
            for (byte[] part = nextPart(manifest); part.length > 0; part = nextPart(manifest)) {
                int number = postgresManifest.size() + 1;
                postgresManifest.add(store(
                        keys.postgresManifest(number),
                        ContainerKind.BACKUP_MANIFEST,
                        keys.numbered(number),
                        ObjectSource.of(part)));
            }
        }
        ManifestWriter.Parts parts = files.manifestParts(variant.firstFrame());
        for (Optional<ManifestWriter.Part> part = parts.next(); part.isPresent(); part = parts.next()) {
            int number = manifestParts.size() + 1;
            StoredObject stored = store(
                    keys.manifestPart(number),
                    ContainerKind.MANIFEST,
                    keys.numbered(number),
                    ObjectSource.of(part.get().text()));
            manifestParts.add(new ManifestPart(part.get().first(), stored));
        }
    }

    private static byte[] nextPart(InputStream manifest) throws IOException {
        return manifest.readNBytes(ManifestWriter.PART_BYTES);
    }

    /**
     * Called directly before {@link #requireStored}, which takes the time of this object as the store's current time.
     */
    void storeBundleList(List<BundleRef> bundles) throws IOException {
        ByteArrayOutputStream lines = new ByteArrayOutputStream();
        for (BundleRef bundle : bundles) {
            lines.write(bundle.encode());
            storedBytes += bundle.object().sizeBytes();
        }
        bundleList = Optional.of(
                store(keys.bundles(), ContainerKind.BUNDLES, keys.id().value(), ObjectSource.of(lines.toByteArray())));
    }

    private StoredObject store(ObjectKey key, ContainerKind kind, String name, ObjectSource plain) throws IOException {
        try (EncodedObject encoded =
                ObjectEncoder.encode(kind, name, keys.system(), variant.encoding(), plain, directory)) {
            StoredObject stored = StoredObject.of(encoded.source());
            receiver.objects().put(key, encoded.source(), stored);
            storedBytes += stored.sizeBytes();
            return stored;
        }
    }

    /**
     * Requires that the repository has every object that {@code backup.json} will refer to, and that there is time
     * left.
     */
    void requireStored(List<BundleRef> bundles) throws IOException {
        PublicationChecks checks = new PublicationChecks(receiver.objects().store(), keys);
        checks.requireBundles(bundles);
        checks.requireParts(
                keys::manifestPart,
                manifestParts.stream().map(ManifestPart::object).toList());
        checks.requireParts(keys::postgresManifest, postgresManifest);
        checks.requireObject(keys.bundles(), bundleList.orElseThrow());
        checks.requireInTime();
    }

    /** Stores {@code backup.json}: from then on, the backup exists. */
    BaseBackup publish(BaseBackup.Run run, WalRange wal, Optional<Long> nextXid) throws IOException {
        ClusterIdentity identity = receiver.archive().identity();
        BaseBackup backup = new BaseBackup(
                keys.id(),
                BaseBackup.Type.FULL,
                options.name(),
                new BaseBackup.Origin(
                        identity.cluster(),
                        identity.system(),
                        receiver.registered().serverVersionNum(),
                        identity.walSegmentSize(),
                        identity.pageSize(),
                        receiver.registered().dataChecksums()),
                run,
                wal,
                nextXid,
                new BaseBackup.Contents(
                        files.ledger().files(),
                        files.ledger().bytes(),
                        storedBytes,
                        files.tablespaces().stream()
                                .map(Publication::tablespace)
                                .toList(),
                        files.findings().damaged(),
                        files.findings().damagedCount()),
                new BaseBackup.Objects(
                        variant.intent().nonce(),
                        variant.encoding().encryption(),
                        files.fingerprintKey(),
                        bundleList.orElseThrow(),
                        postgresManifest,
                        manifestParts));
        ObjectSource document = ObjectSource.of(backup.encode());
        receiver.objects().put(keys.backup(), document, StoredObject.of(document));
        return backup;
    }

    private static BaseBackup.Tablespace tablespace(TablespaceInfo tablespace) {
        return new BaseBackup.Tablespace(tablespace.oid(), tablespace.location(), tablespace.sizeKib() * 1024);
    }
}
