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
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectMissing;

/** The part of {@link ObjectStoreContract} about {@link ObjectStore#delete}. */
interface DeleteContract {
    ObjectStore store();

    @Test
    default void deletingRemovesWhatIsNamedAndNothingElse() throws IOException {
        for (String key : List.of("a/b/c", "a/b/d", "a/bc", "e")) {
            put(store(), key, key.getBytes(UTF_8));
        }

        store().delete(List.of(key("a/b/c"), key("e")));

        assertThat(keys(store(), "")).containsExactly("a/b/d", "a/bc");
        assertThat(store().stat(key("a/b/c"))).isEmpty();
        assertThatThrownBy(() -> read(store(), "e")).isInstanceOf(ObjectMissing.class);
        assertThat(read(store(), "a/b/d")).asString().isEqualTo("a/b/d");
    }

    @Test
    default void deletingWhatIsNotThereDoesNotMatter() throws IOException {
        put(store(), "a/b", new byte[1]);

        store().delete(List.of());
        store().delete(List.of(key("a/c"), key("x/y/z"), key("a")));
        store().delete(List.of(key("a/b"), key("a/b")));
        store().delete(List.of(key("a/b")));

        assertThat(keys(store(), "")).isEmpty();
    }

    @Test
    default void aDeletedKeyCanBePutAgain() throws IOException {
        put(store(), "a/b/c", new byte[] {1});
        store().delete(List.of(key("a/b/c")));

        put(store(), "a/b/c", new byte[] {2});

        assertThat(read(store(), "a/b/c")).containsExactly(2);
    }
}
