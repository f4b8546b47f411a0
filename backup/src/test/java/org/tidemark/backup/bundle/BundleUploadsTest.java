// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.backup.SyntheticCluster;
import org.tidemark.backup.request.BackupTarget;
import org.tidemark.backup.target.Receiver;
import org.tidemark.backup.target.Receivers;
import org.tidemark.backup.target.RegisteredCluster;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.BlockPool;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.BundleWriter;
import org.tidemark.catalog.backup.FingerprintKey;
import org.tidemark.catalog.backup.Frame;
import org.tidemark.catalog.backup.Frame.Encoder.PlainPart;
import org.tidemark.catalog.backup.Intent;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.testkit.StoreAccess;

class BundleUploadsTest {
    private static final BackupKeys KEYS = new BackupKeys(
            new ClusterName("main"), new SystemIdentifier(7), BackupId.of(Instant.parse("2026-11-20T06:30:11Z"), 1));

    private static BundleWriter bundle(int number) throws IOException {
        return bundle(number, new BlockPool());
    }

    private static BundleWriter bundle(int number, BlockPool pool) throws IOException {
        Encoding encoding = Encoding.of(Codec.parse("none"));
        BundleWriter bundle = new BundleWriter(KEYS, number, encoding, BundleWriter.DEFAULT_SIZE_BYTES, pool);
        byte[] data = {(byte) number};
        bundle.add(new Frame.Encoder(encoding.codec(), FingerprintKey.random(new Random(1)), 8192)
                .encode(data, 1, List.of(new PlainPart("base/1", 0, 0, 1))));
        return bundle;
    }

    private static Receiver receiver(ObjectStore store) throws IOException {
        Repository repository = Repository.create(store, Clock.systemUTC());
        ClusterArchive archive = repository.register(
                new ClusterIdentity(KEYS.cluster(), KEYS.system(), WalSegmentSize.DEFAULT, 8192, 15),
                Clock.systemUTC());
        return new Receiver(
                new BackupTarget("test", repository, Encoding.of(Codec.parse("none"))),
                new RegisteredCluster(archive, 150_000, true, 131_072));
    }

    private static BackupVariant variant(Receiver... receivers) {
        Instant started = Instant.parse("2026-11-20T06:30:11Z");
        Intent intent = new Intent(KEYS.id(), "00".repeat(16), "localhost", started, Optional.empty(), List.of());
        return BackupVariant.of(
                KEYS,
                intent,
                Encoding.of(Codec.parse("none")),
                List.of(receivers),
                Optional.empty(),
                Optional.empty(),
                FingerprintKey.random(new Random(1)),
                Path.of("unused"),
                () -> {});
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void soManyBundlesAreStoredAtTheSameTimeAndNoMore(int maxInFlight) throws IOException {
        Counting store = new Counting(maxInFlight);
        Receiver receiver = receiver(store);
        BackupVariant variant = variant(receiver);
        Receivers all = new Receivers(List.of(receiver), Receivers.PATIENCE, SyntheticCluster.SILENT);
        try (BundleUploads uploads = new BundleUploads(variant, all, maxInFlight, () -> {})) {
            for (int number = 1; number <= 3 * maxInFlight; number++) {
                uploads.submit(number, bundle(number));
            }
            List<BundleRef> bundles = uploads.finish();

            assertThat(uploads.storedDataBytes()).isEqualTo(3L * maxInFlight);
            assertThat(bundles).hasSize(3 * maxInFlight);
            for (BundleRef each : bundles) {
                assertThat(each.number()).isEqualTo(1 + bundles.indexOf(each));
                byte[] stored =
                        StoreAccess.read(store, KEYS.bundle(each.number()).value());
                assertThat(each.object()).isEqualTo(StoredObject.of(ObjectSource.of(stored)));
            }
        }

        assertThat(store.most.get()).isEqualTo(maxInFlight);
        assertThat(StoreAccess.keys(store, KEYS.data())).hasSize(3 * maxInFlight);
    }

    /** A store that does not stop when it is told to still reads the memory of its bundle. */
    @Test
    void aSlowRepositoryIsLeftBehindAndItsMemoryNotUsedAgain() throws Exception {
        MemoryStore fast = new MemoryStore(Clock.systemUTC());
        Stubborn slow = new Stubborn();
        List<Receiver> receivers = List.of(receiver(slow), receiver(fast));
        BackupVariant variant = variant(receivers.toArray(Receiver[]::new));
        Receivers all = new Receivers(receivers, Duration.ofMillis(100), SyntheticCluster.SILENT);
        BlockPool pool = new BlockPool();
        Thread releasing = Thread.ofPlatform().unstarted(slow.mayGoOn::countDown);
        try (BundleUploads uploads = new BundleUploads(variant, all, 2, () -> {})) {
            for (int number = 1; number <= 10; number++) {
                uploads.submit(number, bundle(number, pool));
            }
            List<BundleRef> bundles = uploads.finish();

            assertThat(bundles).hasSize(10);
            for (BundleRef each : bundles) {
                byte[] stored =
                        StoreAccess.read(fast, KEYS.bundle(each.number()).value());
                assertThat(each.object()).isEqualTo(StoredObject.of(ObjectSource.of(stored)));
            }
            assertThat(receivers.getFirst().isLive()).isFalse();
            assertThat(receivers.getFirst().failure()).isEmpty();
            assertThat(receivers.getLast().isLive()).isTrue();
            releasing.start();
        }
        releasing.join();

        assertThat(slow.read).isNotEmpty();
        for (Map.Entry<ObjectKey, byte[]> each : slow.read.entrySet()) {
            assertThat(each.getValue())
                    .isEqualTo(StoreAccess.read(fast, each.getKey().value()));
        }
    }

    /** One that stops when it is told to says that it was interrupted: that is no failure of it. */
    @Test
    void aRepositoryThatStopsWhenItIsLeftBehindHasNotFailed() throws Exception {
        MemoryStore fast = new MemoryStore(Clock.systemUTC());
        CountDownLatch told = new CountDownLatch(1);
        ObjectStore slow = new DelegatingStore(new MemoryStore(Clock.systemUTC())) {
            @Override
            public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
                if (!key.value().startsWith(KEYS.data())) {
                    super.putIfAbsent(key, source);
                    return;
                }
                try {
                    new CountDownLatch(1).await(30, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    told.countDown();
                    throw new StorageException.StorageUnavailable("interrupted", e);
                }
            }
        };
        List<Receiver> receivers = List.of(receiver(slow), receiver(fast));
        Receivers all = new Receivers(receivers, Duration.ofMillis(100), SyntheticCluster.SILENT);
        BackupVariant variant = variant(receivers.toArray(Receiver[]::new));
        try (BundleUploads uploads = new BundleUploads(variant, all, 1, () -> {})) {
            uploads.submit(1, bundle(1));

            assertThat(uploads.finish()).hasSize(1);
        }

        assertThat(told.getCount()).isZero();
        assertThat(receivers.getFirst().isLive()).isFalse();
        assertThat(receivers.getFirst().failure()).isEmpty();
    }

    /** Reads what it is given only when it may go on, whatever happens meanwhile. */
    private static final class Stubborn extends DelegatingStore {
        private final CountDownLatch mayGoOn = new CountDownLatch(1);
        private final Map<ObjectKey, byte[]> read = new ConcurrentHashMap<>();

        Stubborn() {
            super(new MemoryStore(Clock.systemUTC()));
        }

        @Override
        public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
            if (!key.value().startsWith(KEYS.data())) {
                super.putIfAbsent(key, source);
                return;
            }
            boolean goesOn = false;
            while (!goesOn) {
                try {
                    goesOn = mayGoOn.await(30, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    // It does not listen.
                }
            }
            try (InputStream in = source.open()) {
                read.put(key, in.readAllBytes());
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }

    /** Knows how many are being put; the first ones wait until there are as many as there should be. */
    private static final class Counting extends DelegatingStore {
        private final AtomicInteger now = new AtomicInteger();
        private final AtomicInteger most = new AtomicInteger();
        private final CountDownLatch expected;

        Counting(int expected) {
            super(new MemoryStore(Clock.systemUTC()));
            this.expected = new CountDownLatch(expected);
        }

        @Override
        public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
            if (!key.value().startsWith(KEYS.data())) {
                super.putIfAbsent(key, source);
                return;
            }
            most.accumulateAndGet(now.incrementAndGet(), Math::max);
            expected.countDown();
            try {
                assertThat(expected.await(30, TimeUnit.SECONDS)).isTrue();
                super.putIfAbsent(key, source);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            } finally {
                now.decrementAndGet();
            }
        }
    }
}
