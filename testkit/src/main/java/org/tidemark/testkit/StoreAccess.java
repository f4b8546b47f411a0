// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;

/** What tests do with a store all the time. */
public final class StoreAccess {
    private StoreAccess() {}

    public static ObjectKey key(String value) {
        return new ObjectKey(value);
    }

    public static void put(ObjectStore store, String key, byte[] bytes) throws StorageException {
        store.putIfAbsent(new ObjectKey(key), ObjectSource.of(bytes));
    }

    /** The whole object. */
    public static byte[] read(ObjectStore store, String key) throws IOException {
        return read(store, key, ByteRange.ALL);
    }

    public static byte[] read(ObjectStore store, String key, ByteRange range) throws IOException {
        try (InputStream stream = store.open(new ObjectKey(key), range)) {
            return stream.readAllBytes();
        }
    }

    /** Every object of a prefix, in the order of the pages. */
    public static List<ObjectInfo> list(ObjectStore store, String prefix, int pageLimit) throws StorageException {
        List<ObjectInfo> all = new ArrayList<>();
        Optional<ObjectKey> after = Optional.empty();
        ObjectPage page;
        do {
            page = store.list(prefix, after, pageLimit);
            all.addAll(page.objects());
            after = page.more() ? Optional.of(all.getLast().key()) : after;
        } while (page.more());
        return all;
    }

    /** Every key of a prefix, in the order of the listing. */
    public static List<String> keys(ObjectStore store, String prefix) throws StorageException {
        return list(store, prefix, ObjectStore.MAX_PAGE).stream()
                .map(info -> info.key().value())
                .toList();
    }

    public static byte[] randomBytes(Random random, int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }
}
