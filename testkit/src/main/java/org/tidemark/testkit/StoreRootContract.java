// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageUnavailable;

/** A disk that is not mounted must never look like an empty store. */
public abstract class StoreRootContract extends DirectoryContract {
    private Path directory = Path.of("/nowhere");

    protected StoreRootContract(DirectoryStores stores) {
        super(stores);
    }

    @BeforeEach
    final void makeDirectory() throws IOException {
        directory = directory();
    }

    @Test
    void aMissingRootIsUnavailableInEveryOperation() {
        assertNothingCanBeTold(open(directory.resolve("missing")));
        assertNothingCanBeTold(open(directory.resolve("no/where")));
        assertThat(directory.resolve("missing")).doesNotExist();
    }

    @Test
    void aRootThatIsAFileIsUnavailable() throws IOException {
        assertNothingCanBeTold(open(Files.createFile(directory.resolve("file"))));
    }

    @Test
    void aRootThatIsALinkToNowhereIsUnavailable() throws IOException {
        assertNothingCanBeTold(open(Files.createSymbolicLink(directory.resolve("link"), directory.resolve("missing"))));
    }

    @Test
    void aRootThatVanishesIsNotBelievedToBeEmpty() throws IOException {
        Path root = Files.createDirectory(directory.resolve("root"));
        ObjectStore store = open(root);
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
        ObjectStore store = open(Files.createSymbolicLink(directory.resolve("link"), real));

        put(store, "main/a", new byte[] {1});

        assertThat(read(store, "main/a")).containsExactly(1);
        assertThat(StoreAccess.keys(store, "")).containsExactly("main/a");
    }

    @Test
    void theRootIsMadeWithAllAboveItAndMakingItAgainDoesNothing() throws IOException {
        Path root = directory.resolve("new/er/root");

        createRoot(root);
        ObjectStore store = open(root);
        put(store, "main/a", new byte[] {1});
        createRoot(root);

        assertThat(read(store, "main/a")).containsExactly(1);
    }

    @Test
    void aRootIsNotMadeOverAFile() throws IOException {
        Path file = Files.createFile(directory.resolve("file"));

        assertThatThrownBy(() -> createRoot(file)).isInstanceOf(StorageUnavailable.class);
        assertThatThrownBy(() -> createRoot(file.resolve("below"))).isInstanceOf(StorageUnavailable.class);
    }

    @Test
    void aDirectoryAtTheNameOfAnObjectIsNotOverwritten() throws IOException {
        ObjectStore store = open(directory);
        put(store, "a/b", new byte[1]);

        assertThatThrownBy(() -> put(store, "a", new byte[1]))
                .isInstanceOf(StorageDenied.class)
                .hasMessageContaining("is a directory");
        assertThatThrownBy(() -> put(store, "a/b/c", new byte[1])).isInstanceOf(StorageDenied.class);
        assertThat(store.stat(key("a/b/c"))).isEmpty();
        assertThat(StoreAccess.keys(store, "a/b/")).isEmpty();
        assertThat(StoreAccess.keys(store, "")).containsExactly("a/b");
    }

    protected static void assertNothingCanBeTold(ObjectStore store) {
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
