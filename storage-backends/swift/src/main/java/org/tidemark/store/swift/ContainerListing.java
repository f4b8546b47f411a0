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

/** Listings of a container, in the byte order of names that Swift keeps. Immutable. */
record ContainerListing(Container container) {
    /** One more than a page, to know whether more follows; Swift gives up to 10,000. */
    private static final int MAX_NAMES = ObjectStore.MAX_PAGE + 1;

    /** A name of the container. Immutable. */
    record Entry(String name, long sizeBytes, Instant stored) {}

    /** Keys alone: names that others put there and that no key can have are passed over. */
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
     * Names in their order, behind a marker.
     *
     * @param limit 1 to 1,001; fewer are given only at the end, since Swift refuses a limit that it does not keep
     */
    List<Entry> names(String prefix, String marker, int limit) throws StorageException {
        String query =
                "&limit=" + Math.min(limit, MAX_NAMES) + parameter("prefix", prefix) + parameter("marker", marker);
        SwiftRequest request = SwiftRequest.of("GET", container.listing() + query, "Accept", "application/json");
        SwiftErrors errors = container.errors();
        try (Answer answer = container.send(request, Operation.LIST, prefix)) {
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
        // Without a zone: it is UTC.
        LocalDateTime modified = item.value("last_modified", LocalDateTime::parse);
        return new Entry(item.text("name"), item.number("bytes"), modified.toInstant(ZoneOffset.UTC));
    }
}
