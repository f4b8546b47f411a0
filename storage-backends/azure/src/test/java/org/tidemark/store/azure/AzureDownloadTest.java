// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.randomBytes;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.InputStream;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.FaultProxy;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.NetworkFault;
import org.tidemark.testkit.Rounds;

/** Objects that are read in more than one request. */
@InTurn
class AzureDownloadTest {
    private static final int CHUNK = BlobReader.MAX_BYTES;

    private final byte[] bytes = randomBytes(Rounds.random(), 2 * CHUNK + 12_345);
    private URI address = Azurite.nowhere();
    private ObjectStore store = Azurite.store(address, Map.of());

    @BeforeEach
    void putAnObject() throws Exception {
        store.close();
        address = Azurite.newContainer();
        store = Azurite.store(address, Map.of());
        put(store, "main/object", bytes);
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void aRangeOverTheEdgesOfRequestsIsOneStream() throws Exception {
        assertThat(read(store, "main/object")).isEqualTo(bytes);
        for (ByteRange range : List.of(
                new ByteRange(CHUNK - 1, 2),
                new ByteRange(CHUNK, CHUNK),
                new ByteRange(CHUNK, CHUNK + 1),
                new ByteRange(5, 2L * CHUNK),
                new ByteRange(7, ByteRange.TO_END),
                new ByteRange(2L * CHUNK, 99_999),
                new ByteRange(bytes.length - 1, ByteRange.TO_END))) {
            int from = (int) range.offset();
            int to = range.length() == ByteRange.TO_END
                    ? bytes.length
                    : (int) Math.min(bytes.length, from + range.length());
            assertThat(read(store, "main/object", range))
                    .as("%s", range)
                    .isEqualTo(Arrays.copyOfRange(bytes, from, to));
        }
    }

    @Test
    void anObjectThatIsReplacedWhileItIsReadIsAnErrorAndNotAMixture() throws Exception {
        try (InputStream stream = store.open(key("main/object"), ByteRange.ALL)) {
            assertThat(stream.readNBytes(1000)).isEqualTo(Arrays.copyOf(bytes, 1000));
            store.delete(List.of(key("main/object")));
            put(store, "main/object", new byte[bytes.length]);

            assertFails(stream, StorageUnavailable.class, "412 ConditionNotMet");
        }
    }

    @Test
    void anObjectThatIsDeletedWhileItIsReadHasNoEnd() throws Exception {
        try (InputStream stream = store.open(key("main/object"), ByteRange.ALL)) {
            store.delete(List.of(key("main/object")));

            assertFails(stream, StorageException.class, "main/object");
        }
    }

    @Test
    void aByteThatIsChangedOnItsWayIsFound() throws Exception {
        try (FaultProxy proxy = FaultProxy.to(Azurite.server().port())) {
            Map<String, String> options = Map.of("endpoint", Azurite.server().endpointAt(proxy.port()));
            for (long offset : new long[] {5_000, CHUNK / 2, CHUNK - 10}) {
                proxy.set(NetworkFault.spoilDownAt(offset));
                try (ObjectStore spoiled = Azurite.store(address, options)) {
                    assertThatThrownBy(() -> read(spoiled, "main/object"))
                            .isInstanceOf(StorageUnavailable.class)
                            .hasMessageContaining("checksum");
                }
            }
        }
    }

    private static void assertFails(InputStream stream, Class<? extends StorageException> type, String text) {
        assertThatThrownBy(stream::readAllBytes).isInstanceOf(type).hasMessageContaining(text);
        assertThatThrownBy(stream::read).isInstanceOf(type);
    }
}
