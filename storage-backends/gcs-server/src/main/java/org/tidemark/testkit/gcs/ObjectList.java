// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Lists objects, page by page.
 *
 * @see <a href="https://cloud.google.com/storage/docs/json_api/v1/objects/list">Objects: list</a>
 */
final class ObjectList {
    /** "The service uses this parameter or 1,000 items, whichever is smaller." */
    private static final int MAX_RESULTS = 1000;

    private final Buckets buckets;

    ObjectList(Buckets buckets) {
        this.buckets = buckets;
    }

    ApiResponse list(ApiRequest request, String bucketName, Caller caller) {
        Query query = request.query();
        query.allow("prefix", "startOffset", "pageToken", "maxResults");
        long most = query.number("maxResults").orElse(MAX_RESULTS);
        if (most == 0) {
            throw ApiError.invalidParameter("maxResults", "Invalid value for maxResults: 0");
        }
        caller.require(Right.LIST);
        Bucket bucket = buckets.require(bucketName);
        String prefix = query.text("prefix").orElse("");
        String start = query.text("startOffset").orElse("");
        String first = Bucket.compare(start, prefix) > 0 ? start : prefix;
        String at = query.text("pageToken").map(ObjectList::position).orElse(first);
        List<Object> items = new ArrayList<>();
        Map<String, Object> json = new LinkedHashMap<>(Map.of("kind", "storage#objects"));
        Optional<StoredObject> object = bucket.from(at);
        while (object.isPresent() && object.get().name().startsWith(prefix)) {
            String name = object.get().name();
            if (items.size() == Math.min(most, MAX_RESULTS)) {
                json.put("nextPageToken", Base64.getUrlEncoder().encodeToString(name.getBytes(StandardCharsets.UTF_8)));
                break;
            }
            items.add(object.get().json(Optional.empty()));
            object = bucket.from(name + '\0');
        }
        if (!items.isEmpty()) {
            json.put("items", items);
        }
        return ApiResponse.json(200, json);
    }

    private static String position(String token) {
        try {
            return new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw ApiError.invalidParameter("pageToken", "Invalid value for pageToken: '" + token + "'");
        }
    }
}
