// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.random;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.FingerprintKey;
import org.tidemark.catalog.backup.Intent;
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
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalRange;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.ControlFile.ClusterState;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.WalFixtures;

/** The cluster of a life, as far as an archive sees it: its segments and its backups are made from their numbers. */
final class LivedCluster {
    static final WalSegmentSize SIZE = new WalSegmentSize(1 << 20);
    static final ClusterName NAME = new ClusterName("main");
    static final SystemIdentifier SYSTEM = new SystemIdentifier(7312089945514410L);
    static final ClusterIdentity IDENTITY = new ClusterIdentity(NAME, SYSTEM, SIZE, 8192, 18);

    /** For the model of its recovery. */
    static final ModelRecovery.Subject SUBJECT = new ModelRecovery.Subject(
            NAME, SYSTEM, SIZE, new TreeMap<>(Map.of(0L, Timeline.FIRST)), LivedCluster::content);

    private static final Encoding ENCODING = Encoding.of(Codec.parse("zstd:1"));
    private static final FingerprintKey FINGERPRINTS = FingerprintKey.random(new Random(1));
    private static final int PAGES_WITH_CONTENT = 2;

    private LivedCluster() {}

    static Segment segment(long place) {
        return Segment.of(Timeline.FIRST, place, SIZE);
    }

    /** What the server wrote into a segment. */
    static byte[] content(long place) {
        return WalFixtures.switchedAfter(PAGES_WITH_CONTENT, WalFixtures.segment(segment(place), SYSTEM, SIZE, 7));
    }

    static ControlFile control() {
        Lsn zero = new Lsn(0);
        return new ControlFile(
                SYSTEM,
                1800,
                202506291,
                18,
                ClusterState.IN_PRODUCTION,
                new ControlFile.Checkpoint(zero, zero, Timeline.FIRST, true, 3, Instant.EPOCH),
                new ControlFile.Recovery(zero, 0, zero, zero, false),
                new ControlFile.StandbySettings(1, 100, 8, 10, 0, 64),
                new ControlFile.Layout(8192, 131072, 8192, SIZE),
                1);
    }

    /**
     * Stores a backup whose WAL is one segment, which is archived.
     *
     * @param ended by the clock of the server's host
     * @param work a directory for temporary files
     */
    static void backup(ObjectStore store, BackupId id, long place, Instant ended, Path work) throws IOException {
        BackupKeys keys = IDENTITY.keys().backup(id);
        Lsn start = SIZE.start(place).plus(40);
        Intent intent = new Intent(id, "00ff", "db1", ended, Optional.of(start), List.of());
        store.putIfAbsent(keys.intent(), ObjectSource.of(intent.encode()));
        ObjectSource data = ObjectSource.of(("bundle of " + id).getBytes(StandardCharsets.UTF_8));
        store.putIfAbsent(keys.bundle(1), data);
        BundleRef bundle = new BundleRef(1, id, 1, StoredObject.of(data), 10);
        StoredObject bundles = put(store, keys.bundles(), ContainerKind.BUNDLES, id.value(), bundle.encode(), work);
        List<BaseBackup.ManifestPart> parts = new ArrayList<>();
        try (ManifestWriter writer = new ManifestWriter(work)) {
            writer.add(new DirectoryEntry("base", 0700));
            ManifestWriter.Parts all = writer.parts();
            for (Optional<ManifestWriter.Part> part = all.next(); part.isPresent(); part = all.next()) {
                int number = parts.size() + 1;
                parts.add(new BaseBackup.ManifestPart(
                        part.get().first(),
                        put(
                                store,
                                keys.manifestPart(number),
                                ContainerKind.MANIFEST,
                                keys.numbered(number),
                                part.get().text(),
                                work)));
            }
        }
        BaseBackup backup = new BaseBackup(
                id,
                BaseBackup.Type.FULL,
                Optional.empty(),
                new BaseBackup.Origin(NAME, SYSTEM, 180000, SIZE, 8192, true),
                new BaseBackup.Run(
                        "base-backup",
                        "db1",
                        BaseBackup.Source.PRIMARY,
                        "test",
                        ended,
                        ended,
                        store.stat(keys.bundles()).map(ObjectInfo::stored),
                        Optional.empty(),
                        List.of()),
                new WalRange(Timeline.FIRST, start, start.plus(1000)),
                Optional.empty(),
                new BaseBackup.Contents(1, 10, data.sizeBytes(), List.of(), List.of(), 0),
                new BaseBackup.Objects("00ff", Optional.empty(), FINGERPRINTS, bundles, List.of(), parts));
        store.putIfAbsent(keys.backup(), ObjectSource.of(backup.encode()));
    }

    private static StoredObject put(
            ObjectStore store, ObjectKey key, ContainerKind kind, String name, byte[] plain, Path work)
            throws IOException {
        try (EncodedObject encoded = ObjectEncoder.encode(kind, name, SYSTEM, ENCODING, ObjectSource.of(plain), work)) {
            store.putIfAbsent(key, encoded.source());
            return StoredObject.of(encoded.source());
        }
    }
}
