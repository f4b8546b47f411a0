// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BaseBackup.DamagedPage;
import org.tidemark.catalog.backup.BaseBackup.Run;
import org.tidemark.catalog.backup.BaseBackup.Tablespace;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.Tombstone;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.ObjectEncoder;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Lsn;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalRange;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.filesystem.FileSystemStoreProvider;
import org.tidemark.testkit.TemporaryTree;

/**
 * A directory repository whose backups are as old as a test says. They are descriptions made of the golden repository's
 * one, and its WAL is files with nothing in them: enough for whatever lists.
 */
public final class DatedArchive {
    private static final Path GOLDEN =
            Path.of(System.getProperty("tidemark.root", ".."), "catalog/src/test/resources/golden/repository.zip");
    private static final BackupId MODEL = new BackupId("20261120T063011Z");
    private static final String BUNDLE = "backup/" + MODEL + "/bundle/00000001";
    private static final String BUNDLES = "catalog/" + MODEL + "/bundles";

    private final Path directory;
    private final Instant now;
    private final BaseBackup model;
    /** Its data and its list of bundles, by their paths in the incarnation. */
    private final Map<String, byte[]> objects = new TreeMap<>();

    public DatedArchive(Path directory, Instant now) throws IOException {
        this.directory = directory;
        this.now = now;
        try (InputStream file = Files.newInputStream(GOLDEN);
                ZipInputStream zip = new ZipInputStream(file)) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                Path object = directory.resolve(entry.getName());
                byte[] bytes = zip.readAllBytes();
                Files.createDirectories(object.getParent());
                Files.write(object, bytes);
                String path = incarnation().relativize(object).toString();
                if (path.startsWith("backup/" + MODEL + "/") || path.equals(BUNDLES)) {
                    objects.put(path, bytes);
                }
            }
        }
        try (ObjectStore store = store()) {
            model = catalog(store).read(MODEL);
        }
        for (String part : List.of("catalog", "backup", "wal")) {
            TemporaryTree.delete(incarnation().resolve(part));
        }
    }

    public Path incarnation() {
        return directory.resolve("main/7312089945514410");
    }

    private ObjectStore store() throws IOException {
        return new FileSystemStoreProvider().open(directory.toUri(), Map.of());
    }

    private static BackupCatalog catalog(ObjectStore store) throws IOException {
        return Repository.open(store, Optional.empty())
                .incarnations(new ClusterName("main"))
                .getFirst()
                .backups();
    }

    /**
     * A backup of timeline 2 that needs one segment, and ended so many days ago.
     *
     * @param place of the segment, counted from 0/0; timeline 2 begins in the golden repository before 0x20
     */
    public BackupId backup(int daysAgo, long place) throws IOException {
        return backup(
                daysAgo, place, model.name(), List.of(), model.contents().tablespaces(), List.of(), Optional.empty());
    }

    /** The same, with a name, a warning, tablespaces, a damaged page and old content. */
    public BackupId backupWithAllMembers(int daysAgo, long place) throws IOException {
        return backup(
                daysAgo,
                place,
                Optional.of("nightly"),
                List.of("a file vanished"),
                List.of(
                        new Tablespace(16_400, Optional.of("fast"), "/mnt/fast", 10),
                        new Tablespace(16_401, Optional.empty(), "/mnt/slow", 10)),
                List.of(new DamagedPage("base/1/1259", 3, "its checksum does not match")),
                Optional.of(now.minus(Duration.ofDays(daysAgo)).minus(Duration.ofHours(1))));
    }

    private BackupId backup(
            int daysAgo,
            long place,
            Optional<String> name,
            List<String> warnings,
            List<Tablespace> tablespaces,
            List<DamagedPage> damagedPages,
            Optional<Instant> contentTime)
            throws IOException {
        Instant ended = now.minus(Duration.ofDays(daysAgo));
        BackupId id = BackupId.of(ended, 1);
        Run run = model.run();
        Lsn start = model.origin().walSegmentSize().start(place).plus(40);
        objects.put(BUNDLES, bundles(id));
        long storedBytes =
                objects.values().stream().mapToLong(each -> each.length).sum();
        for (Map.Entry<String, byte[]> each : objects.entrySet()) {
            Path object = incarnation().resolve(each.getKey().replace(MODEL.value(), id.value()));
            Files.createDirectories(object.getParent());
            Files.write(object, each.getValue());
        }
        try (ObjectStore store = store()) {
            catalog(store)
                    .publishAgain(
                            id,
                            new BaseBackup(
                                            id,
                                            model.type(),
                                            name,
                                            model.origin(),
                                            new Run(
                                                    run.method(),
                                                    run.host(),
                                                    run.from(),
                                                    run.tool(),
                                                    ended.minusSeconds(60),
                                                    ended,
                                                    warnings),
                                            new WalRange(model.wal().timeline(), start, start.plus(1000)),
                                            model.nextXid(),
                                            new BaseBackup.Contents(
                                                    model.contents().files(),
                                                    model.contents().dataSizeBytes(),
                                                    storedBytes,
                                                    tablespaces,
                                                    damagedPages,
                                                    damagedPages.size(),
                                                    false,
                                                    contentTime),
                                            new BaseBackup.Objects(
                                                    model.objects().nonce(),
                                                    Optional.empty(),
                                                    model.objects().fingerprintKey(),
                                                    StoredObject.of(ObjectSource.of(bundles(id))),
                                                    model.objects().backupManifest(),
                                                    model.objects().manifestParts()))
                                    .encode());
        }
        return id;
    }

    /** The list of its only bundle. */
    private byte[] bundles(BackupId id) throws IOException {
        StoredObject bundle = StoredObject.of(ObjectSource.of(Objects.requireNonNull(objects.get(BUNDLE), "golden")));
        byte[] line = new BundleRef(1, id, 1, bundle, bundle.sizeBytes()).encode();
        try (EncodedObject encoded = ObjectEncoder.encode(
                        ContainerKind.BUNDLES,
                        id.value(),
                        model.origin().system(),
                        Encoding.of(Codec.parse("zstd")),
                        ObjectSource.of(line),
                        directory);
                InputStream content = encoded.source().open()) {
            return content.readAllBytes();
        }
    }

    /** Removes a backup as expiry does. */
    public void remove(BackupId id) throws IOException {
        try (ObjectStore store = store()) {
            catalog(store).noteRemoval(new Tombstone(id, now, now, "db1", "a test"));
            catalog(store).unpublish(id);
        }
    }

    /** Segments of timeline 2, both included, stored so many days ago. */
    public void wal(long first, long last, int daysAgo) throws IOException {
        for (long place = first; place <= last; place++) {
            Segment segment =
                    Segment.of(model.wal().timeline(), place, model.origin().walSegmentSize());
            Path file = incarnation().resolve("wal/00000002/00000000").resolve(segment.name());
            Files.createDirectories(file.getParent());
            Files.write(file, new byte[1000]);
            Files.setLastModifiedTime(file, FileTime.from(now.minus(Duration.ofDays(daysAgo))));
        }
    }
}
