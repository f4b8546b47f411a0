// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.keys;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.randomBytes;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.testkit.Rounds;

/** What objects are given when they are stored, in one request and in pieces. */
class SettingsTest {
    private static final String KMS_KEY = "projects/p/locations/eu/keyRings/r/cryptoKeys/k";
    private static final byte[] SMALL = randomBytes(Rounds.random(), 1_000);
    private static final byte[] LARGE = randomBytes(Rounds.random(), 700_000);

    @TempDir
    Path directory;

    private String bucket = ServedBucket.newBucket();

    @Test
    void theStorageClassAndTheKeyOfTheServiceAreAskedFor() throws Exception {
        try (ObjectStore store = open(Map.of("storage-class", "nearline", "kms-key", KMS_KEY))) {
            putBoth(store);
            assertThat(metadata("small")).contains("\"storageClass\":\"NEARLINE\"", KMS_KEY);
            assertThat(metadata("large")).contains("\"storageClass\":\"NEARLINE\"", KMS_KEY);
            assertThat(read(store, "large")).isEqualTo(LARGE);
        }
    }

    @Test
    void whoPaysIsSaidInEveryRequest() throws IOException {
        try (ObjectStore store = open(Map.of("user-project", "payer"))) {
            putBoth(store);
            assertThat(read(store, "large")).isEqualTo(LARGE);
            assertThat(keys(store, "")).containsExactly("large", "small");
            store.delete(List.of(key("small"), key("large"), key("missing")));
            assertThat(keys(store, "")).isEmpty();
        }
    }

    @Test
    void whatIsStoredWithAKeyOfOursIsReadWithItAlone() throws IOException {
        String key = keyOf(7);
        try (ObjectStore store = open(Map.of("customer-key-file", file(key)))) {
            putBoth(store);
            assertThat(read(store, "small")).isEqualTo(SMALL);
            assertThat(read(store, "large")).isEqualTo(LARGE);
        }
        for (ObjectStore other : List.of(open(Map.of()), open(Map.of("customer-key-file", file(keyOf(8)))))) {
            try (other) {
                assertThatThrownBy(() -> read(other, "small"))
                        .isInstanceOf(StorageDenied.class)
                        .satisfies(e -> assertThat(SecretsIn.all(e)).doesNotContain(key, keyOf(8)));
                assertThat(keys(other, "")).containsExactly("large", "small");
            }
        }
    }

    @Test
    void aLockedObjectCannotBeRemoved() throws Exception {
        bucket = "locking-" + System.nanoTime();
        ServedBucket.server().withRetentionBucket(bucket);
        try (ObjectStore store = open(Map.of("lock-for", "10d"))) {
            putBoth(store);
            assertThat(metadata("small")).contains("\"mode\":\"Locked\"", "retainUntilTime");
            assertThat(metadata("large")).contains("\"mode\":\"Locked\"", "retainUntilTime");

            assertThatThrownBy(() -> store.delete(List.of(key("small")))).isInstanceOf(StorageDenied.class);
            assertThatThrownBy(() -> store.delete(List.of(key("small"), key("large"))))
                    .isInstanceOf(StorageDenied.class);
            assertThat(keys(store, "")).containsExactly("large", "small");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1_000, 700_000})
    void aBucketThatTakesNoLocksStoresNothing(int size) throws IOException {
        try (ObjectStore store = open(Map.of("lock-for", "10d"))) {
            assertThatThrownBy(() -> put(store, "small", new byte[size])).isInstanceOf(StorageException.class);
            assertThat(keys(store, "")).isEmpty();
        }
    }

    private static void putBoth(ObjectStore store) throws StorageException {
        put(store, "small", SMALL);
        put(store, "large", LARGE);
    }

    private ObjectStore open(Map<String, String> options) {
        Map<String, String> all = ServedBucket.options(ServedBucket.server().port(), options);
        all.put("chunk-size", "256KiB");
        return new GcsStoreProvider().open(URI.create("gs://" + bucket), all);
    }

    /** As the service tells it, without the library. */
    private String metadata(String object) throws Exception {
        URI address = ServedBucket.server().endpoint().resolve("/storage/v1/b/" + bucket + "/o/" + object);
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(HttpRequest.newBuilder(address).build(), BodyHandlers.ofString())
                    .body();
        }
    }

    private String file(String key) throws IOException {
        return Files.writeString(directory.resolve("key-" + key.hashCode()), key)
                .toString();
    }

    private static String keyOf(int value) {
        byte[] bytes = new byte[32];
        bytes[0] = (byte) value;
        return Base64.getEncoder().encodeToString(bytes);
    }
}
