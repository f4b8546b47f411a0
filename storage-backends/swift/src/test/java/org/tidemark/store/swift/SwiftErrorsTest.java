// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.keys;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectMissing;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageFull;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.FaultProxy;
import org.tidemark.testkit.FreePort;
import org.tidemark.testkit.NetworkFault;
import org.tidemark.testkit.SwiftServer;

/** Each class of error, provoked on the real server. */
class SwiftErrorsTest {
    private final SwiftServer server = SwiftServer.shared();

    @TempDir
    Path directory;

    private static List<ThrowingCallable> operations(ObjectStore store) {
        return List.of(
                () -> put(store, "main/new", new byte[1]),
                () -> store.open(key("main/a"), ByteRange.ALL),
                () -> store.stat(key("main/a")),
                () -> store.list("", Optional.empty(), 10),
                () -> store.delete(List.of(key("main/a"))),
                () -> store.delete(List.of(key("main/a"), key("main/b"))));
    }

    private static void assertAll(ObjectStore store, Class<? extends StorageException> kind, String... parts) {
        int number = 0;
        for (ThrowingCallable operation : operations(store)) {
            assertThatThrownBy(operation)
                    .as("operation %d", number++)
                    .isInstanceOf(kind)
                    .message()
                    .contains(parts)
                    .doesNotContain(SwiftServer.WRITER_KEY, SwiftServer.READER_KEY);
        }
    }

    private static void assertHint(ObjectStore store, String text) {
        assertThatThrownBy(() -> store.stat(key("main/a")))
                .isInstanceOf(StorageException.class)
                .satisfies(e -> assertThat(((StorageException) e).hint().orElse("no hint"))
                        .contains(text));
    }

    @Test
    void aWrongPasswordIsDenied() throws IOException {
        Path wrong = Files.writeString(directory.resolve("key"), "another-key-8c1d");

        try (ObjectStore store =
                SwiftStores.open(server.newContainer(), SwiftServer.WRITER, "password-file", wrong.toString())) {
            assertAll(store, StorageDenied.class, "could not log in", server.authUrl(), "401", SwiftServer.WRITER);
            assertHint(store, "openstack token issue");
            assertThatThrownBy(() -> store.stat(key("a"))).message().doesNotContain("another-key-8c1d");
        }
    }

    @Test
    void anAddressThatGivesNoTokensIsDenied() {
        try (ObjectStore store = SwiftStores.open(
                "any",
                SwiftServer.WRITER,
                "auth-url",
                "http://127.0.0.1:" + server.port() + "/elsewhere",
                "auth-version",
                "1")) {
            assertAll(store, StorageDenied.class, "could not log in", "'auth-url'");
            assertHint(store, "a Keystone address ends with /v3");
        }
    }

    @Test
    void aContainerThatIsMissingIsNeverAnAbsentObject() {
        try (ObjectStore store = SwiftStores.open("nowhere", SwiftServer.WRITER)) {
            assertAll(store, StorageDenied.class, "no container 'nowhere'", "openstack container create nowhere");
            assertHint(store, "Correct the container's name");
        }
        assertThatThrownBy(() -> new SwiftStoreProvider()
                        .createRoot(URI.create("swift://nowhere/x"), SwiftStores.options(SwiftServer.WRITER)))
                .isInstanceOf(StorageDenied.class)
                .hasMessageContaining("openstack container create nowhere");
    }

    @Test
    void aContainerThatIsThereIsEnoughForInit() throws StorageException {
        String container = server.newContainer();

        new SwiftStoreProvider()
                .createRoot(URI.create("swift://" + container + "/x"), SwiftStores.options(SwiftServer.WRITER));
    }

    @Test
    void aUserWithoutRightsIsDeniedEverything() {
        try (ObjectStore store = SwiftStores.open(server.newContainer(), SwiftServer.READER)) {
            assertAll(store, StorageDenied.class, "403", SwiftServer.READER);
            assertHint(store, "the right to read and write");
        }
    }

    @Test
    void aUserWhoMayOnlyReadIsDeniedWritesAndDeletions() throws IOException {
        String container = server.newContainer();
        try (ObjectStore owner = SwiftStores.open(container, SwiftServer.WRITER)) {
            put(owner, "main/a", new byte[] {1, 2});
        }
        server.account().done("POST", container, "", "X-Container-Read", SwiftServer.READER);

        try (ObjectStore store = SwiftStores.open(container, SwiftServer.READER)) {
            assertThat(read(store, "main/a")).containsExactly(1, 2);
            assertThat(keys(store, "")).containsExactly("main/a");
            assertThatThrownBy(() -> read(store, "main/b")).isInstanceOf(ObjectMissing.class);
            assertThatThrownBy(() -> put(store, "main/b", new byte[1])).isInstanceOf(StorageDenied.class);
            assertThatThrownBy(() -> put(store, "main/b", new byte[2_000_000])).isInstanceOf(StorageDenied.class);
            assertThatThrownBy(() -> store.delete(List.of(key("main/a")))).isInstanceOf(StorageDenied.class);
            assertThatThrownBy(() -> store.delete(List.of(key("main/a"), key("main/b"))))
                    .isInstanceOf(StorageDenied.class)
                    .hasMessageContaining("403");
            assertThat(read(store, "main/a")).containsExactly(1, 2);
        }
    }

    @Test
    void whatCannotBeReadBackIsNotSaidToBeAbsent() {
        String container = server.newContainer();
        server.account().done("POST", container, "", "X-Container-Write", SwiftServer.READER);

        try (ObjectStore store = SwiftStores.open(container, SwiftServer.READER)) {
            assertThatThrownBy(() -> put(store, "main/a", new byte[1]))
                    .isInstanceOf(StorageUnavailable.class)
                    .hasMessageContaining("could not be read back")
                    .hasMessageContaining("403");
        }
    }

    @Test
    void aQuotaThatIsReachedIsFull() throws IOException {
        String container = server.newContainer();
        server.account().done("POST", container, "", "X-Container-Meta-Quota-Bytes", "1500");

        try (ObjectStore store = SwiftStores.open(container, SwiftServer.WRITER)) {
            assertThatThrownBy(() -> put(store, "main/a", new byte[3_000_000]))
                    .isInstanceOf(StorageFull.class)
                    .hasMessageContaining("413");
            assertThat(store.stat(key("main/a"))).isEmpty();
            put(store, "main/b", new byte[1000]);
        }
    }

    @Test
    void bytesThatChangeOnTheirWayAreRefusedByTheStore() throws StorageException {
        AtomicInteger opened = new AtomicInteger();
        ObjectSource changing = new ObjectSource() {
            @Override
            public long sizeBytes() {
                return 100_000;
            }

            @Override
            public InputStream open() {
                byte[] bytes = new byte[100_000];
                bytes[70_000] = (byte) opened.incrementAndGet();
                return new ByteArrayInputStream(bytes);
            }
        };

        try (ObjectStore store = SwiftStores.open(server.newContainer(), SwiftServer.WRITER)) {
            assertThatThrownBy(() -> store.putIfAbsent(key("main/a"), changing))
                    .isInstanceOf(StorageUnavailable.class)
                    .hasMessageContaining("422");
            assertThat(store.stat(key("main/a"))).isEmpty();
        }
    }

    /** Swift answers 202 then, which is a success to everybody who does not know. */
    @Test
    void aWriteThatIsOlderThanADeletionIsNotTakenForStored() throws StorageException {
        String container = server.newContainer();
        server.deleteInTheFuture(container, "main/a");

        try (ObjectStore store = SwiftStores.open(container, SwiftServer.WRITER)) {
            assertThatThrownBy(() -> put(store, "main/a", new byte[5]))
                    .isInstanceOf(StorageUnavailable.class)
                    .hasMessageContaining("a newer object exists");
            assertThat(store.stat(key("main/a"))).isEmpty();
        }
    }

    @Test
    void anObjectThatHasExpiredIsAbsentThoughItMayBeListed() throws IOException {
        String container = server.newContainer();
        server.account().done("PUT", container + "/main/a", "x", "X-Delete-After", "1");

        try (ObjectStore store = SwiftStores.open(container, SwiftServer.WRITER)) {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> store.stat(key("main/a")).isEmpty());
            assertThatThrownBy(() -> read(store, "main/a")).isInstanceOf(ObjectMissing.class);
            put(store, "main/a", new byte[] {7});
            assertThat(read(store, "main/a")).containsExactly(7);
        }
    }

    @Test
    void namesThatCannotBeKeysAreNotListed() throws IOException {
        String container = server.newContainer();
        for (String name : List.of("%20a", ".hidden", "a%20b", "a%2F%2Fb", "main/x", "main%C3%A9", "z%3F")) {
            server.account().done("PUT", container + "/" + name, "x");
        }

        try (ObjectStore store = SwiftStores.open(container, SwiftServer.WRITER)) {
            assertThat(keys(store, "")).containsExactly("main/x");
            assertThat(store.list("", Optional.empty(), 1).more()).isFalse();
            put(store, "main/y", new byte[1]);
            assertThat(store.list("", Optional.empty(), 1).more()).isTrue();
        }
    }

    @Test
    void aLoginThatIsNeverAnsweredIsGivenUp() {
        try (FaultProxy proxy = FaultProxy.to(server.port());
                ObjectStore hurried = loggingInAt(proxy.port(), "connect-timeout", "1s", "read-timeout", "1s");
                ObjectStore store = loggingInAt(proxy.port())) {
            proxy.set(NetworkFault.cutDownAfter(0, NetworkFault.Ending.SILENCE));
            assertThatThrownBy(() -> hurried.stat(key("a")))
                    .isInstanceOf(StorageUnavailable.class)
                    .hasMessageContaining("could not log in");
            proxy.set(NetworkFault.httpStatus(503));
            assertThatThrownBy(() -> store.stat(key("a")))
                    .isInstanceOf(StorageUnavailable.class)
                    .hasMessageContaining("503");
        }
    }

    private static ObjectStore loggingInAt(int port, String... limits) {
        List<String> more = new ArrayList<>(List.of("auth-url", "http://127.0.0.1:" + port + "/auth/v1.0"));
        more.addAll(List.of(limits));
        return SwiftStores.open("any", SwiftServer.WRITER, more.toArray(String[]::new));
    }

    @Test
    void nobodyAtTheAddressOfTheLoginIsUnavailable() {
        try (ObjectStore store = SwiftStores.open(
                "any", SwiftServer.WRITER, "auth-url", "http://127.0.0.1:" + FreePort.next() + "/v1")) {
            assertAll(store, StorageUnavailable.class, "swift://any");
            assertHint(store, "Nothing listens at that port");
        }
    }

    /** The JDK reports an unknown host as a connection that failed. */
    @Test
    void anUnknownHostIsNamedAsOne() {
        try (ObjectStore store =
                SwiftStores.open("any", SwiftServer.WRITER, "auth-url", "http://keystone.invalid:5000/v1")) {
            assertHint(store, "The host name is unknown");
        }
    }
}
