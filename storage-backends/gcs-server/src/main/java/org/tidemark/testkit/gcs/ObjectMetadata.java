// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a client sets on an object. Immutable.
 *
 * @param properties those that are kept as they are
 * @see <a href="https://cloud.google.com/storage/docs/json_api/v1/objects#resource">Objects, resource
 *     representation</a>
 */
record ObjectMetadata(Map<String, Object> properties, Optional<Retention> retention, Checksums announced) {
    private static final Set<String> KEPT = Set.of("contentType", "storageClass");
    private static final Set<String> STORAGE_CLASSES = Set.of("STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE");
    private static final Set<String> ELSEWHERE = Set.of("name", "bucket", "crc32c", "md5Hash", "retention");

    ObjectMetadata {
        properties = Map.copyOf(properties);
    }

    /** @param json as it was sent; null means: not set */
    static ObjectMetadata of(Map<String, Object> json, Instant now) {
        Map<String, Object> properties = new LinkedHashMap<>();
        Optional<Retention> retention = Optional.empty();
        for (Map.Entry<String, Object> member : json.entrySet()) {
            String name = member.getKey();
            Object value = member.getValue();
            if (!KEPT.contains(name) && !ELSEWHERE.contains(name)) {
                throw ApiError.notImplemented("setting the property '" + name + "' of an object");
            }
            if (value.equals(Json.NULL)) {
                continue;
            }
            if (name.equals("retention")) {
                retention = Optional.of(Retention.of(Json.object(value), now));
            } else if (name.equals("storageClass") && !STORAGE_CLASSES.contains(String.valueOf(value))) {
                throw ApiError.invalidArgument("Invalid argument: storageClass '" + value + "'");
            } else if (KEPT.contains(name)) {
                properties.put(name, string(name, value));
            }
        }
        return new ObjectMetadata(properties, retention, new Checksums(text(json, "crc32c"), text(json, "md5Hash")));
    }

    private static String string(String name, Object value) {
        if (value instanceof String text) {
            return text;
        }
        throw ApiError.invalidArgument("the property '" + name + "' has to be a string");
    }

    /** A property that is a string and neither missing nor null. */
    static Optional<String> text(Map<String, Object> json, String name) {
        Object value = json.getOrDefault(name, Json.NULL);
        return value.equals(Json.NULL) ? Optional.empty() : Optional.of(string(name, value));
    }

    ObjectMetadata withContentType(String type) {
        Map<String, Object> next = new LinkedHashMap<>(properties);
        next.putIfAbsent("contentType", type);
        return new ObjectMetadata(next, retention, announced);
    }

    String contentType() {
        return String.valueOf(properties.getOrDefault("contentType", "application/octet-stream"));
    }

    String storageClass() {
        return String.valueOf(properties.getOrDefault("storageClass", "STANDARD"));
    }
}
