// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.scale;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BaseBackup.Lineage;
import org.tidemark.catalog.backup.BaseBackup.ManifestPart;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.Crc32cCombination;
import org.tidemark.catalog.backup.Frame;
import org.tidemark.catalog.backup.Intent;
import org.tidemark.catalog.backup.ManifestEntry;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;
import org.tidemark.catalog.backup.ManifestReader;
import org.tidemark.catalog.backup.ManifestWriter;
import org.tidemark.catalog.backup.Piece;
import org.tidemark.catalog.backup.PieceChecksums;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.format.ObjectEncoder;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.core.Sha256;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.filesystem.FileSystemStoreProvider;

/**
 * A backup as if a real cluster had many terabytes when it was taken: the data directory gets files that are nothing
 * but holes, and the repository a backup that has them. The next increment of the cluster is a real one. Not
 * thread-safe.
 */
final class GrownBackup {
    private static final int FIRST_RELATION = 10_000_000;
    /** Not in whole seconds, and before the backup that is grown. */
    private static final Instant MODIFIED = Instant.parse("2026-11-20T06:30:11.123456Z");

    private final ClusterArchive archive;
    private final BaseBackup old;
    private final BackupKeys keys;
    private final Path directory;

    private GrownBackup(ClusterArchive archive, BaseBackup old, Path directory) {
        this.archive = archive;
        this.old = old;
        this.keys = archive.backups().keys(BackupId.of(old.run().ended().plusSeconds(1), 1));
        this.directory = directory;
    }

    /**
     * Grows the newest backup.
     *
     * @param directory has the repository as {@code directory} and the cluster as {@code data}
     */
    static String grow(Path directory, int files, int pieces) throws IOException {
        ObjectStore store = new FileSystemStoreProvider()
                .open(directory.resolve("directory").toUri(), Map.of());
        Repository repository = Repository.open(store, Optional.empty());
        ClusterArchive archive =
                repository.incarnations(repository.clusters().getFirst()).getFirst();
        BaseBackup newest = archive.backups().list().stream()
                .filter(CatalogEntry.Published.class::isInstance)
                .map(entry -> ((CatalogEntry.Published) entry).backup())
                .toList()
                .getLast();
        Path work = Files.createTempDirectory(directory, "grow");
        new GrownBackup(archive, newest, directory).store(work, files, pieces);
        return files + " files, " + (((long) files * pieces) >> 10) + " GiB";
    }

    private void store(Path work, int files, int pieces) throws IOException {
        BackupCatalog catalog = archive.backups();
        int others = catalog.bundles(old).lastKey();
        SimulatedBundles bundles = new SimulatedBundles(archive.repository().store(), keys, others);
        List<ManifestPart> parts = new ArrayList<>();
        try (ManifestWriter writer = new ManifestWriter(work)) {
            ManifestReader manifest = catalog.manifest(old);
            for (Optional<ManifestEntry> next = manifest.next(); next.isPresent(); next = manifest.next()) {
                writer.add(next.get());
            }
            PieceChecksums checksums = PieceChecksums.of(
                    old.objects().fingerprintKey(), new byte[Frame.MAX_DATA_BYTES], 0, Frame.MAX_DATA_BYTES);
            for (int file = 0; file < files; file++) {
                writer.add(file(file, pieces, checksums, bundles));
            }
            ManifestWriter.Parts all = writer.parts();
            for (Optional<ManifestWriter.Part> part = all.next(); part.isPresent(); part = all.next()) {
                int next = parts.size() + 1;
                parts.add(new ManifestPart(
                        part.get().first(),
                        put(
                                keys.manifestPart(next),
                                ContainerKind.MANIFEST,
                                keys.numbered(next),
                                part.get().text(),
                                work)));
            }
        }
        ByteArrayOutputStream list = new ByteArrayOutputStream();
        for (BundleRef each : catalog.bundles(old).values()) {
            list.write(each.encode());
        }
        list.write(bundles.list());
        publish(
                files,
                pieces,
                put(keys.bundles(), ContainerKind.BUNDLES, keys.id().value(), list.toByteArray(), work),
                parts);
    }

    private FileEntry file(int number, int pieces, PieceChecksums checksums, SimulatedBundles bundles)
            throws IOException {
        String path = "base/5/" + (FIRST_RELATION + number);
        Path file = directory.resolve("data").resolve(path);
        long size = (long) pieces * Frame.MAX_DATA_BYTES;
        try (RandomAccessFile created = new RandomAccessFile(file.toFile(), "rw")) {
            created.setLength(size);
        }
        Files.setLastModifiedTime(file, FileTime.from(MODIFIED.plus(number, ChronoUnit.MILLIS)));
        List<Piece> placed = new ArrayList<>(pieces);
        int crc = 0; // of no bytes
        for (int piece = 0; piece < pieces; piece++) {
            placed.add(bundles.place(path, (long) piece * Frame.MAX_DATA_BYTES, Frame.MAX_DATA_BYTES, checksums));
            crc = Crc32cCombination.combine(crc, checksums.crc32c(), Frame.MAX_DATA_BYTES);
        }
        return new FileEntry(path, 0600, size, MODIFIED.plus(number, ChronoUnit.MILLIS), crc, placed);
    }

    private void publish(int files, int pieces, StoredObject list, List<ManifestPart> parts) throws IOException {
        ObjectStore store = archive.repository().store();
        String nonce = "00ff";
        store.putIfAbsent(
                keys.intent(),
                ObjectSource.of(new Intent(
                                keys.id(),
                                nonce,
                                old.run().host(),
                                old.run().started(),
                                Optional.empty(),
                                List.of(old.id()))
                        .encode()));
        store.putIfAbsent(keys.postgresManifest(1), ObjectSource.of(new byte[0]));
        BaseBackup.Contents contents = old.contents();
        BaseBackup grown = new BaseBackup(
                keys.id(),
                BaseBackup.Type.INCREMENTAL,
                Optional.of("grown"),
                old.origin(),
                old.run(),
                old.wal(),
                old.nextXid(),
                new BaseBackup.Contents(
                        contents.files() + files,
                        contents.dataSizeBytes() + (long) files * pieces * Frame.MAX_DATA_BYTES,
                        0,
                        contents.tablespaces(),
                        List.of(),
                        0),
                new BaseBackup.Objects(
                        nonce,
                        Optional.empty(),
                        old.objects().fingerprintKey(),
                        list,
                        List.of(new StoredObject(0, Sha256.of(new byte[0]))),
                        parts,
                        Optional.empty(),
                        Optional.of(new Lineage(old.id(), old.id())),
                        contents.storedSizeBytes()));
        store.putIfAbsent(keys.backup(), ObjectSource.of(grown.encode()));
    }

    private StoredObject put(ObjectKey key, ContainerKind kind, String name, byte[] plain, Path work)
            throws IOException {
        try (EncodedObject encoded = ObjectEncoder.encode(
                kind, name, keys.system(), SimulatedRepository.ENCODING, ObjectSource.of(plain), work)) {
            archive.repository().store().putIfAbsent(key, encoded.source());
            return StoredObject.of(encoded.source());
        }
    }
}
