// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.catalog.backup.StoredObject;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.StorageException;
import org.tidemark.testkit.StoreAccess;

class BundleUploadsTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void soManyBundlesAreStoredAtTheSameTimeAndNoMore(int maxInFlight) throws IOException {
        Counting store = new Counting(maxInFlight);
        try (BundleUploads uploads = new BundleUploads(new ClaimedObjects(store), maxInFlight, () -> {})) {
            for (int i = 0; i < 3 * maxInFlight; i++) {
                byte[] bytes = {(byte) i};
                Path file = Files.write(directory.resolve("bundle-" + i), bytes);
                uploads.submit(new ObjectKey("bundle/" + i), file, StoredObject.of(ObjectSource.of(bytes)), 1);
            }
            uploads.finish();

            assertThat(uploads.storedDataBytes()).isEqualTo(3L * maxInFlight);
        }

        assertThat(store.most.get()).isEqualTo(maxInFlight);
        assertThat(StoreAccess.keys(store, "")).hasSize(3 * maxInFlight);
        assertThat(directory).isEmptyDirectory();
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
