// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.keys;
import static org.tidemark.testkit.StoreAccess.put;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.PrefixStore;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.store.UnfinishedUploads;
import org.tidemark.store.UnfinishedUploads.Upload;

/** Temporary files of writers that died, in a store whose objects are files of a directory. */
public abstract class UnfinishedUploadsContract extends DirectoryContract {
    private static final Instant LONG_AGO = Instant.parse("2026-11-01T00:00:00Z");
    private static final Instant YESTERDAY = Instant.parse("2026-11-19T00:00:00Z");

    private Path root = Path.of("/nowhere");
    private ObjectStore store;

    protected UnfinishedUploadsContract(DirectoryStores stores) {
        super(stores);
    }

    @BeforeEach
    final void putAnother() throws IOException {
        root = directory();
        store = open(root);
        put(store, "main/wal/object", new byte[1]);
    }

    @Test
    void whatADeadWriterLeftIsFoundByItsAgeAndRemoved() throws IOException {
        Path old = leftover("main/wal/.tmp-1a", LONG_AGO);
        Path young = leftover("main/.tmp-2b", YESTERDAY);
        UnfinishedUploads uploads = store.unfinishedUploads().orElseThrow();

        List<Upload> found = uploads.begunBefore("", YESTERDAY, 10);
        assertThat(found).containsExactly(new Upload(key("main/wal/tmp-1a"), "main/wal/.tmp-1a", LONG_AGO));
        assertThat(uploads.begunBefore("other/", YESTERDAY, 10)).isEmpty();

        uploads.abort(found.getFirst());
        uploads.abort(found.getFirst());

        assertThat(old).doesNotExist();
        assertThat(young).exists();
        assertThat(keys(store, "")).containsExactly("main/wal/object");
    }

    @Test
    void theyAreSeenBelowAPrefixAsWell() throws IOException {
        leftover("main/wal/.tmp-1a", LONG_AGO);
        UnfinishedUploads uploads =
                new PrefixStore(store, "main/").unfinishedUploads().orElseThrow();

        List<Upload> found = uploads.begunBefore("wal/", YESTERDAY, 10);

        assertThat(found.getFirst().key()).isEqualTo(key("wal/tmp-1a"));
        uploads.abort(found.getFirst());
        assertThat(uploads.begunBefore("", YESTERDAY, 10)).isEmpty();
    }

    @Test
    void theyAreSeenThroughARootThatIsASymbolicLink() throws IOException {
        Path old = leftover("main/.tmp-1a", LONG_AGO);
        UnfinishedUploads uploads = open(Files.createSymbolicLink(directory().resolve("link"), root))
                .unfinishedUploads()
                .orElseThrow();

        List<Upload> found = uploads.begunBefore("", YESTERDAY, 10);

        assertThat(found).containsExactly(new Upload(key("main/tmp-1a"), "main/.tmp-1a", LONG_AGO));
        uploads.abort(found.getFirst());
        assertThat(old).doesNotExist();
    }

    @Test
    void noMoreAreGivenThanAreAskedForAndNoneBelowForeignNamesOrLinks() throws IOException {
        for (int number = 0; number < 5; number++) {
            leftover("main/.tmp-" + number, LONG_AGO);
        }
        Files.createDirectory(root.resolve("lost+found"));
        leftover("lost+found/.tmp-9", LONG_AGO);
        Files.createSymbolicLink(root.resolve("linked"), root.resolve("main"));
        UnfinishedUploads uploads = store.unfinishedUploads().orElseThrow();

        assertThat(uploads.begunBefore("", YESTERDAY, 3)).hasSize(3);
        assertThat(uploads.begunBefore("", YESTERDAY, 10))
                .hasSize(5)
                .allSatisfy(upload -> assertThat(upload.id()).startsWith("main/.tmp-"));
        assertThat(uploads.begunBefore("none/", YESTERDAY, 10)).isEmpty();
    }

    @Test
    void aRootThatIsNotThereIsNeverEmpty() {
        ObjectStore none = open(root.resolve("none"));

        assertThatThrownBy(() -> none.unfinishedUploads().orElseThrow().begunBefore("", YESTERDAY, 10))
                .isInstanceOf(StorageUnavailable.class)
                .hasMessageContaining("is it mounted?");
    }

    @Test
    void nothingElseIsEverRemoved() {
        UnfinishedUploads uploads = store.unfinishedUploads().orElseThrow();

        for (String id : List.of("main/wal/object", "../.tmp-1", "main", "main/.tmp-1/..", ".tmp-", "a//.tmp-1")) {
            assertThatThrownBy(() -> uploads.abort(new Upload(key("x"), id, LONG_AGO)))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    private Path leftover(String path, Instant changed) throws IOException {
        Path file = Files.write(root.resolve(path), new byte[10]);
        Files.setLastModifiedTime(file, FileTime.from(changed));
        return file;
    }
}
