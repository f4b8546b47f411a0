// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.keys;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.randomBytes;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.AzuriteServer;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.Rounds;

/** What credentials without some right, or without any, are told. */
@InTurn
class AzureRightsTest {
    private static final String OTHER_KEY = "bm90IHRoZSBrZXkgb2YgdGhpcyBhY2NvdW50";

    private URI address = Azurite.nowhere();

    @BeforeEach
    void putAnObject() throws Exception {
        address = Azurite.newContainer();
        try (ObjectStore owner = Azurite.store(address, Map.of())) {
            put(owner, "main/there", new byte[1000]);
        }
    }

    @Test
    void aWrongKeyIsDeniedEverythingAndShownNowhere() {
        ObjectStore store = new AzureObjectStore(Azurite.config(
                Azurite.server().endpoint(), address, Map.of(), Map.of(AzureCredential.KEY_VARIABLE, OTHER_KEY)));

        everyOperation(store)
                .forEach((name, operation) -> assertThatThrownBy(operation)
                        .as(name)
                        .isInstanceOf(StorageDenied.class)
                        .hasMessageContaining("the service answered 403 Auth")
                        .hasMessageContaining(store.description())
                        .satisfies(hintContaining("az storage account keys list"))
                        .satisfies(thrown -> assertNowhere(
                                thrown, OTHER_KEY, Azurite.server().key())));
    }

    @Test
    void aContainerThatIsNotThereIsUnavailableAndNeverAnAbsentObject() {
        ObjectStore store = Azurite.store(Azurite.nowhere(), Map.of());

        everyOperation(store)
                .forEach((name, operation) -> assertThatThrownBy(operation)
                        .as(name)
                        .isInstanceOf(StorageUnavailable.class)
                        .hasMessageContaining("404 ContainerNotFound")
                        .hasMessageContaining("tidemark init")
                        .satisfies(hintContaining("Correct the account and the container")));
    }

    @Test
    void whoMayReadReadsAndIsDeniedTheRest() throws Exception {
        ObjectStore store = Sas.store(address, "rl", Map.of());

        assertThat(read(store, "main/there")).hasSize(1000);
        assertThat(store.stat(key("main/there"))).isPresent();
        assertThat(store.stat(key("main/other"))).isEmpty();
        assertThat(keys(store, "")).containsExactly("main/there");
        assertDenied(() -> put(store, "main/new", new byte[1000]));
        assertThatThrownBy(() -> put(store, "main/new", new byte[9 << 20]))
                .isInstanceOf(StorageDenied.class)
                .satisfies(hintContaining("permissions r, c, l and d"));
        assertDenied(() -> store.delete(List.of(key("main/there"))));
        assertThat(keys(store, "")).containsExactly("main/there");
    }

    @Test
    void whoMayCreateCreatesAndNeitherOverwritesNorReads() throws Exception {
        ObjectStore store = Sas.store(address, "c", Map.of());
        byte[] large = randomBytes(Rounds.random(), 3_000_000);

        put(store, "main/small", new byte[] {1, 2, 3});
        put(store, "main/large", large);
        // The emulator answers to such credentials that they lack a right, where the service says "exists".
        assertThatThrownBy(() -> put(store, "main/there", new byte[1]))
                .isInstanceOfAny(ObjectExists.class, StorageDenied.class);
        assertThatThrownBy(() -> put(store, "main/large", new byte[1_000_000]))
                .isInstanceOfAny(ObjectExists.class, StorageDenied.class);
        assertDenied(() -> read(store, "main/there"));
        assertDenied(() -> store.stat(key("main/there")));
        assertDenied(() -> keys(store, ""));
        assertDenied(() -> store.delete(List.of(key("main/there"))));

        try (ObjectStore owner = Azurite.store(address, Map.of())) {
            assertThat(read(owner, "main/small")).containsExactly(1, 2, 3);
            assertThat(read(owner, "main/large")).isEqualTo(large);
            assertThat(read(owner, "main/there")).hasSize(1000);
        }
    }

    /** Its digest goes ahead of it, and is no use of the network, which may have a limit of bandwidth. */
    @Test
    void anObjectIsSentOnce() throws Exception {
        ObjectStore store = Sas.store(address, "c", Map.of());
        AtomicLong sent = new AtomicLong();
        byte[] large = randomBytes(Rounds.random(), 3_000_000);

        store.putIfAbsent(key("main/large"), new ObjectSource() {
            @Override
            public long sizeBytes() {
                return large.length;
            }

            @Override
            public InputStream open() {
                return new ByteArrayInputStream(large) {
                    @Override
                    public synchronized int read(byte[] into, int offset, int length) {
                        int count = super.read(into, offset, length);
                        sent.addAndGet(Math.max(count, 0));
                        return count;
                    }
                };
            }

            @Override
            public InputStream inspect() {
                return new ByteArrayInputStream(large);
            }
        });

        assertThat(sent.get()).isEqualTo(large.length);
    }

    @Test
    void whoMayNotDeleteIsToldSo() throws Exception {
        ObjectStore store = Sas.store(address, "rcwl", Map.of());

        put(store, "main/new", new byte[300_000]);
        assertDenied(() -> store.delete(List.of(key("main/new"), key("main/there"))));
        assertThat(keys(store, "")).containsExactly("main/new", "main/there");
    }

    @Test
    void aSignatureThatHasExpiredIsDeniedEverythingAndShownNowhere() {
        String token = Sas.token(address, "racwdl", Duration.ofMinutes(-10));
        String signature = token.substring(token.indexOf("sig=") + 4);
        ObjectStore store = Sas.store(address, Map.of(), token);

        everyOperation(store)
                .forEach((name, operation) -> assertThatThrownBy(operation)
                        .as(name)
                        .isInstanceOf(StorageDenied.class)
                        .satisfies(hintContaining("valid now: az storage container generate-sas"))
                        .satisfies(thrown -> assertNowhere(thrown, signature)));
    }

    @Test
    void aSignatureIsShownNowhereWhenNobodyAnswers() {
        String token = Sas.token(address, "racwdl", Duration.ofHours(1));
        String signature = token.substring(token.indexOf("sig=") + 4);
        ObjectStore store = new AzureObjectStore(Azurite.config(
                Azurite.server().endpointAt(1), address, Map.of(), Map.of(AzureCredential.SAS_VARIABLE, token)));

        everyOperation(store)
                .forEach((name, operation) -> assertThatThrownBy(operation)
                        .as(name)
                        .isInstanceOf(StorageUnavailable.class)
                        .satisfies(thrown -> assertNowhere(thrown, signature)));
    }

    /** The account is a part of the host name. */
    @Test
    void anUnknownAccountIsAnUnknownHost() {
        ObjectStore store = new AzureObjectStore(Azurite.config(
                "http://account.blob.invalid",
                address,
                Map.of(),
                Map.of(AzureCredential.KEY_VARIABLE, Azurite.server().key())));

        assertThatThrownBy(() -> store.stat(key("main/there")))
                .isInstanceOf(StorageUnavailable.class)
                .satisfies(hintContaining("Correct the account '" + AzuriteServer.ACCOUNT + "'"));
    }

    @Test
    void aContainerIsMadeOnceByWhoMayAndElseItIsSaidHow() throws Exception {
        URI fresh = Azurite.nowhere();
        AzureConfig owner = Azurite.config(Azurite.server(), fresh, Map.of());
        AzureConfig writer = Azurite.config(
                Azurite.server().endpoint(),
                fresh,
                Map.of(),
                Map.of(AzureCredential.SAS_VARIABLE, Sas.token(fresh, "rl", Duration.ofHours(1))));

        assertDenied(() -> create(writer), "az storage container create");
        create(owner);
        create(owner);
        create(writer);
        assertThat(keys(Azurite.store(fresh, Map.of()), "")).isEmpty();
    }

    private static void create(AzureConfig config) throws StorageException {
        try (AzureContainer container = new AzureContainer(config)) {
            new ContainerCreation(container, config).run();
        }
    }

    private static Map<String, ThrowingCallable> everyOperation(ObjectStore store) {
        Map<String, ThrowingCallable> operations = new LinkedHashMap<>();
        operations.put("put", () -> put(store, "main/new", new byte[10]));
        operations.put("put more", () -> put(store, "main/new", new byte[200_000]));
        operations.put("open", () -> read(store, "main/there"));
        operations.put("stat", () -> store.stat(key("main/there")));
        operations.put("list", () -> store.list("main/", Optional.empty(), 10));
        operations.put("delete", () -> store.delete(List.of(key("main/there"))));
        return operations;
    }

    private static Consumer<Throwable> hintContaining(String text) {
        return thrown ->
                assertThat(((StorageException) thrown).hint().orElse("no hint")).contains(text);
    }

    private static void assertDenied(ThrowingCallable operation) {
        assertDenied(operation, "azure://");
    }

    private static void assertDenied(ThrowingCallable operation, String text) {
        assertThatThrownBy(operation).isInstanceOf(StorageDenied.class).hasMessageContaining(text);
    }

    /** Neither in the message nor in what a trace would show. */
    private static void assertNowhere(Throwable thrown, String... secrets) {
        StringWriter trace = new StringWriter();
        thrown.printStackTrace(new PrintWriter(trace));
        assertThat(trace.toString()).doesNotContain(secrets);
    }
}
