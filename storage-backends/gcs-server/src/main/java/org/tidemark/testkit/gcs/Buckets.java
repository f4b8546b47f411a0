// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

    void create(String name, boolean retention) {
        if (!name.matches("[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")) {
            throw new IllegalArgumentException("invalid name of a bucket: '" + name + "'");
        }
        if (all.putIfAbsent(name, new Bucket(name, retention)) != null) {
            throw new IllegalArgumentException("there is a bucket '" + name + "' already");
        }
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
