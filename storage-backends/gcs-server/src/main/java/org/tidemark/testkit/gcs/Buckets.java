// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * The buckets and what can be asked of them: little, since a store neither makes nor changes them. Thread-safe.
 *
 * @see <a href="https://cloud.google.com/storage/docs/json_api/v1/buckets">Buckets</a>
 */
final class Buckets {
    private final Map<String, Bucket> all = new ConcurrentSkipListMap<>();

    Bucket require(String name) {
        Bucket bucket = all.get(name);
        if (bucket == null) {
            throw ApiError.noBucket();
        }
        return bucket;
    }

    Bucket create(String name, boolean retention) {
        if (!name.matches("[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")) {
            throw ApiError.invalid("Invalid bucket name: '" + name + "'");
        }
        Bucket bucket = new Bucket(name, retention);
        if (all.putIfAbsent(name, bucket) != null) {
            throw ApiError.of(409, "conflict", "You already own this bucket. Please select another name.");
        }
        return bucket;
    }

    ApiResponse insert(ApiRequest request, Caller caller) throws IOException {
        request.query().allow("project", "enableObjectRetention");
        if (request.query().text("project").isEmpty()) {
            throw ApiError.required("project");
        }
        caller.require(Right.BUCKET_CREATE);
        boolean retention = request.query().flag("enableObjectRetention");
        if (retention) {
            caller.require(Right.BUCKET_ENABLE_OBJECT_RETENTION);
        }
        Map<String, Object> json = new LinkedHashMap<>(request.json());
        json.values().removeIf(value -> value.equals(Json.NULL));
        if (!Set.of("name", "kind").containsAll(json.keySet())) {
            throw ApiError.notImplemented("setting properties of a bucket: " + json.keySet());
        }
        String name = ObjectMetadata.text(json, "name").orElseThrow(() -> ApiError.required("name"));
        return ApiResponse.json(200, create(name, retention).json());
    }

    ApiResponse get(ApiRequest request, String name, Caller caller) {
        request.query().allow();
        caller.require(Right.BUCKET_GET);
        return ApiResponse.json(200, require(name).json());
    }

    ApiResponse delete(ApiRequest request, String name, Caller caller) {
        request.query().allow();
        caller.require(Right.BUCKET_DELETE);
        if (!require(name).isEmpty()) {
            throw ApiError.of(409, "conflict", "The bucket you tried to delete is not empty.");
        }
        all.remove(name);
        return ApiResponse.empty(204);
    }

    ApiResponse list(ApiRequest request, Caller caller) {
        request.query().allow("project", "prefix");
        if (request.query().text("project").isEmpty()) {
            throw ApiError.required("project");
        }
        caller.require(Right.BUCKET_LIST);
        String prefix = request.query().text("prefix").orElse("");
        List<Object> items = new ArrayList<>();
        all.values().stream().filter(it -> it.name().startsWith(prefix)).forEach(it -> items.add(it.json()));
        Map<String, Object> json = new LinkedHashMap<>(Map.of("kind", "storage#buckets"));
        if (!items.isEmpty()) {
            json.put("items", items);
        }
        return ApiResponse.json(200, json);
    }

    /** Which of the permissions that are asked for the caller has. */
    ApiResponse testPermissions(ApiRequest request, String name, Caller caller) {
        request.query().allow("permissions");
        require(name);
        List<String> granted = request.query().all("permissions").stream()
                .filter(permission -> Right.of(permission).map(caller::may).orElse(false))
                .toList();
        Map<String, Object> json = new LinkedHashMap<>(Map.of("kind", "storage#testIamPermissionsResponse"));
        if (!granted.isEmpty()) {
            json.put("permissions", granted);
        }
        return ApiResponse.json(200, json);
    }
}
