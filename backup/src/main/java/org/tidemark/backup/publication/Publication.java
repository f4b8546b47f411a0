// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.publication;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.backup.bundle.BackupFiles;
import org.tidemark.backup.bundle.BackupVariant;
import org.tidemark.backup.configuration.ServerConfiguration;
import org.tidemark.backup.parent.ParentFrames;
import org.tidemark.backup.parent.ParentManifest;
import org.tidemark.backup.publication.BackupPublisher.CopyFacts;
import org.tidemark.backup.request.BackupOptions;
import org.tidemark.backup.target.Receiver;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BaseBackup.Lineage;
import org.tidemark.catalog.backup.BaseBackup.ManifestPart;
import org.tidemark.catalog.backup.BaseBackup.ManifestPart.OfAnother;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.ManifestWriter;
import org.tidemark.catalog.backup.StoredConfiguration;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.format.ObjectEncoder;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.postgres.TablespaceInfo;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;

/**
 * Stores what describes a variant of a backup in one repository after the other, until one has taken all of it,
 * {@code backup.json} last. Each gets the same bytes, also where encrypting twice would give different ones: a copy
 * completes a repository that failed after some of them. Used by one thread.
 */
final class Publication implements AutoCloseable {
    private final BackupVariant variant;
    private final BackupKeys keys;
    private final BackupOptions options;
    private final Path directory;
    private final BackupFiles files;
    private final List<BundleRef> bundles;
    private final List<Encoded> postgresManifest = new ArrayList<>();
    private final List<PlacedPart> manifestParts = new ArrayList<>();
    private final Encoded bundleList;
    private final Optional<EncodedConfiguration> configuration;
    private Optional<BaseBackup> backup = Optional.empty();

    /** An object that is ready to be stored. */
    private record Encoded(ObjectKey key, EncodedObject object, StoredObject stored) {}

    /** @param own if it is not the parent's, which is there */
    private record PlacedPart(ManifestPart part, Optional<Encoded> own) {}

    private record EncodedConfiguration(Encoded object, List<StoredConfiguration.File> files) {}

    /**
     * Encodes all of it.
     *
     * @param directory for what is stored, a copy of it
     */
    Publication(
            BackupVariant variant,
            BackupOptions options,
            Path directory,
            BackupFiles files,
            List<BundleRef> bundles,
            ServerConfiguration configuration)
            throws IOException {
        this.variant = variant;
        this.keys = variant.keys();
        this.options = options;
        this.directory = directory;
        this.files = files;
        this.bundles = bundles;
        boolean done = false;
        try {
            encodeManifests();
            this.configuration =
                    configuration.files().isEmpty() ? Optional.empty() : Optional.of(encode(configuration));
            this.bundleList = encodeBundleList();
            done = true;
        } finally {
            if (!done) {
                closeManifests();
            }
        }
    }

    private void encodeManifests() throws IOException {
        try (InputStream manifest = Files.newInputStream(files.postgresManifest())) {
            for (byte[] part = nextPart(manifest); part.length > 0; part = nextPart(manifest)) {
                int number = postgresManifest.size() + 1;
                postgresManifest.add(encode(
                        keys.postgresManifest(number), ContainerKind.BACKUP_MANIFEST, keys.numbered(number), part));
            }
        }
        Optional<ParentManifest> parent = variant.parent().map(ParentFrames::manifest);
        ManifestWriter.Parts parts = parent.isPresent()
                ? variant.manifest().partsAs(parent.get().firsts())
                : variant.manifest().parts();
        int own = 0;
        for (Optional<ManifestWriter.Part> part = parts.next(); part.isPresent(); part = parts.next()) {
            byte[] text = part.get().text();
            Optional<ManifestPart> shared = parent.flatMap(manifest -> manifest.find(text));
            if (shared.isPresent()) {
                manifestParts.add(new PlacedPart(shared.get(), Optional.empty()));
            } else {
                own++;
                Encoded encoded = encode(keys.manifestPart(own), ContainerKind.MANIFEST, keys.numbered(own), text);
                manifestParts.add(
                        new PlacedPart(new ManifestPart(part.get().first(), encoded.stored()), Optional.of(encoded)));
            }
        }
    }

    private Stream<Encoded> ownParts() {
        return Stream.concat(postgresManifest.stream(), manifestParts.stream().flatMap(part -> part.own().stream()));
    }

    private static byte[] nextPart(InputStream manifest) throws IOException {
        return manifest.readNBytes(ManifestWriter.PART_BYTES);
    }

    private Encoded encodeBundleList() throws IOException {
        ByteArrayOutputStream lines = new ByteArrayOutputStream();
        for (BundleRef bundle : bundles) {
            lines.write(bundle.encode());
        }
        return encode(keys.bundles(), ContainerKind.BUNDLES, keys.id().value(), lines.toByteArray());
    }

    private EncodedConfiguration encode(ServerConfiguration from) throws IOException {
        ServerConfiguration.Packed packed =
                from.pack(variant.encoding().encryption().isPresent());
        return new EncodedConfiguration(
                encode(
                        keys.configuration(),
                        ContainerKind.CONFIGURATION,
                        keys.id().value(),
                        packed.archive()),
                packed.files());
    }

    private Encoded encode(ObjectKey key, ContainerKind kind, String name, byte[] plain) throws IOException {
        EncodedObject encoded = ObjectEncoder.encodeInFile(
                kind, name, keys.system(), variant.encoding(), ObjectSource.of(plain), directory);
        return new Encoded(key, encoded, StoredObject.of(encoded.source()));
    }

    void storeManifests(Receiver receiver) throws IOException {
        for (Encoded part : ownParts().toList()) {
            store(part, receiver);
        }
        if (configuration.isPresent()) {
            store(configuration.get().object(), receiver);
        }
    }

    /** Stored before the backup waits for its WAL: without it nobody else can publish the backup. */
    void storeBundleList(Receiver receiver) throws IOException {
        store(bundleList, receiver);
    }

    /** When the list of bundles was stored, by the clock of the store. */
    Optional<Instant> storedBundleList(Receiver receiver) throws IOException {
        return receiver.target().repository().store().stat(keys.bundles()).map(ObjectInfo::stored);
    }

    private static void store(Encoded encoded, Receiver receiver) throws IOException {
        receiver.objects().put(encoded.key(), encoded.object().source(), encoded.stored());
    }

    /**
     * Requires that the repository has every object that {@code backup.json} will refer to, and that there is time
     * left.
     */
    void requireStored(Receiver receiver) throws IOException {
        new PublicationChecks(receiver.target().repository(), described()).require(bundles);
    }

    private List<StoredObject> postgresManifestParts() {
        return postgresManifest.stream().map(Encoded::stored).toList();
    }

    /**
     * Makes what {@code backup.json} will say. Each repository gets the same: an earlier repository may have stored it
     * although its answer was lost.
     *
     * @param run ignored after the first call
     */
    void describe(Receiver receiver, BaseBackup.Run run, CopyFacts facts) {
        if (backup.isEmpty()) {
            backup = Optional.of(description(receiver, run, facts));
        }
    }

    private BaseBackup described() {
        return backup.orElseThrow(() -> new IllegalStateException("not described yet"));
    }

    /** Stores the description: from then on, any host can publish the backup when its WAL is there. */
    void storeWaiting(Receiver receiver) throws IOException {
        ObjectSource document = ObjectSource.of(described().encode());
        receiver.objects().put(keys.waiting(), document, StoredObject.of(document));
    }

    /** Stores {@code backup.json}: from then on, the backup exists. */
    BaseBackup publish(Receiver receiver) throws IOException {
        ObjectSource document = ObjectSource.of(described().encode());
        receiver.objects().put(keys.backup(), document, StoredObject.of(document));
        return described();
    }

    private BaseBackup description(Receiver receiver, BaseBackup.Run run, CopyFacts facts) {
        ClusterIdentity identity = receiver.archive().identity();
        return new BaseBackup(
                keys.id(),
                variant.parent().isPresent() ? BaseBackup.Type.INCREMENTAL : BaseBackup.Type.FULL,
                options.name(),
                new BaseBackup.Origin(
                        identity.cluster(),
                        identity.system(),
                        receiver.registered().serverVersionNum(),
                        identity.walSegmentSize(),
                        identity.pageSize(),
                        receiver.registered().dataChecksums(),
                        facts.glibc()),
                run,
                facts.wal(),
                facts.nextXid(),
                new BaseBackup.Contents(
                        files.recorder().files(),
                        files.recorder().bytes(),
                        storedBytes(),
                        files.tablespaces().stream()
                                .map(each -> tablespace(each, facts))
                                .toList(),
                        files.findings().damaged(),
                        files.findings().damagedCount(),
                        facts.isCompared(),
                        facts.contentTime()),
                new BaseBackup.Objects(
                        variant.intent().nonce(),
                        variant.encoding().encryption(),
                        variant.fingerprintKey(),
                        bundleList.stored(),
                        postgresManifestParts(),
                        manifestParts.stream().map(PlacedPart::part).toList(),
                        configuration.map(
                                each -> new StoredConfiguration(each.object().stored(), each.files())),
                        variant.parent().map(this::lineage),
                        referredBytes()));
    }

    private Lineage lineage(ParentFrames parent) {
        return new Lineage(
                parent.parent().id(),
                Stream.concat(
                                bundles.stream().map(BundleRef::id),
                                manifestParts.stream()
                                        .flatMap(part -> part.part().shared().stream())
                                        .map(OfAnother::id))
                        .min(Comparator.naturalOrder())
                        .orElse(keys.id()));
    }

    private long referredBytes() {
        return Stream.concat(
                        bundles.stream()
                                .filter(each -> !each.id().equals(keys.id()))
                                .map(BundleRef::object),
                        manifestParts.stream()
                                .filter(each -> each.own().isEmpty())
                                .map(each -> each.part().object()))
                .mapToLong(StoredObject::sizeBytes)
                .sum();
    }

    /** Of what was stored for this backup. */
    private long storedBytes() {
        return Stream.concat(
                        bundles.stream()
                                .filter(each -> each.id().equals(keys.id()))
                                .map(BundleRef::object),
                        Stream.concat(ownParts().map(Encoded::stored), Stream.of(bundleList.stored())))
                .mapToLong(StoredObject::sizeBytes)
                .sum();
    }

    /** Its size is that of the stored files: PostgreSQL's estimate is older than the backup. */
    private BaseBackup.Tablespace tablespace(TablespaceInfo tablespace, CopyFacts facts) {
        return new BaseBackup.Tablespace(
                tablespace.oid(),
                Optional.ofNullable(facts.tablespaceNames().get(tablespace.oid())),
                tablespace.location(),
                files.recorder().bytesBelow(tablespace.path()));
    }

    @Override
    public void close() throws IOException {
        closeManifests();
        if (configuration.isPresent()) {
            configuration.get().object().object().close();
        }
        bundleList.object().close();
    }

    private void closeManifests() throws IOException {
        for (Encoded part : ownParts().toList()) {
            part.object().close();
        }
    }
}
