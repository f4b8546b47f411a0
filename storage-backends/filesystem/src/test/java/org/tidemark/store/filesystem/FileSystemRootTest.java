// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.filesystem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.StoreAccess;

/** A disk that is not mounted must never look like an empty store. */
class FileSystemRootTest {
    @TempDir
    Path directory;

    private final FileSystemStoreProvider provider = new FileSystemStoreProvider();

    private ObjectStore store(Path root) {
        return new FileSystemStore(new FileSystemConfig(root, Access.PRIVATE));
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
    void aRootBelowADiskThatWasUnmountedIsNotTheStore() throws IOException {
        Path root = Files.createDirectory(directory.resolve("root"));
        ObjectStore store = store(root);
        put(store, "main/a", new byte[100]);

        Files.move(root, directory.resolve("elsewhere"));
        Files.createDirectory(root);

        assertNothingCanBeTold(store);
        assertThat(root).isEmptyDirectory();
    }

    @Test
    void aRootThatIsUnmountedWhileAnObjectIsWrittenHasNotTakenIt() throws IOException {
        Path root = Files.createDirectory(directory.resolve("root"));
        ObjectStore store = store(root);
        ObjectSource unmounting = new ObjectSource() {
            @Override
            public long sizeBytes() {
                return 1;
            }

            @Override
            public InputStream open() throws IOException {
                Files.move(root, directory.resolve("elsewhere"));
                Files.createDirectory(root);
                for (Path part : List.of(Path.of("main"), Path.of("main/wal"))) {
                    Files.createDirectory(root.resolve(part));
                }
                // The temporary file stands there as well, as if the first directory had been made after the
                // unmounting.
                try (DirectoryStream<Path> files = Files.newDirectoryStream(directory.resolve("elsewhere/main/wal"))) {
                    for (Path file : files) {
                        Files.createLink(root.resolve("main/wal").resolve(file.getFileName()), file);
                    }
                }
                return new ByteArrayInputStream(new byte[1]);
            }
        };

        assertThatThrownBy(() -> store.putIfAbsent(key("main/wal/a"), unmounting))
                .isInstanceOf(StorageUnavailable.class)
                .hasMessageContaining("another directory");
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
        URI address = URI.create("file://" + root);

        provider.createRoot(address, Map.of());
        ObjectStore store = provider.open(address, Map.of());
        put(store, "main/a", new byte[] {1});
        provider.createRoot(address, Map.of());

        assertThat(read(store, "main/a")).containsExactly(1);
    }

    @Test
    void aRootIsNotMadeOverAFile() throws IOException {
        Path file = Files.createFile(directory.resolve("file"));

        assertThatThrownBy(() -> provider.createRoot(URI.create("file://" + file), Map.of()))
                .isInstanceOf(StorageUnavailable.class);
        assertThatThrownBy(() -> provider.createRoot(URI.create("file://" + file + "/below"), Map.of()))
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
