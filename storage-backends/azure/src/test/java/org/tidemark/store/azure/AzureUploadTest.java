// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.keys;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.randomBytes;
import static org.tidemark.testkit.StoreAccess.read;

import com.azure.storage.blob.models.BlobProperties;
import com.azure.storage.blob.specialized.BlockBlobClient;
import java.net.URI;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.store.BodyChecksum;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.BadSource;
import org.tidemark.testkit.FaultProxy;
import org.tidemark.testkit.NetworkFault;
import org.tidemark.testkit.Rounds;

/** What the service is given, seen by its own client, and what a bad network does to it. */
class AzureUploadTest {
    private static final int KIB = 1024;

    private final FaultProxy proxy = FaultProxy.to(Azurite.server().port());
    private URI address = Azurite.nowhere();

    @BeforeEach
    void newContainer() throws Exception {
        address = Azurite.newContainer();
    }

    @AfterEach
    void closeProxy() {
        proxy.close();
    }

    @Test
    void anObjectHasItsChecksumTierAndTags() throws Exception {
        byte[] bytes = randomBytes(Rounds.random(), 300_000);
        try (ObjectStore store =
                Azurite.store(address, Map.of("storage-class", "cool", "tags", "team=db, system=prod"))) {
            put(store, "main/object", bytes);
        }

        try (AzureContainer container = new AzureContainer(Azurite.config(Azurite.server(), address, Map.of()))) {
            BlockBlobClient blob = container.blob(key("main/object"));
            BlobProperties properties = blob.getProperties();
            assertThat(properties.getContentMd5()).isEqualTo(BodyChecksum.md5(bytes, bytes.length));
            assertThat(properties.getAccessTier()).hasToString("Cool");
            assertThat(blob.getTags()).isEqualTo(Map.of("team", "db", "system", "prod"));
        }
    }

    @Test
    void anUploadThatFailedIsNoObjectAndInNobodysWay() throws Exception {
        try (ObjectStore store = Azurite.store(address, Map.of())) {
            for (int size : new int[] {0, 1, 200_000}) {
                String name = "main/after-" + size;
                assertThatThrownBy(
                                () -> store.putIfAbsent(key(name), BadSource.failingAfter(new byte[150_000], 300_000)))
                        .isInstanceOf(StorageUnavailable.class);
                assertThat(keys(store, "")).doesNotContain(name);
                assertThat(store.stat(key(name))).isEmpty();
                byte[] bytes = randomBytes(Rounds.random(), size);
                put(store, name, bytes);
                assertThat(read(store, name)).isEqualTo(bytes);
                assertThatThrownBy(() -> put(store, name, bytes)).isInstanceOf(ObjectExists.class);
            }
            assertThat(store.unfinishedUploads()).isEmpty();
        }
    }

    @Test
    void damagedBytesAreNeverAnObject() throws Exception {
        Random random = Rounds.random();
        int rounds = Rounds.of(5, 100);
        for (int round = 0; round < rounds; round++) {
            byte[] bytes = randomBytes(random, 256 * KIB);
            String name = "main/spoiled-" + round;
            proxy.set(NetworkFault.spoilUpAt(5_000L + random.nextInt(200 * KIB)));
            try (ObjectStore store = throughProxy()) {
                put(store, name, bytes);
                assertThat(read(store, name)).isEqualTo(bytes);
            } catch (StorageUnavailable e) {
                assertThat(keys(Azurite.store(address, Map.of()), "")).doesNotContain(name);
            }
        }
    }

    private ObjectStore throughProxy() {
        return Azurite.store(address, Map.of("endpoint", Azurite.server().endpointAt(proxy.port())));
    }
}
