// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.keys;
import static org.tidemark.testkit.StoreAccess.list;
import static org.tidemark.testkit.StoreAccess.put;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;

/** The part of {@link ObjectStoreContract} about {@link ObjectStore#list}. */
interface ListContract {
    /** Hyphen and dot come before the slash, digits and letters after it: byte order is not the order of a tree. */
    List<String> IN_BYTE_ORDER = List.of(
            "A", "a-", "a-b/c", "a.b", "a/-", "a/b-c/d", "a/b.c", "a/b/c", "a/b/d/e", "a/b0", "a/bB", "a/b_", "a0",
            "aB", "a_", "ab", "b", "ba");

    ObjectStore store();

    @Test
    default void anEmptyStoreListsNothing() throws StorageException {
        assertThat(store().list("", Optional.empty(), 1)).isEqualTo(new ObjectPage(List.of(), false));
        assertThat(store().list("main/", Optional.empty(), 1000)).isEqualTo(new ObjectPage(List.of(), false));
        assertThat(store().list("", Optional.of(key("main/x")), 10)).isEqualTo(new ObjectPage(List.of(), false));
    }

    @Test
    default void keysAreListedInByteOrderInPagesOfAnySize() throws Exception {
        putAll(IN_BYTE_ORDER.reversed());

        for (int limit = 1; limit <= IN_BYTE_ORDER.size() + 1; limit++) {
            assertThat(list(store(), "", limit).stream().map(info -> info.key().value()))
                    .as("pages of %d", limit)
                    .containsExactlyElementsOf(IN_BYTE_ORDER);
        }
    }

    @Test
    default void aPageSaysWhetherMoreFollows() throws Exception {
        putAll(List.of("x/1", "x/2", "x/3", "y"));

        assertThat(store().list("x/", Optional.empty(), 2).more()).isTrue();
        assertThat(store().list("x/", Optional.empty(), 3).more()).isFalse();
        assertThat(store().list("", Optional.empty(), 3).more()).isTrue();
        assertThat(store().list("", Optional.of(key("x/1")), 3).more()).isFalse();
    }

    @Test
    default void aPrefixSelectsByCharacters() throws Exception {
        putAll(IN_BYTE_ORDER);

        for (String prefix : List.of("a", "a/", "a/b", "a/b/", "a/b-c/", "a/b/c", "b", "c", "a/b/c/", "a-")) {
            assertThat(keys(store(), prefix))
                    .as("prefix '%s'", prefix)
                    .containsExactlyElementsOf(IN_BYTE_ORDER.stream()
                            .filter(key -> key.startsWith(prefix))
                            .toList());
        }
    }

    @Test
    default void aListingContinuesAfterAnyKeyWhetherOrNotItExists() throws Exception {
        NavigableSet<String> stored = new TreeSet<>(IN_BYTE_ORDER);
        putAll(stored);
        List<String> positions = new ArrayList<>(IN_BYTE_ORDER);
        positions.addAll(List.of("0", "a", "a/b", "a/b/", "a/b/d", "a/b/zz", "a/b-", "a/c", "a1", "zzz"));

        for (String after : positions.stream().filter(ObjectKey::isKey).toList()) {
            for (String prefix : List.of("", "a", "a/", "a/b/", "b")) {
                assertThat(store().list(prefix, Optional.of(key(after)), 1000).objects())
                        .as("prefix '%s' after '%s'", prefix, after)
                        .extracting(info -> info.key().value())
                        .containsExactlyElementsOf(stored.tailSet(after, false).stream()
                                .filter(key -> key.startsWith(prefix))
                                .toList());
            }
        }
    }

    @Test
    default void anyKeysAreListedAsASortedSetWouldListThem() throws Exception {
        Random random = Rounds.random();
        int rounds = Rounds.of(4, 200);
        for (int round = 0; round < rounds; round++) {
            NavigableSet<String> stored = new TreeSet<>();
            while (stored.size() < 15) {
                RandomKeys.addTo(stored, random);
            }
            putAll(stored);

            int limit = 1 + random.nextInt(5);
            assertThat(list(store(), "", limit).stream().map(info -> info.key().value()))
                    .as("pages of %d", limit)
                    .containsExactlyElementsOf(stored);
            store().delete(stored.stream().map(ObjectKey::new).toList());
        }
        assertThat(keys(store(), "")).isEmpty();
    }

    @Test
    default void moreThanOnePageIsListedWholeAndDeletedAtOnce() throws Exception {
        List<String> stored = new ArrayList<>();
        for (int i = 0; i <= ObjectStore.MAX_PAGE; i++) {
            stored.add("many/" + (10_000 + i));
        }
        putMany(stored);

        ObjectPage first = store().list("many/", Optional.empty(), ObjectStore.MAX_PAGE);
        assertThat(first.more()).isTrue();
        assertThat(first.objects()).hasSize(ObjectStore.MAX_PAGE);
        assertThat(keys(store(), "")).isEqualTo(stored);
        store().delete(stored.stream().map(ObjectKey::new).toList());
        assertThat(keys(store(), "")).isEmpty();
    }

    @Test
    default void aListingSaysOfEachObjectWhatStatSays() throws Exception {
        put(store(), "main/one", new byte[17]);
        put(store(), "main/two", new byte[0]);

        for (ObjectInfo listed : list(store(), "", 10)) {
            assertThat(store().stat(listed.key())).contains(listed);
        }
    }

    @Test
    default void whatCannotBeAskedForIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> store().list("", Optional.empty(), 0));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> store().list("", Optional.empty(), ObjectStore.MAX_PAGE + 1));
        for (String prefix : List.of("/", "../", "a//", "a/../", ".", "a b")) {
            assertThatIllegalArgumentException().as(prefix).isThrownBy(() -> store().list(prefix, Optional.empty(), 1));
        }
    }

    /**
     * Stores a thousand small objects. Where each takes the store a process or more, a test may put them into its place
     * without it.
     */
    default void putMany(Collection<String> keys) throws Exception {
        putAll(keys);
    }

    private void putAll(Collection<String> keys) throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Future<?>> puts = new ArrayList<>();
            for (String key : keys) {
                puts.add(threads.submit(() -> {
                    put(store(), key, new byte[key.length()]);
                    return key;
                }));
            }
            for (Future<?> put : puts) {
                put.get();
            }
        }
    }
}
