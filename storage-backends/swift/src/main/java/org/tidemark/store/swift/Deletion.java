// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.swift.ContainerListing.Entry;
import org.tidemark.store.swift.SwiftErrors.Doing;

/**
 * Removes objects, many in one request, and large ones with their segments. Such requests are always answered by 200:
 * what came of them stands in the body. Immutable.
 */
record Deletion(Container container, ContainerListing listing) {
    private static final int MAX_BATCH = 1000;

    void delete(Collection<ObjectKey> keys) throws StorageException {
        List<ObjectKey> all = keys.stream().distinct().sorted().toList();
        for (int from = 0; from < all.size(); from += MAX_BATCH) {
            deleteBatch(all.subList(from, Math.min(from + MAX_BATCH, all.size())));
        }
    }

    private void deleteBatch(List<ObjectKey> keys) throws StorageException {
        Set<ObjectKey> large = withSegments(keys);
        List<String> plain = new ArrayList<>();
        for (ObjectKey key : keys) {
            if (large.contains(key)) {
                deleteLarge(key.value());
            } else {
                plain.add(key.value());
            }
        }
        deleteNames(plain);
    }

    /**
     * Those of the keys that have segments. Where the listing does not show yet that one has, its segments stay behind,
     * and are found later as those of an unfinished upload.
     */
    private Set<ObjectKey> withSegments(List<ObjectKey> keys) throws StorageException {
        TreeMap<String, ObjectKey> wanted = new TreeMap<>();
        keys.forEach(key -> wanted.put(SegmentName.BEGIN + key + "/", key));
        Set<ObjectKey> found = new HashSet<>();
        String marker = wanted.firstKey();
        while (true) {
            List<Entry> entries = listing.names(commonBeginning(wanted), marker, ObjectStore.MAX_PAGE);
            for (Entry entry : entries) {
                var before = wanted.floorEntry(entry.name());
                if (before != null && entry.name().startsWith(before.getKey())) {
                    found.add(before.getValue());
                }
            }
            if (entries.size() < ObjectStore.MAX_PAGE) {
                return found;
            }
            // On to the next key that is asked for, over the segments of all others.
            String last = entries.getLast().name();
            String next = wanted.higherKey(last);
            if (next == null && !last.startsWith(wanted.lastKey())) {
                return found;
            }
            marker = next == null ? last : next;
        }
    }

    private static String commonBeginning(TreeMap<String, ObjectKey> names) {
        String first = names.firstKey();
        String last = names.lastKey();
        int length = 0;
        while (length < first.length() && length < last.length() && first.charAt(length) == last.charAt(length)) {
            length++;
        }
        return first.substring(0, length);
    }

    /** Removes objects that have no segments, or whose segments are to stay. */
    void deleteNames(List<String> names) throws StorageException {
        if (names.size() > 1 && deleteTogether(names)) {
            return;
        }
        for (String name : names) {
            deleteOne(name);
        }
    }

    private void deleteOne(String name) throws StorageException {
        try (Answer answer = container.send(SwiftRequest.of("DELETE", container.path(name)), Doing.DELETE, name)) {
            if (answer.status() == 404) {
                container.require(Doing.DELETE, name);
            } else if (answer.status() / 100 != 2) {
                throw container.errors().refused(Doing.DELETE, name, answer.status());
            }
        }
    }

    /** False if the store knows no such request. */
    private boolean deleteTogether(List<String> names) throws StorageException {
        StringBuilder lines = new StringBuilder();
        names.forEach(name -> lines.append(container.path(name)).append('\n'));
        byte[] body = lines.toString().getBytes(StandardCharsets.UTF_8);
        String about = names.getFirst();
        SwiftRequest request = SwiftRequest.of(
                        "POST", "?bulk-delete", "Content-Type", "text/plain", "Accept", "application/json")
                .sending(Slice.whole(new ObjectKey("deletion"), ObjectSource.of(body)));
        try (Answer answer = container.send(request, Doing.DELETE, about)) {
            return switch (answer.status()) {
                case 200 -> {
                    DeletionAnswer.read(answer.json(), about).requireDone(container);
                    yield true;
                }
                // Without that service it is a request of another meaning, which does nothing.
                case 202, 204, 400, 403, 404, 405, 501 -> false;
                default -> throw container.errors().refused(Doing.DELETE, about, answer.status());
            };
        } catch (IOException e) {
            throw container.errors().of(Doing.DELETE, about, e);
        }
    }

    /** With its segments; where those are left over, and the object has none, they are not its own. */
    private void deleteLarge(String name) throws StorageException {
        Optional<StoredObject> found = container.headNewest(Doing.DELETE, name);
        if (found.isEmpty() || found.get().upload().isEmpty()) {
            deleteOne(name);
            return;
        }
        SwiftRequest request = SwiftRequest.of(
                "DELETE", container.path(name) + "?multipart-manifest=delete", "Accept", "application/json");
        try (Answer answer = container.send(request, Doing.DELETE, name)) {
            if (answer.status() != 200) {
                throw container.errors().refused(Doing.DELETE, name, answer.status());
            }
            DeletionAnswer.read(answer.json(), name).requireDone(container);
        } catch (IOException e) {
            throw container.errors().of(Doing.DELETE, name, e);
        }
    }
}
