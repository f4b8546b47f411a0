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
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.core.TimeLimits;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageFull;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.FaultProxy;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.NetworkFault;
import org.tidemark.testkit.NetworkFault.Ending;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.TlsFront;

/** What becomes of single answers of the service. */
@InTurn
class AnswersTest {
    private static final TimeLimits SHORT_READS =
            new TimeLimits(Duration.ofSeconds(30), Duration.ofSeconds(1), Duration.ofMinutes(5));

    private final String bucket = ServedBucket.newBucket();
    private final FaultProxy proxy = FaultProxy.to(ServedBucket.server().port());
    private final ObjectStore store = storeWith(TimeLimits.DEFAULTS);

    private final ObjectStore direct = ServedBucket.open(bucket, Map.of());

    /** Not through the proxy, to which no connection is to stand before a test sets its fault. */
    @BeforeEach
    void fill() throws IOException {
        put(direct, "main/there", new byte[] {1, 2, 3});
    }

    @AfterEach
    void close() {
        store.close();
        direct.close();
        proxy.close();
    }

    @Test
    void anExpiredCertificateIsRefusedAlsoIfTheOperatorNamesIt(@TempDir Path directory) throws Exception {
        try (TlsFront front = TlsFront.expired(directory);
                ObjectStore store = ServedBucket.open(
                        bucket,
                        Map.of(
                                "endpoint",
                                "https://127.0.0.1:" + front.port(),
                                "ca-file",
                                front.certificate().toString()))) {
            assertThatThrownBy(() -> store.stat(key("main/there")))
                    .isInstanceOf(StorageDenied.class)
                    .hasMessageContaining("the server's certificate expired at ");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "400, true",
        "401, true",
        "403, true",
        "409, true",
        "501, true",
        "404, false",
        "410, false",
        "502, false"
    })
    void anAnswerIsARefusalOrNotByItsStatus(int status, boolean denied) {
        proxy.set(NetworkFault.httpStatus(status));

        assertThatThrownBy(() -> store.list("", Optional.empty(), 10))
                .isInstanceOf(denied ? StorageDenied.class : StorageUnavailable.class)
                .hasMessageContainingAll(Integer.toString(status), bucket);
    }

    @Test
    void aPutThatIsAnsweredWith507FindsNoRoom() {
        proxy.set(NetworkFault.httpStatus(507));

        assertThatThrownBy(() -> put(store, "main/new", new byte[10])).isInstanceOf(StorageFull.class);
    }

    @ParameterizedTest
    @CsvSource({"main/there, true", "main/new, false"})
    void aPutThatIsDeniedExistsIfALookSaysSo(String name, boolean exists) {
        proxy.set(NetworkFault.httpStatus(403), 1);

        assertThatThrownBy(() -> put(store, name, new byte[10]))
                .isInstanceOf(exists ? ObjectExists.class : StorageDenied.class);
    }

    @Test
    void whereThereIsNoBucketNothingIsCalledAbsent() {
        try (ObjectStore nowhere = ServedBucket.open("no-such-bucket", Map.of())) {
            for (ThrowingCallable action : List.<ThrowingCallable>of(
                    () -> nowhere.stat(key("main/there")),
                    () -> read(nowhere, "main/there"),
                    () -> nowhere.list("", Optional.empty(), 10),
                    () -> nowhere.delete(List.of(key("main/there"))),
                    () -> nowhere.delete(List.of(key("main/there"), key("main/too"))),
                    () -> put(nowhere, "main/new", new byte[10]),
                    () -> new GcsStoreProvider()
                            .createRoot(
                                    URI.create("gs://no-such-bucket"),
                                    ServedBucket.options(ServedBucket.server().port(), Map.of("project", "acme"))))) {
                assertThatThrownBy(action)
                        .isInstanceOf(StorageUnavailable.class)
                        .hasMessageContaining("gcloud storage buckets create gs://no-such-bucket")
                        .satisfies(e -> assertThat(((StorageException) e).hint().orElse("no hint"))
                                .contains("Correct the bucket or its endpoint"));
            }
        }
    }

    @Test
    void aBucketThatIsThereIsNoErrorForInit() throws IOException {
        new GcsStoreProvider()
                .createRoot(
                        URI.create("gs://" + bucket + "/prod"),
                        ServedBucket.options(ServedBucket.server().port(), Map.of()));

        assertThat(keys(store, "")).containsExactly("main/there");
    }

    @ParameterizedTest
    @ValueSource(ints = {8 * 1024 * 1024, 20 * 1024 * 1024})
    void anUploadThatStandsStillIsGivenUpLongBeforeTheLimitOfTheRequest(int size) throws IOException {
        byte[] bytes = randomBytes(Rounds.random(), size);
        proxy.set(NetworkFault.cutUpAfter(1_000_000, Ending.SILENCE));

        long begin = System.nanoTime();
        try (ObjectStore hurried = storeWith(SHORT_READS)) {
            assertThatThrownBy(() -> put(hurried, "main/new", bytes))
                    .isInstanceOf(StorageUnavailable.class)
                    // The library may notice first that no answer comes: then the hint names the option.
                    .satisfies(e -> assertThat(e.getMessage()
                                    + ((StorageException) e).hint().orElse(""))
                            .contains(TimeLimits.READ_OPTION));
        }

        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofMinutes(1));
        assertThat(direct.stat(key("main/new"))).isEmpty();
    }

    /** What is removed after an answer that cannot be right is only what was made. */
    @Test
    void anAnswerWithoutAGenerationRemovesNothing() throws IOException {
        String answer = "{\"bucket\": \"" + bucket + "\", \"name\": \"main/there\", \"size\": \"3\","
                + " \"crc32c\": \"AAAAAA==\"}";
        proxy.set(NetworkFault.httpAnswer(200, "Content-Type: application/json", answer), 1);

        assertThatThrownBy(() -> put(store, "main/there", new byte[] {4, 5, 6}))
                .isInstanceOf(StorageUnavailable.class)
                .hasMessageContaining("checksum");

        assertThat(read(direct, "main/there")).containsExactly(1, 2, 3);
    }

    @Test
    void anObjectThatIsReadWholeIsComparedWithItsChecksum() throws IOException {
        put(direct, "main/spoiled", randomBytes(Rounds.random(), 600_000));
        proxy.set(NetworkFault.spoilDownAt(400_000));

        assertThatThrownBy(() -> read(store, "main/spoiled"))
                .isInstanceOf(StorageUnavailable.class)
                .hasMessageContaining("checksum");
    }

    private ObjectStore storeWith(TimeLimits limits) {
        return new GcsObjectStore(ServedBucket.withLimits(ServedBucket.config(bucket, proxy.port(), Map.of()), limits));
    }
}
