// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.OperatingSystemMXBean;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.IncarnationListing;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.Intent;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.backup.SyntheticBackup;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.ObjectEncoder;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.catalog.verify.Verifier;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.core.IoAction;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Bound;
import org.tidemark.core.Sha256;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalRange;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.recoverability.BackupCandidate;
import org.tidemark.recoverability.CatalogSnapshot;
import org.tidemark.recoverability.RecoverableIntervals;
import org.tidemark.restore.plan.RestorePlan;
import org.tidemark.restore.plan.RestorePlan.Chosen;
import org.tidemark.restore.request.RestoreRequest;
import org.tidemark.restore.wal.Holding;
import org.tidemark.store.ByteRange;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.testkit.CountingStore;
import org.tidemark.testkit.Rounds;

/**
 * What commands ask of a repository that is full: a backup for each hundred segments, each of them verified. With the
 * rounds of a campaign 10,000 backups and a million segments. Prints requests, time, processor time and memory.
 */
class ScaleTest {
    private static final int SEGMENTS_OF_BACKUP = 100;
    private static final Instant BEGUN = Instant.parse("2024-01-01T00:00:00Z");
    private static final Clock CLOCK = Clock.fixed(BEGUN.plus(Duration.ofDays(1000)), ZoneOffset.UTC);
    private static final WalSegmentSize SIZE = WalSegmentSize.DEFAULT;

    private final int backups = Rounds.of(300, 10_000);
    private final MemoryStore memory = new MemoryStore(CLOCK);

    @TempDir
    private Path work;

    private ObjectStore full = memory;

    @BeforeEach
    void fill() throws IOException {
        ClusterArchive archive = Repository.create(memory, CLOCK)
                .register(new ClusterIdentity(SyntheticBackup.CLUSTER, SyntheticBackup.SYSTEM, SIZE, 8192, 15), CLOCK);
        for (int i = 0; i < backups; i++) {
            publish(i, archive.backups());
        }
        full = new SimulatedWal(memory, archive, (long) backups * SEGMENTS_OF_BACKUP);
    }

    @Test
    void whatCommandsAskOfAFullRepository() throws IOException {
        measureAll(Duration.ZERO);
    }

    @Test
    void theSameWhereEachAnswerTakes20Milliseconds() throws IOException {
        measureAll(Duration.ofMillis(20));
    }

    private void measureAll(Duration delay) throws IOException {
        System.out.printf(
                Locale.ROOT,
                "%,d backups, %,d segments, %d ms a request%n%-34s %9s %8s %8s %8s %9s%n",
                backups,
                backups * SEGMENTS_OF_BACKUP,
                delay.toMillis(),
                "",
                "requests",
                "at once",
                "seconds",
                "cpu s",
                "heap MB");
        CountingStore store = new CountingStore(full, delay);
        int pages = backups * SEGMENTS_OF_BACKUP / ObjectStore.MAX_PAGE;

        measure("backups and marks", store, () -> {
            BackupCatalog catalog = archive(store).backups();
            assertThat(catalog.list()).hasSize(backups);
            assertThat(catalog.marks().byOwner()).hasSize(backups);
        });
        Path spool = work.resolve("spool-" + delay.toMillis());
        measure("the same, first with a cache", store, () -> {
            BackupCatalog catalog = archive(store).backups().cachedIn(spool);
            assertThat(catalog.list()).hasSize(backups);
            assertThat(catalog.marks().byOwner()).hasSize(backups);
        });
        int cached = measure("the same, out of the cache", store, () -> {
            BackupCatalog catalog = archive(store).backups().cachedIn(spool);
            assertThat(catalog.list()).hasSize(backups);
            assertThat(catalog.marks().byOwner()).hasSize(backups);
        });
        assertThat(cached).isLessThan(30 + 4 * backups / ObjectStore.MAX_PAGE);
        int latest = measure("plan of the latest state", store, () -> {
            Chosen plan = (Chosen) plan(store, spool, new RecoveryTarget.Latest());
            assertThat(plan.problems()).isEmpty();
            assertThat(plan.wal().segments()).isEqualTo(SEGMENTS_OF_BACKUP);
        });
        assertThat(latest).isLessThan(cached + 15);
        int middle = measure("plan of a time in the middle", store, () -> {
            Chosen plan = (Chosen) plan(
                    store,
                    spool,
                    new RecoveryTarget.AtTime(stored((long) backups / 2 * SEGMENTS_OF_BACKUP + 50), Bound.INCLUSIVE));
            assertThat(plan.problems()).isEmpty();
        });
        assertThat(middle).isLessThan(cached + 15 + pages / 2 + 1);
        measure("plan of a time that is not reached", store, () -> {
            RestorePlan plan = plan(store, spool, new RecoveryTarget.AtTime(CLOCK.instant(), Bound.INCLUSIVE));
            assertThat(plan.problems()).isNotEmpty();
        });
        measure("list-backup, check: intervals", store, () -> {
            ClusterArchive archive = archive(store);
            BackupCatalog catalog = archive.backups().cachedIn(spool);
            CatalogSnapshot snapshot = CatalogSnapshot.of(
                    "local",
                    IncarnationListing.of(
                            archive.identity(), archive.wal().inventory(), catalog.list(), catalog.marks()));
            assertThat(RecoverableIntervals.of(snapshot).intervals()).hasSize(1);
            for (BackupCandidate each : snapshot.backups()) {
                assertThat(snapshot.problems(each)).isEmpty();
            }
        });
        measure(
                "verify, all verified before",
                store,
                () -> assertThat(verifier(store)
                                .verify(SyntheticBackup.CLUSTER, SyntheticBackup.SYSTEM, Optional.empty())
                                .sound())
                        .hasSize(backups));
        int one = measure(
                "verify of one backup",
                store,
                () -> assertThat(verifier(store)
                                .verify(SyntheticBackup.CLUSTER, SyntheticBackup.SYSTEM, Optional.of(id(backups / 2)))
                                .sound())
                        .hasSize(1));
        assertThat(one).isLessThan(20);
    }

    private static Verifier verifier(ObjectStore store) {
        return new Verifier(
                store,
                PrivateKeys.NONE,
                new Verifier.Options(Extent.UNMARKED, Mark.Scope.ALL, 2),
                CLOCK,
                (objects, bytes) -> {});
    }

    private static RestorePlan plan(ObjectStore store, Path spool, RecoveryTarget target) throws IOException {
        ClusterArchive archive = archive(store);
        Holding holding = Holding.of("local", archive, archive.backups().cachedIn(spool));
        return new RestorePreparation(List.of(holding), Map.of()).plan(RestoreRequest.of(Path.of("/pg"), target));
    }

    private static ClusterArchive archive(ObjectStore store) throws IOException {
        return Repository.open(store, Optional.empty())
                .incarnation(SyntheticBackup.CLUSTER, SyntheticBackup.SYSTEM)
                .orElseThrow();
    }

    private static int measure(String what, CountingStore store, IoAction action) throws IOException {
        System.gc();
        List<MemoryPoolMXBean> pools = ManagementFactory.getMemoryPoolMXBeans();
        pools.forEach(MemoryPoolMXBean::resetPeakUsage);
        long before = heap(pools.stream().map(MemoryPoolMXBean::getUsage).toList(), pools);
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long cpu = system.getProcessCpuTime();
        long begun = System.nanoTime();
        store.reset();
        action.run();
        long peak = heap(pools.stream().map(MemoryPoolMXBean::getPeakUsage).toList(), pools);
        System.out.printf(
                Locale.ROOT,
                "%-34s %,9d %8d %8.1f %8.1f %9d%n",
                what,
                store.requests(),
                store.mostAtOnce(),
                (System.nanoTime() - begun) / 1e9,
                (system.getProcessCpuTime() - cpu) / 1e9,
                (peak - before) >> 20);
        return store.requests();
    }

    private static long heap(List<MemoryUsage> usages, List<MemoryPoolMXBean> pools) {
        long bytes = 0;
        for (int i = 0; i < pools.size(); i++) {
            if (pools.get(i).getType() == MemoryType.HEAP) {
                bytes += usages.get(i).getUsed();
            }
        }
        return bytes;
    }

    private static Instant stored(long segment) {
        return BEGUN.plusSeconds(60 * segment);
    }

    private static BackupId id(int number) {
        return BackupId.of(stored((long) number * SEGMENTS_OF_BACKUP), 1);
    }

    /** Of the objects that hold data only the length counts: they were verified before. */
    private void publish(int number, BackupCatalog catalog) throws IOException {
        BackupKeys keys = catalog.keys(id(number));
        Lsn start = SIZE.start((long) number * SEGMENTS_OF_BACKUP).plus(0x28);
        Instant ended = stored((long) number * SEGMENTS_OF_BACKUP + 1);
        put(keys.intent(), new Intent(keys.id(), "00ff", "db1", ended, Optional.empty(), List.of()).encode());
        StoredObject bundle = put(keys.bundle(1), new byte[] {1});
        StoredObject part = put(keys.manifestPart(1), new byte[] {2});
        StoredObject postgres = put(keys.postgresManifest(1), new byte[] {3});
        byte[] list = new BundleRef(1, keys.id(), 1, bundle, 1000).encode();
        StoredObject bundles;
        try (EncodedObject encoded = ObjectEncoder.encode(
                        ContainerKind.BUNDLES,
                        keys.id().value(),
                        SyntheticBackup.SYSTEM,
                        Encoding.of(Codec.parse("none")),
                        ObjectSource.of(list),
                        work);
                InputStream stored = encoded.source().open()) {
            bundles = put(keys.bundles(), stored.readAllBytes());
        }
        BaseBackup backup = new BaseBackup(
                keys.id(),
                BaseBackup.Type.FULL,
                Optional.empty(),
                new BaseBackup.Origin(keys.cluster(), keys.system(), 150019, SIZE, 8192, true),
                new BaseBackup.Run("base-backup", "db1", BaseBackup.Source.PRIMARY, "test", ended, ended, List.of()),
                new WalRange(Timeline.FIRST, start, start.plus(SIZE.bytes())),
                Optional.of(750L + number),
                new BaseBackup.Contents(1, 1000, 1, List.of(), List.of(), 0),
                new BaseBackup.Objects(
                        "00ff",
                        Optional.empty(),
                        SyntheticBackup.FINGERPRINTS,
                        bundles,
                        List.of(postgres),
                        List.of(new BaseBackup.ManifestPart("PG_VERSION", part))));
        put(keys.backup(), backup.encode());
        catalog.mark(keys.id(), new Mark.Verified(CLOCK.instant(), 0, Mark.Scope.ALL));
    }

    private StoredObject put(ObjectKey key, byte[] bytes) throws IOException {
        memory.putIfAbsent(key, ObjectSource.of(bytes));
        return new StoredObject(bytes.length, Sha256.of(bytes));
    }

    /** Adds the WAL of one timeline to a store, of which it keeps nothing. */
    private static final class SimulatedWal extends DelegatingStore {
        private final ClusterArchive archive;
        private final String folder;
        private final long segments;

        SimulatedWal(ObjectStore store, ClusterArchive archive, long segments) {
            super(store);
            this.archive = archive;
            this.folder = archive.identity().keys().wal();
            this.segments = segments;
        }

        private ObjectKey key(long index) {
            return archive.wal().key(Segment.of(Timeline.FIRST, index, SIZE));
        }

        @Override
        public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
            return key.value().startsWith(folder) ? new ByteArrayInputStream(new byte[1]) : super.open(key, range);
        }

        @Override
        public ObjectPage list(String prefix, Optional<ObjectKey> after, int limit) throws StorageException {
            if (!prefix.startsWith(folder)) {
                return super.list(prefix, after, limit);
            }
            long first = after.isEmpty() ? 0 : firstAfter(after.get());
            List<ObjectInfo> page = new ArrayList<>();
            for (long index = first; index < Math.min(segments, first + limit); index++) {
                if (!key(index).value().startsWith(prefix)) {
                    return new ObjectPage(page, false);
                }
                page.add(new ObjectInfo(key(index), 4 << 20, stored(index)));
            }
            return new ObjectPage(page, first + limit < segments);
        }

        private long firstAfter(ObjectKey after) {
            long low = 0;
            long high = segments;
            while (low < high) {
                long middle = (low + high) >>> 1;
                if (key(middle).compareTo(after) <= 0) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            return low;
        }
    }
}
