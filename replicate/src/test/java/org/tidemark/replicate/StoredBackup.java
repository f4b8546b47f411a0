// SPDX-License-Identifier: Apache-2.0
package org.tidemark.replicate;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.FingerprintKey;
import org.tidemark.catalog.backup.Intent;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.ObjectEncoder;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalRange;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;

/** A published backup of three bundles and two manifest parts, whose content is noise: nobody here looks into them. */
final class StoredBackup {
    static final Instant STARTED = Instant.parse("2026-11-20T06:30:11Z");
    static final BackupKeys KEYS =
            new BackupKeys(TwoRepositories.CLUSTER, TwoRepositories.SYSTEM, BackupId.of(STARTED, 1));

    /** What it consists of, besides its documents. */
    static final List<ObjectKey> OBJECTS = List.of(
            KEYS.bundle(1),
            KEYS.bundle(2),
            KEYS.bundle(3),
            KEYS.manifestPart(1),
            KEYS.manifestPart(2),
            KEYS.postgresManifest(1),
            KEYS.bundles());

    private StoredBackup() {}

    /** Its WAL is segment 2 of timeline 1. */
    static void publish(ObjectStore store, Path work) throws IOException {
        put(store, KEYS.intent(), new Intent(KEYS.id(), "00ff", "db1", STARTED, Optional.empty(), List.of()).encode());
        ByteArrayOutputStream lines = new ByteArrayOutputStream();
        for (int number = 1; number <= 3; number++) {
            StoredObject object = put(store, KEYS.bundle(number), noise(number, 50_000));
            lines.writeBytes(new BundleRef(number, KEYS.id(), number, object, 40_000).encode());
        }
        List<BaseBackup.ManifestPart> parts = new ArrayList<>();
        for (int number = 1; number <= 2; number++) {
            parts.add(new BaseBackup.ManifestPart(
                    "base/" + number, put(store, KEYS.manifestPart(number), noise(10 + number, 5_000))));
        }
        StoredObject postgres = put(store, KEYS.postgresManifest(1), noise(20, 3_000));
        StoredObject bundles;
        try (EncodedObject encoded = ObjectEncoder.encode(
                ContainerKind.BUNDLES,
                KEYS.id().value(),
                TwoRepositories.SYSTEM,
                Encoding.of(Codec.parse("zstd:1")),
                ObjectSource.of(lines.toByteArray()),
                work)) {
            store.putIfAbsent(KEYS.bundles(), encoded.source());
            bundles = StoredObject.of(encoded.source());
        }
        put(store, KEYS.backup(), document(bundles, postgres, parts).encode());
    }

    private static BaseBackup document(
            StoredObject bundles, StoredObject postgres, List<BaseBackup.ManifestPart> parts) {
        return new BaseBackup(
                KEYS.id(),
                BaseBackup.Type.FULL,
                Optional.empty(),
                new BaseBackup.Origin(
                        TwoRepositories.CLUSTER, TwoRepositories.SYSTEM, 180000, TwoRepositories.SIZE, 8192, true),
                new BaseBackup.Run(
                        "base-backup", "db1", BaseBackup.Source.PRIMARY, "test", STARTED, STARTED, List.of()),
                new WalRange(Timeline.FIRST, Lsn.parse("0/200028"), Lsn.parse("0/200100")),
                Optional.empty(),
                new BaseBackup.Contents(1, 100, 100, List.of(), List.of(), 0),
                new BaseBackup.Objects(
                        "00ff",
                        Optional.empty(),
                        FingerprintKey.random(new Random(1)),
                        bundles,
                        List.of(postgres),
                        parts));
    }

    private static StoredObject put(ObjectStore store, ObjectKey key, byte[] bytes) throws IOException {
        store.putIfAbsent(key, ObjectSource.of(bytes));
        return StoredObject.of(ObjectSource.of(bytes));
    }

    private static byte[] noise(int seed, int sizeBytes) {
        byte[] bytes = new byte[sizeBytes];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }
}
