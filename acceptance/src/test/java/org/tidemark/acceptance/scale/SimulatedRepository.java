// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.scale;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BaseBackup.ManifestPart;
import org.tidemark.catalog.backup.FingerprintKey;
import org.tidemark.catalog.backup.ManifestEntry.DirectoryEntry;
import org.tidemark.catalog.backup.ManifestWriter;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.ObjectEncoder;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Lsn;
import org.tidemark.core.Sha256;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalRange;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.filesystem.FileSystemStoreProvider;

/** A repository in a directory, with one cluster whose backups are simulated. Not thread-safe. */
final class SimulatedRepository {
    static final Encoding ENCODING = Encoding.of(Codec.parse("zstd:1"));

    private static final Instant STARTED = Instant.parse("2026-11-20T06:30:11Z");
    private static final ClusterIdentity CLUSTER = new ClusterIdentity(
            new ClusterName("main"), new SystemIdentifier(7_312_089_945_514_410L), WalSegmentSize.DEFAULT, 8192, 15);
    private static final WalRange FIRST_WAL =
            new WalRange(Timeline.FIRST, Lsn.parse("0/2000028"), Lsn.parse("0/2000100"));
    private static final StoredObject NOTHING = new StoredObject(0, Sha256.of(new byte[0]));

    private final ClusterArchive archive;
    private final Path work;

    private SimulatedRepository(ClusterArchive archive, Path work) {
        this.archive = archive;
        this.work = work;
    }

    /**
     * Opens the repository, or creates it.
     *
     * @param work a directory for temporary files
     */
    static SimulatedRepository at(Path directory, Path work) throws IOException {
        FileSystemStoreProvider provider = new FileSystemStoreProvider();
        provider.createRoot(directory.toUri(), Map.of());
        return in(provider.open(directory.toUri(), Map.of()), work);
    }

    /** The same in any store. */
    static SimulatedRepository in(ObjectStore store, Path work) throws IOException {
        Repository repository = Repository.create(store, Clock.systemUTC());
        return new SimulatedRepository(repository.register(CLUSTER, Clock.systemUTC()), work);
    }

    BackupCatalog catalog() {
        return archive.backups();
    }

    /** The id of a backup. */
    static BackupId id(int number) {
        return BackupId.of(started(number), 1);
    }

    private static Instant started(int number) {
        return STARTED.plusSeconds(3600L * number);
    }

    /** Stores bundles, manifest and description. */
    void store(int number, SimulatedFiles files) throws IOException {
        BackupKeys keys = catalog().keys(id(number));
        SimulatedBundles bundles = new SimulatedBundles(archive.repository().store(), keys);
        List<ManifestPart> parts = new ArrayList<>();
        try (ManifestWriter writer = new ManifestWriter(work)) {
            writer.add(new DirectoryEntry("base", 0700));
            writer.add(new DirectoryEntry("base/5", 0700));
            for (int file = 0; file < files.files(); file++) {
                writer.add(files.file(file, bundles));
            }
            ManifestWriter.Parts all = writer.parts();
            for (Optional<ManifestWriter.Part> part = all.next(); part.isPresent(); part = all.next()) {
                int next = parts.size() + 1;
                StoredObject stored = put(
                        keys.manifestPart(next),
                        ContainerKind.MANIFEST,
                        keys.numbered(next),
                        part.get().text());
                parts.add(new ManifestPart(part.get().first(), stored));
            }
        }
        StoredObject list = put(keys.bundles(), ContainerKind.BUNDLES, keys.id().value(), bundles.list());
        describe(keys, started(number), files, FIRST_WAL, list, parts);
    }

    /** Stores a description alone: all that a listing of backups reads. */
    void describe(int number) throws IOException {
        BackupKeys keys = catalog().keys(id(number));
        SimulatedFiles files = new SimulatedFiles(1000, 10, number, 0);
        describe(keys, started(number), files, FIRST_WAL, NOTHING, List.of(new ManifestPart("base", NOTHING)));
    }

    /**
     * Stores a backup of small objects that an expiry can delete, and the WAL up to the next one.
     *
     * @param hours how long ago it ended
     * @param first its first segment, counted from 0/0
     */
    void expirable(int hours, int bundles, long first, int segments) throws IOException {
        Instant ended = Instant.now().truncatedTo(ChronoUnit.SECONDS).minus(Duration.ofHours(hours));
        BackupKeys keys = catalog().keys(BackupId.of(ended, 1));
        ObjectSource small = ObjectSource.of(new byte[100]);
        for (int bundle = 1; bundle <= bundles; bundle++) {
            archive.repository().store().putIfAbsent(keys.bundle(bundle), small);
        }
        for (long place = first; place < first + segments; place++) {
            archive.repository()
                    .store()
                    .putIfAbsent(archive.wal().key(Segment.of(Timeline.FIRST, place, CLUSTER.walSegmentSize())), small);
        }
        Lsn start = CLUSTER.walSegmentSize().start(first).plus(40);
        describe(
                keys,
                ended,
                new SimulatedFiles(1000, 10, hours, 0),
                new WalRange(Timeline.FIRST, start, start.plus(1000)),
                put(
                        keys.bundles(),
                        ContainerKind.BUNDLES,
                        keys.id().value(),
                        new SimulatedBundles(archive.repository().store(), keys).list()),
                List.of(new ManifestPart("base", NOTHING)));
    }

    private void describe(
            BackupKeys keys,
            Instant started,
            SimulatedFiles files,
            WalRange wal,
            StoredObject bundles,
            List<ManifestPart> parts)
            throws IOException {
        BaseBackup backup = new BaseBackup(
                keys.id(),
                BaseBackup.Type.FULL,
                Optional.empty(),
                new BaseBackup.Origin(keys.cluster(), keys.system(), 150019, CLUSTER.walSegmentSize(), 8192, true),
                new BaseBackup.Run(
                        "base-backup", "db1", BaseBackup.Source.PRIMARY, "test", started, started, List.of()),
                wal,
                Optional.of(750L),
                new BaseBackup.Contents(files.files(), files.dataSizeBytes(), 0, List.of(), List.of(), 0),
                new BaseBackup.Objects(
                        "00ff",
                        ENCODING.encryption(),
                        FingerprintKey.random(new Random(files.seed())),
                        bundles,
                        List.of(NOTHING),
                        parts));
        archive.repository().store().putIfAbsent(keys.backup(), ObjectSource.of(backup.encode()));
    }

    private StoredObject put(ObjectKey key, ContainerKind kind, String name, byte[] plain) throws IOException {
        try (EncodedObject encoded =
                ObjectEncoder.encode(kind, name, CLUSTER.system(), ENCODING, ObjectSource.of(plain), work)) {
            archive.repository().store().putIfAbsent(key, encoded.source());
            return StoredObject.of(encoded.source());
        }
    }
}
