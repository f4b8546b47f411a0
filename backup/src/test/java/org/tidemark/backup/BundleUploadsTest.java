// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.catalog.Codec;
import org.tidemark.catalog.Encoding;
import org.tidemark.catalog.backup.BlockPool;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.BundleWriter;
import org.tidemark.catalog.backup.FingerprintKey;
import org.tidemark.catalog.backup.Frame;
import org.tidemark.catalog.backup.Frame.Encoder.PlainPart;
import org.tidemark.catalog.backup.StoredObject;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.StorageException;
import org.tidemark.testkit.StoreAccess;

class BundleUploadsTest {
    private static final BackupKeys KEYS = new BackupKeys(
            new ClusterName("main"), new SystemIdentifier(7), BackupId.of(Instant.parse("2026-11-20T06:30:11Z"), 1));

    private static BundleWriter bundle(int number) throws IOException {
        Encoding encoding = Encoding.of(Codec.parse("none"));
        BundleWriter bundle =
                new BundleWriter(KEYS, number, encoding, BundleWriter.DEFAULT_SIZE_BYTES, new BlockPool());
        byte[] data = {(byte) number};
        bundle.add(new Frame.Encoder(encoding.codec(), FingerprintKey.random(new Random(1)))
                .encode(data, 1, List.of(new PlainPart("base/1", 0, 0, 1))));
        return bundle;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void soManyBundlesAreStoredAtTheSameTimeAndNoMore(int maxInFlight) throws IOException {
        Counting store = new Counting(maxInFlight);
        try (BundleUploads uploads = new BundleUploads(KEYS, new ClaimedObjects(store), maxInFlight, () -> {})) {
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
        assertThat(StoreAccess.keys(store, "")).hasSize(3 * maxInFlight);
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
