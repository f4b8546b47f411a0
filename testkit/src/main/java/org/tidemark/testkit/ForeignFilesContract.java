// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.keys;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageUnavailable;

/** What others, or accidents, leave in the directory of a store. */
public abstract class ForeignFilesContract extends DirectoryContract {
    private Path root = Path.of("/nowhere");
    private Path outside = Path.of("/nowhere");
    private ObjectStore store;

    protected ForeignFilesContract(DirectoryStores stores) {
        super(stores);
    }

    @BeforeEach
    final void keepASecretOutside() throws IOException {
        root = directory();
        outside = directory();
        store = open(root);
        Files.writeString(outside.resolve("secret"), "secret");
    }

    @Test
    void aPipeAtTheNameOfAnObjectStopsNobody() throws Exception {
        assertThat(new ProcessBuilder("mkfifo", root.resolve("pipe").toString())
                        .start()
                        .waitFor())
                .isZero();

        assertThatThrownBy(() -> read(store, "pipe")).isInstanceOf(StorageDenied.class);
        assertThatThrownBy(() -> put(store, "pipe", new byte[1])).isInstanceOf(StorageDenied.class);
        assertThatThrownBy(() -> keys(store, "")).isInstanceOf(StorageDenied.class);
        put(store, "main/a", new byte[1]);
        assertThat(read(store, "main/a")).hasSize(1);
    }

    @Test
    void aLinkAtTheNameOfAnObjectIsNeitherFollowedNorTakenForAbsent() throws IOException {
        Files.createSymbolicLink(root.resolve("planted"), outside.resolve("secret"));
        Files.createSymbolicLink(root.resolve("dangling"), outside.resolve("missing"));

        for (String name : List.of("planted", "dangling")) {
            assertThatThrownBy(() -> read(store, name)).isInstanceOf(StorageDenied.class);
            assertThatThrownBy(() -> store.stat(key(name))).isInstanceOf(StorageDenied.class);
            assertThatThrownBy(() -> put(store, name, new byte[1])).isInstanceOf(StorageDenied.class);
            assertThatThrownBy(() -> keys(store, name))
                    .isInstanceOf(StorageDenied.class)
                    .hasMessageContaining(name);
        }
        assertThat(outside.resolve("missing")).doesNotExist();
        assertThat(outside.resolve("secret")).hasContent("secret");
    }

    @Test
    void aLinkInThePlaceOfADirectoryIsNotFollowed() throws IOException {
        Files.createSymbolicLink(root.resolve("main"), outside);

        assertThatThrownBy(() -> read(store, "main/secret")).isInstanceOf(StorageDenied.class);
        assertThatThrownBy(() -> store.stat(key("main/secret"))).isInstanceOf(StorageDenied.class);
        assertThatThrownBy(() -> put(store, "main/new", new byte[1])).isInstanceOf(StorageDenied.class);
        assertThatThrownBy(() -> store.delete(List.of(key("main/secret")))).isInstanceOf(StorageDenied.class);
        assertThatThrownBy(() -> keys(store, "main/")).isInstanceOf(StorageDenied.class);
        assertThatThrownBy(() -> keys(store, "")).isInstanceOf(StorageDenied.class);
        assertThat(outside.resolve("secret")).hasContent("secret");
        assertThat(outside.resolve("new")).doesNotExist();
    }

    @Test
    void deletingALinkLeavesWhatItLeadsTo() throws IOException {
        Files.createSymbolicLink(root.resolve("planted"), outside.resolve("secret"));

        store.delete(List.of(key("planted")));

        assertThat(root.resolve("planted")).doesNotExist();
        assertThat(outside.resolve("secret")).hasContent("secret");
    }

    @Test
    void namesThatCannotBeKeysAreNotListed() throws IOException {
        put(store, "main/a", new byte[1]);
        Files.writeString(root.resolve("main/.tmp-0123456789abcdef"), "what a dead writer left");
        Files.createDirectory(root.resolve("lost+found"));
        Files.writeString(root.resolve("main/a b"), "a name with a space");
        Files.createDirectories(root.resolve("empty/directory"));

        assertThat(keys(store, "")).containsExactly("main/a");
    }

    @Test
    void directoriesThatBecomeEmptyGoAndTheRootStays() throws IOException {
        put(store, "a/b/c/d", new byte[1]);
        put(store, "a/e", new byte[1]);

        store.delete(List.of(key("a/b/c/d")));
        assertThat(root.resolve("a/b")).doesNotExist();
        assertThat(root.resolve("a/e")).exists();
        store.delete(List.of(key("a/e")));
        assertThat(root).isEmptyDirectory();
    }

    @Test
    void aFileThatIsCutWhileItIsReadIsAnErrorAndNotAnEnd() throws IOException {
        put(store, "main/a", "x".repeat(3_000_000).getBytes(UTF_8));

        try (InputStream stream = store.open(key("main/a"), ByteRange.ALL);
                FileChannel file = FileChannel.open(root.resolve("main/a"), StandardOpenOption.WRITE)) {
            assertThat(stream.readNBytes(1000)).hasSize(1000);
            file.truncate(2_000_000);
            assertThatThrownBy(stream::readAllBytes)
                    .isInstanceOf(StorageUnavailable.class)
                    .hasMessageContaining("main/a");
            assertThatThrownBy(stream::read).isInstanceOf(StorageUnavailable.class);
        }
    }
}
