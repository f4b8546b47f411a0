// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;

/** The documents of one listing, out of this host's cache where that has them. Thread-safe. */
final class ListedDocuments {
    private final Optional<DocumentCache> cache;
    private final List<ObjectInfo> listed;
    private final Map<ObjectKey, byte[]> cached;
    private final Map<ObjectKey, byte[]> read = new ConcurrentHashMap<>();
    private final Set<ObjectKey> fetched = ConcurrentHashMap.newKeySet();

    /** @param listed in order of age, the newest last */
    ListedDocuments(Optional<DocumentCache> cache, List<ObjectInfo> listed) {
        this.cache = cache;
        this.listed = List.copyOf(listed);
        this.cached = cache.isEmpty()
                ? Map.of()
                : cache.get().read(listed.stream().collect(Collectors.toMap(ObjectInfo::key, Function.identity())));
    }

    /** Fetches a document from the store. */
    interface Source {
        byte[] fetch() throws IOException;
    }

    /** Reads a document. */
    interface Decoder<T> {
        /**
         * What the document says.
         *
         * @param isIntact it was checked when it came into the cache, and was not changed in there
         */
        T decode(byte[] document, boolean isIntact) throws IOException;
    }

    /** The decoded document. If the one in the cache cannot be decoded, it is read from the store. */
    <T> T read(ObjectKey key, Source source, Decoder<T> decoder) throws IOException {
        byte[] known = cached.get(key);
        if (known != null) {
            try {
                T decoded = decoder.decode(known, true);
                read.put(key, known);
                return decoded;
            } catch (DamagedObjectException | UserFacingException e) {
                // The copy in the store decides.
            }
        }
        byte[] document = source.fetch();
        T decoded = decoder.decode(document, false);
        if (cache.isPresent()) {
            read.put(key, document);
            fetched.add(key);
        }
        return decoded;
    }

    /** Saves what was read for the next time. */
    void save() {
        cache.ifPresent(each -> each.write(listed, read, fetched));
    }
}
