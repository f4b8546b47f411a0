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
import com.azure.storage.blob.models.BlockListType;
import com.azure.storage.blob.specialized.BlockBlobClient;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.BadSource;
import org.tidemark.testkit.FaultProxy;
import org.tidemark.testkit.NetworkFault;
import org.tidemark.testkit.NetworkFault.Ending;
import org.tidemark.testkit.Rounds;

/** What the service is given, seen by its own client, and what a bad network does to blocks. */
class AzureUploadTest {
    private static final Map<String, String> IN_BLOCKS = Map.of("block-size", "64KiB", "parallel-blocks", "3");
    private static final int BLOCK_BYTES = 64 * 1024;

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
    void anObjectHasItsChecksumTierAndTagsHoweverItWasSent() throws Exception {
        byte[] bytes = randomBytes(Rounds.random(), 300_000);
        for (String blockSize : List.of("64KiB", "8MiB")) {
            String name = "main/" + blockSize;
            Map<String, String> options =
                    Map.of("block-size", blockSize, "storage-class", "cool", "tags", "team=db, system=prod");
            try (ObjectStore store = Azurite.store(address, options)) {
                put(store, name, bytes);
            }

            try (Container container = new Container(Azurite.config(Azurite.server(), address, Map.of()))) {
                BlockBlobClient blob = container.blob(key(name));
                BlobProperties properties = blob.getProperties();
                assertThat(properties.getContentMd5()).as(name).isEqualTo(Checksum.of(bytes));
                assertThat(properties.getAccessTier()).as(name).hasToString("Cool");
                assertThat(blob.getTags()).as(name).isEqualTo(Map.of("team", "db", "system", "prod"));
            }
        }
    }

    @Test
    void blocksAreOfOneSize() throws Exception {
        try (ObjectStore store = Azurite.store(address, IN_BLOCKS)) {
            put(store, "main/object", new byte[3 * BLOCK_BYTES + 5]);
        }

        try (Container container = new Container(Azurite.config(Azurite.server(), address, Map.of()))) {
            assertThat(container
                            .blob(key("main/object"))
                            .listBlocks(BlockListType.ALL)
                            .getCommittedBlocks())
                    .extracting(block -> block.getSizeLong())
                    .containsExactly((long) BLOCK_BYTES, (long) BLOCK_BYTES, (long) BLOCK_BYTES, 5L);
        }
    }

    @Test
    void blocksThatAnUploadLeftBehindAreNoObjectAndInNobodysWay() throws Exception {
        try (ObjectStore store = Azurite.store(address, IN_BLOCKS)) {
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
    void aBlockThatDoesNotGetThroughIsSentAgainByItself() throws Exception {
        byte[] bytes = randomBytes(Rounds.random(), 10 * BLOCK_BYTES);
        List<NetworkFault> faults = List.of(
                NetworkFault.httpStatus(503),
                NetworkFault.httpStatus(500),
                NetworkFault.cutUpAfter(BLOCK_BYTES / 2, Ending.RESET),
                NetworkFault.cutUpAfter(BLOCK_BYTES / 2, Ending.FINISH),
                NetworkFault.cutDownAfter(20, Ending.RESET),
                NetworkFault.spoilUpAt(BLOCK_BYTES / 2));
        for (int i = 0; i < faults.size(); i++) {
            String name = "main/object-" + i;
            NetworkFault fault = faults.get(i);
            try (ObjectStore store = throughProxy()) {
                store.putIfAbsent(key(name), BadSource.pausingHalfWay(bytes, () -> {
                    // New connections alone have faults, so that those in use are given up.
                    proxy.set(fault, 2);
                    proxy.cutAll();
                }));
                assertThat(read(store, name)).as("%s", fault).isEqualTo(bytes);
            }
        }
    }

    @Test
    void aDamagedBlockIsNeverPartOfAnObject() throws Exception {
        Random random = Rounds.random();
        int rounds = Rounds.of(5, 100);
        for (int round = 0; round < rounds; round++) {
            byte[] bytes = randomBytes(random, 4 * BLOCK_BYTES);
            String name = "main/spoiled-" + round;
            proxy.set(NetworkFault.spoilUpAt(5_000L + random.nextInt(BLOCK_BYTES / 2)));
            try (ObjectStore store = throughProxy()) {
                put(store, name, bytes);
                assertThat(read(store, name)).isEqualTo(bytes);
            } catch (StorageUnavailable e) {
                assertThat(keys(Azurite.store(address, Map.of()), "")).doesNotContain(name);
            }
        }
    }

    @Test
    void ofWritersInBlocksThatStandInEachOthersWayOneWinsAndTheOthersKnow() throws Exception {
        int rounds = Rounds.of(3, 100);
        for (int round = 0; round < rounds; round++) {
            String name = "race/" + round;
            int winners = 0;
            try (ObjectStore store = Azurite.store(address, IN_BLOCKS);
                    ExecutorService threads = Executors.newFixedThreadPool(6)) {
                List<Future<Boolean>> writers = new ArrayList<>();
                for (int writer = 0; writer < 6; writer++) {
                    byte[] bytes = randomBytes(new Random(writer), (2 + writer) * BLOCK_BYTES);
                    writers.add(threads.submit(() -> wins(store, name, bytes)));
                }
                for (Future<Boolean> writer : writers) {
                    winners += writer.get() ? 1 : 0;
                }
                int size = read(store, name).length / BLOCK_BYTES;
                assertThat(read(store, name)).isEqualTo(randomBytes(new Random(size - 2), size * BLOCK_BYTES));
            }
            assertThat(winners).isOne();
        }
    }

    private static boolean wins(ObjectStore store, String name, byte[] bytes) throws Exception {
        try {
            put(store, name, bytes);
            return true;
        } catch (ObjectExists e) {
            return false;
        }
    }

    private ObjectStore throughProxy() {
        Map<String, String> options = new HashMap<>(IN_BLOCKS);
        options.put("endpoint", Azurite.server().endpointAt(proxy.port()));
        return Azurite.store(address, options);
    }
}
