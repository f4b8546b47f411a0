// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.JsonObject;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;

/** Lists a container in Swift's byte order of names. Immutable. */
record SwiftListing(SwiftContainer container) {
    /** One more than a page, to know whether more follows; Swift allows up to 10,000. */
    private static final int MAX_NAMES = ObjectStore.MAX_PAGE + 1;

    /** An entry of a listing. Immutable. */
    record Entry(String name, long sizeBytes, Instant stored) {}

    /** Names that cannot be keys are left out. */
    ObjectPage page(String prefix, Optional<ObjectKey> after, int limit) throws StorageException {
        List<ObjectInfo> found = new ArrayList<>();
        String marker = after.isPresent() ? after.get().value() : "";
        while (true) {
            int asked = limit + 1 - found.size();
            List<Entry> entries = names(prefix, marker, asked);
            for (Entry entry : entries) {
                if (ObjectKey.isKey(entry.name())) {
                    found.add(new ObjectInfo(new ObjectKey(entry.name()), entry.sizeBytes(), entry.stored()));
                }
            }
            if (found.size() > limit) {
                return new ObjectPage(found.subList(0, limit), true);
            }
            if (entries.size() < asked) {
                return new ObjectPage(found, false);
            }
            marker = entries.getLast().name();
        }
    }

    /**
     * The names after a marker, in byte order.
     *
     * @param limit 1 to 1,001; Swift returns fewer names only at the end, because it refuses a limit that it does not
     *     support
     */
    List<Entry> names(String prefix, String marker, int limit) throws StorageException {
        String query =
                "&limit=" + Math.min(limit, MAX_NAMES) + parameter("prefix", prefix) + parameter("marker", marker);
        SwiftRequest request = SwiftRequest.of("GET", container.listing() + query, "Accept", "application/json");
        SwiftErrors errors = container.errors();
        try (SwiftAnswer answer = container.send(request, Operation.LIST, prefix)) {
            return switch (answer.status()) {
                case 200 -> entries(answer.json(List.class));
                case 204 -> List.of();
                case 404 -> throw errors.noContainer(Operation.LIST, prefix);
                default -> throw errors.refused(Operation.LIST, prefix, answer.status());
            };
        } catch (IOException e) {
            throw errors.of(Operation.LIST, prefix, e);
        }
    }

    private static String parameter(String name, String value) {
        return value.isEmpty() ? "" : "&" + name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
    }

    private static List<Entry> entries(List<?> listing) throws IOException {
        List<Entry> entries = new ArrayList<>();
        for (Object item : listing) {
            try {
                entries.add(entry(JsonObject.of(item)));
            } catch (IllegalArgumentException e) {
                throw new IOException("an object in the listing cannot be read: " + e.getMessage(), e);
            }
        }
        return entries;
    }

    private static Entry entry(JsonObject item) {
        // The time has no zone, and is in UTC.
        LocalDateTime modified = item.value("last_modified", LocalDateTime::parse);
        return new Entry(item.text("name"), item.number("bytes"), modified.toInstant(ZoneOffset.UTC));
    }
}
