// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.OpenSshServer;
import org.tidemark.testkit.StoreAccess;

/** A disk that is not mounted must never look like an empty store. */
class SftpRootTest {
    private final OpenSshServer server = ServedStore.server();
    private final Path directory = server.newDirectory();
    private final SftpStoreProvider provider = new SftpStoreProvider();
    private final List<ObjectStore> opened = new ArrayList<>();

    private ObjectStore store(Path root) {
        ObjectStore store = ServedStore.open(server, root, Map.of());
        opened.add(store);
        return store;
    }

    private URI address(Path root) {
        return ServedStore.address(server, server.port(), root);
    }

    private Map<String, String> options() {
        return ServedStore.options(server, Map.of());
    }

    @AfterEach
    void closeStores() {
        opened.forEach(ObjectStore::close);
    }

    @Test
    void aMissingRootIsUnavailableInEveryOperation() {
        assertNothingCanBeTold(store(directory.resolve("missing")));
        assertNothingCanBeTold(store(directory.resolve("no/where")));
        assertThat(directory.resolve("missing")).doesNotExist();
    }

    @Test
    void aRootThatIsAFileIsUnavailable() throws IOException {
        assertNothingCanBeTold(store(Files.createFile(directory.resolve("file"))));
    }

    @Test
    void aRootThatIsALinkToNowhereIsUnavailable() throws IOException {
        assertNothingCanBeTold(
                store(Files.createSymbolicLink(directory.resolve("link"), directory.resolve("missing"))));
    }

    @Test
    void aRootThatVanishesIsNotBelievedToBeEmpty() throws IOException {
        Path root = Files.createDirectory(directory.resolve("root"));
        ObjectStore store = store(root);
        put(store, "main/a", new byte[100]);
        try (InputStream open = store.open(key("main/a"), ByteRange.ALL)) {
            Files.move(root, directory.resolve("elsewhere"));

            assertThat(open.readAllBytes()).hasSize(100);
        }
        assertNothingCanBeTold(store);
    }

    @Test
    void aRootMayBeALinkToADirectory() throws IOException {
        Path real = Files.createDirectory(directory.resolve("real"));
        ObjectStore store = store(Files.createSymbolicLink(directory.resolve("link"), real));

        put(store, "main/a", new byte[] {1});

        assertThat(read(store, "main/a")).containsExactly(1);
        assertThat(StoreAccess.keys(store, "")).containsExactly("main/a");
    }

    @Test
    void theRootIsMadeWithAllAboveItAndMakingItAgainDoesNothing() throws IOException {
        Path root = directory.resolve("new/er/root");

        provider.createRoot(address(root), options());
        ObjectStore store = store(root);
        put(store, "main/a", new byte[] {1});
        provider.createRoot(address(root), options());

        assertThat(read(store, "main/a")).containsExactly(1);
    }

    @Test
    void aRootIsNotMadeOverAFile() throws IOException {
        Path file = Files.createFile(directory.resolve("file"));

        assertThatThrownBy(() -> provider.createRoot(address(file), options())).isInstanceOf(StorageUnavailable.class);
        assertThatThrownBy(() -> provider.createRoot(address(file.resolve("below")), options()))
                .isInstanceOf(StorageUnavailable.class);
    }

    @Test
    void aDirectoryAtTheNameOfAnObjectIsNotOverwritten() throws IOException {
        ObjectStore store = store(directory);
        put(store, "a/b", new byte[1]);

        assertThatThrownBy(() -> put(store, "a", new byte[1]))
                .isInstanceOf(StorageDenied.class)
                .hasMessageContaining("is a directory");
        assertThatThrownBy(() -> put(store, "a/b/c", new byte[1])).isInstanceOf(StorageDenied.class);
        assertThat(store.stat(key("a/b/c"))).isEmpty();
        assertThat(StoreAccess.keys(store, "a/b/")).isEmpty();
        assertThat(StoreAccess.keys(store, "")).containsExactly("a/b");
    }

    private static void assertNothingCanBeTold(ObjectStore store) {
        List<ThrowingCallable> operations = List.of(
                () -> put(store, "main/a", new byte[1]),
                () -> store.open(key("main/a"), ByteRange.ALL),
                () -> store.stat(key("main/a")),
                () -> store.stat(key("a")),
                () -> store.list("", Optional.empty(), 10),
                () -> store.list("main/", Optional.empty(), 10),
                () -> store.delete(List.of(key("main/a"))));
        for (ThrowingCallable operation : operations) {
            assertThatThrownBy(operation).isInstanceOf(StorageUnavailable.class).hasMessageContaining("is it mounted?");
        }
    }
}
