// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.keys;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.FaultProxy;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.NetworkFault;
import org.tidemark.testkit.gcs.GcsServer;
import org.tidemark.testkit.gcs.LoginServer;
import org.tidemark.testkit.gcs.Role;

/** What service accounts with lesser rights, or with none, are told. */
@InTurn
class RightsTest {
    private static GcsServer server;
    private static LoginServer login;

    @TempDir
    Path directory;

    private String bucket = "";

    @BeforeAll
    static void start() throws IOException {
        server = GcsServer.withRoles();
        login = new LoginServer();
    }

    @AfterAll
    static void stop() {
        server.close();
        login.close();
    }

    @BeforeEach
    void fill() throws IOException {
        bucket = "rights-" + System.nanoTime();
        server.withBucket(bucket);
        try (ObjectStore store = storeOf(Role.OBJECT_USER)) {
            put(store, "main/there", new byte[] {1, 2, 3});
            put(store, "main/too", new byte[] {4});
        }
    }

    @Test
    void aServiceAccountWithAllRightsDoesEverything() throws IOException {
        try (ObjectStore store = storeOf(Role.OBJECT_USER)) {
            assertThat(read(store, "main/there")).containsExactly(1, 2, 3);
            assertThat(keys(store, "")).containsExactly("main/there", "main/too");
            store.delete(List.of(key("main/there"), key("main/too")));
            assertThat(keys(store, "")).isEmpty();
        }
    }

    @Test
    void whoMayOnlyCreateIsDeniedTheRestAndKnowsWhatExists() throws IOException {
        try (ObjectStore store = storeOf(Role.OBJECT_CREATOR)) {
            put(store, "main/new", new byte[] {5});
            assertThatThrownBy(() -> put(store, "main/new", new byte[] {6})).isInstanceOf(ObjectExists.class);
            assertDenied(() -> read(store, "main/there"), "403");
            assertDenied(() -> store.stat(key("main/there")), "403");
            assertDenied(() -> store.stat(key("main/missing")), "403");
            assertDenied(() -> store.list("", Optional.empty(), 10), "403");
            assertDenied(() -> store.delete(List.of(key("main/there"))), "403", "main/there");
        }
        try (ObjectStore store = storeOf(Role.OBJECT_USER)) {
            assertThat(read(store, "main/new")).containsExactly(5);
        }
    }

    @Test
    void whoMayOnlyReadIsDeniedToWriteAndToDeleteOneOrMany() throws IOException {
        try (ObjectStore store = storeOf(Role.OBJECT_VIEWER)) {
            assertThat(read(store, "main/there")).containsExactly(1, 2, 3);
            assertDenied(() -> put(store, "main/new", new byte[] {5}), "403", "storage.objects.create");
            assertHint(
                    () -> put(store, "main/new", new byte[] {5}),
                    "gcloud storage buckets add-iam-policy-binding gs://" + bucket
                            + " --member=serviceAccount:tidemark@acme.iam.gserviceaccount.com"
                            + " --role=roles/storage.objectUser");
            assertDenied(() -> store.delete(List.of(key("main/there"))), "403");
            assertDenied(() -> store.delete(List.of(key("main/missing"), key("main/there"))), "403");
            assertThat(keys(store, "")).containsExactly("main/there", "main/too");
        }
    }

    @Test
    void anAccountWithoutAnyRightAndATokenThatIsNotValidAreDenied() throws IOException {
        try (ObjectStore store = storeOf(Role.NONE)) {
            assertAllDenied(store, "403");
        }
        login.givesOut("no-such-token");
        try (ObjectStore store = store()) {
            assertAllDenied(store, "401");
            assertHint(() -> read(store, "main/there"), "gcloud iam service-accounts keys list");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403})
    void aLoginThatIsRefusedIsDenied(int status) throws IOException {
        login.refuses(status);
        try (ObjectStore store = store()) {
            assertAllDenied(store, "login");
            assertHint(
                    () -> read(store, "main/there"),
                    "gcloud iam service-accounts keys list --iam-account=tidemark@acme.iam.gserviceaccount.com");
        }
    }

    /** Google's answer is the same for a deleted key and for a wrong clock; only the date of the answer tells. */
    @Test
    void aRefusedLoginNamesTheClockIfItIsWrong() throws IOException {
        String date = DateTimeFormatter.RFC_1123_DATE_TIME.format(
                ZonedDateTime.now(ZoneOffset.UTC).minusMinutes(20));
        try (FaultProxy proxy = FaultProxy.to(server.port())) {
            proxy.set(NetworkFault.httpAnswer(400, "Date: " + date, "{\"error\":\"invalid_grant\"}"));
            String key = login.accountKey().replaceFirst("127.0.0.1:[0-9]+", "127.0.0.1:" + proxy.port());
            Path file = Files.writeString(directory.resolve("key.json"), key);
            try (ObjectStore store = open(Map.of("credentials-file", file.toString()))) {
                assertHint(() -> read(store, "main/there"), "it differs from the server's clock by 20 minutes");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 500, 503})
    void aLoginThatMayWorkLaterIsUnavailable(int status) throws IOException {
        login.refuses(status);
        try (ObjectStore store = store()) {
            assertThatThrownBy(() -> read(store, "main/there"))
                    .isInstanceOf(StorageUnavailable.class)
                    .hasMessageContainingAll("login", Integer.toString(status));
        }
    }

    @Test
    void theKeyOfTheAccountMayComeFromACommand() throws IOException {
        login.givesOut(Role.OBJECT_VIEWER.token());
        Path file = Files.writeString(directory.resolve("key.json"), login.accountKey());
        try (ObjectStore store = open(Map.of("credentials-command", "cat '" + file + "'"))) {
            assertThat(read(store, "main/there")).containsExactly(1, 2, 3);
        }
    }

    private void assertAllDenied(ObjectStore store, String text) {
        assertDenied(() -> put(store, "main/new", new byte[] {5}), text, "main/new");
        assertDenied(() -> put(store, "main/there", new byte[] {5}), text, "main/there");
        assertDenied(() -> read(store, "main/there"), text, "main/there");
        assertDenied(() -> store.stat(key("main/there")), text, "main/there");
        assertDenied(() -> store.list("", Optional.empty(), 10), text);
        assertDenied(() -> store.delete(List.of(key("main/there"))), text, "main/there");
    }

    private void assertDenied(ThrowingCallable action, String... texts) {
        assertThatThrownBy(action)
                .isInstanceOf(StorageDenied.class)
                .hasMessageContainingAll(texts)
                .hasMessageContaining(bucket)
                .satisfies(e -> assertThat(SecretsIn.all(e)).doesNotContain("token-of-", "no-such-token", "PRIVATE"));
    }

    private static void assertHint(ThrowingCallable action, String text) {
        assertThatThrownBy(action)
                .isInstanceOf(StorageException.class)
                .satisfies(e -> assertThat(((StorageException) e).hint().orElse("no hint"))
                        .contains(text));
    }

    private ObjectStore storeOf(Role role) throws IOException {
        login.givesOut(role.token());
        return store();
    }

    private ObjectStore store() throws IOException {
        Path file = Files.writeString(directory.resolve("key.json"), login.accountKey());
        return open(Map.of("credentials-file", file.toString()));
    }

    private ObjectStore open(Map<String, String> options) {
        Map<String, String> all = ServedBucket.options(server.port(), options);
        all.remove("credentials");
        return new GcsStoreProvider().open(URI.create("gs://" + bucket), all);
    }
}
