// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
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
import org.tidemark.core.ClusterName;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalRange;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.MovableClock;

/**
 * An archive in a store whose backups have documents that can be read; their data and the segments are a few bytes that
 * nobody decodes. Not thread-safe.
 */
public final class StoredArchive {
    public static final WalSegmentSize SIZE = new WalSegmentSize(1 << 20);

    public static final ClusterIdentity IDENTITY =
            new ClusterIdentity(new ClusterName("main"), new SystemIdentifier(7312089945514410L), SIZE, 8192, 15);
    private static final Encoding ZSTD = Encoding.of(Codec.parse("zstd"));
    private static final BaseBackup.Contents WITHOUT_TABLESPACES =
            new BaseBackup.Contents(1, 10, 10, List.of(), List.of(), 0);
    private static final FingerprintKey FINGERPRINTS = FingerprintKey.random(new Random(1));

    private final ObjectStore store;
    private final MovableClock clock;
    private final Path work;
    private Optional<Instant> endedBefore = Optional.empty();
    private Duration took = Duration.ZERO;
    private BaseBackup.Contents contents = WITHOUT_TABLESPACES;

    public StoredArchive(ObjectStore store, MovableClock clock, Path work) throws IOException {
        this.store = store;
        this.clock = clock;
        this.work = work;
        Repository.create(store, clock).register(IDENTITY, clock);
    }

    /** As a program finds it that opens the store. */
    public static ClusterArchive open(ObjectStore store) throws IOException {
        return Repository.open(store, Optional.empty())
                .incarnation(IDENTITY.cluster(), IDENTITY.system())
                .orElseThrow();
    }

    public ClusterArchive archive() throws IOException {
        return open(store);
    }

    public void at(Instant moment) {
        clock.set(moment);
    }

    /** How long the backups take that follow; no time at the beginning. */
    public void took(Duration duration) {
        took = duration;
    }

    /** By when the backups had ended that follow, as the store's clock said. */
    public void endedBefore(Instant time) {
        endedBefore = Optional.of(time);
    }

    /** The backups that follow have none, as at the beginning. */
    public void withoutTablespaces() {
        contents = WITHOUT_TABLESPACES;
    }

    /** The backups that follow have a tablespace. */
    public void tablespace(long sizeBytes, boolean isCompared) {
        contents = new BaseBackup.Contents(
                1,
                10,
                10,
                List.of(new BaseBackup.Tablespace(16384, Optional.of("data1"), "/mnt/data1", sizeBytes)),
                List.of(),
                0,
                isCompared,
                Optional.empty());
    }

    public static Segment segment(int timeline, long place) {
        return Segment.of(new Timeline(timeline), place, SIZE);
    }

    public void wal(int timeline, long first, long last) throws IOException {
        for (long place = first; place <= last; place++) {
            store.putIfAbsent(IDENTITY.keys().of(segment(timeline, place)), ObjectSource.of(new byte[] {1, 2, 3}));
        }
    }

    public void history(int timeline, String lines) throws IOException {
        WalFile.TimelineHistoryFile file = new WalFile.TimelineHistoryFile(new Timeline(timeline));
        try (EncodedObject encoded = encode(ContainerKind.HISTORY, file.name(), lines)) {
            archive().wal().put(file, encoded);
        }
    }

    /** Claims an id, as a backup does when it begins. */
    public BackupKeys begin(Optional<Lsn> walFrom, List<BackupId> parents) throws IOException {
        BackupId id = BackupId.of(clock.instant(), 1);
        Intent intent = new Intent(id, "00ff", "db1", clock.instant(), walFrom, parents);
        BackupKeys keys = IDENTITY.keys().backup(id);
        store.putIfAbsent(keys.intent(), ObjectSource.of(intent.encode()));
        return keys;
    }

    /** Stores and publishes a backup that has two bundles of its own and lists those of others. */
    public BackupId backup(int timeline, long first, long last, BundleRef... others) throws IOException {
        BackupKeys keys = begin(
                Optional.empty(),
                Stream.of(others).map(BundleRef::id).distinct().toList());
        List<BundleRef> bundles = new ArrayList<>(List.of(others));
        for (int number = 1; number <= 2; number++) {
            bundles.add(bundle(keys, number, bundles.size() + 1));
        }
        ByteArrayOutputStream list = new ByteArrayOutputStream();
        bundles.forEach(each -> list.writeBytes(each.encode()));
        BaseBackup backup = new BaseBackup(
                keys.id(),
                BaseBackup.Type.FULL,
                Optional.empty(),
                new BaseBackup.Origin(IDENTITY.cluster(), IDENTITY.system(), 150000, SIZE, 8192, true),
                new BaseBackup.Run(
                        "base-backup",
                        "db1",
                        BaseBackup.Source.PRIMARY,
                        "test",
                        clock.instant().minus(took),
                        clock.instant(),
                        endedBefore,
                        Optional.empty(),
                        List.of()),
                new WalRange(
                        new Timeline(timeline),
                        SIZE.start(first).plus(100),
                        SIZE.start(last).plus(100)),
                Optional.empty(),
                contents,
                new BaseBackup.Objects(
                        "00ff",
                        Optional.empty(),
                        FINGERPRINTS,
                        store(
                                keys.bundles(),
                                ContainerKind.BUNDLES,
                                keys.id().value(),
                                list.toString(StandardCharsets.UTF_8)),
                        List.of(),
                        List.of(new BaseBackup.ManifestPart(
                                "PG_VERSION",
                                store(keys.manifestPart(1), ContainerKind.MANIFEST, keys.numbered(1), "x")))));
        store.putIfAbsent(keys.backup(), ObjectSource.of(backup.encode()));
        return keys.id();
    }

    /** A reference to a bundle that is stored. */
    public static BundleRef refer(BundleRef bundle, int number) {
        return new BundleRef(number, bundle.id(), bundle.number(), bundle.object(), bundle.live());
    }

    private BundleRef bundle(BackupKeys keys, int number, int inManifest) throws IOException {
        ObjectSource bytes =
                ObjectSource.of(("bundle " + number + " of " + keys.id()).getBytes(StandardCharsets.UTF_8));
        store.putIfAbsent(keys.bundle(number), bytes);
        return new BundleRef(inManifest, keys.id(), number, StoredObject.of(bytes), 10);
    }

    private StoredObject store(ObjectKey key, ContainerKind kind, String name, String content) throws IOException {
        try (EncodedObject encoded = encode(kind, name, content)) {
            store.putIfAbsent(key, encoded.source());
            return StoredObject.of(encoded.source());
        }
    }

    private EncodedObject encode(ContainerKind kind, String name, String content) throws IOException {
        return ObjectEncoder.encode(
                kind, name, IDENTITY.system(), ZSTD, ObjectSource.of(content.getBytes(StandardCharsets.UTF_8)), work);
    }

    /** Every key below the incarnation, without its prefix. */
    public static Set<String> keys(ObjectStore store) throws IOException {
        Set<String> keys = new TreeSet<>();
        String prefix = IDENTITY.keys().prefix();
        Listing.visit(store, prefix, object -> keys.add(object.key().value().substring(prefix.length())));
        return keys;
    }
}
