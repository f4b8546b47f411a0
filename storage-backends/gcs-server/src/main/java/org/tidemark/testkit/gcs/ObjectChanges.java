// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.io.IOException;
import java.util.Optional;

/**
 * Deletes objects, and changes their metadata.
 *
 * @see <a href="https://cloud.google.com/storage/docs/json_api/v1/objects/delete">Objects: delete</a>
 * @see <a href="https://cloud.google.com/storage/docs/json_api/v1/objects/patch">Objects: patch</a>
 */
final class ObjectChanges {
    private final Buckets buckets;

    ObjectChanges(Buckets buckets) {
        this.buckets = buckets;
    }

    ApiResponse delete(ApiRequest request, String bucket, String name, Caller caller) {
        request.query()
                .allow(
                        "generation",
                        "ifGenerationMatch",
                        "ifGenerationNotMatch",
                        "ifMetagenerationMatch",
                        "ifMetagenerationNotMatch");
        caller.require(Right.DELETE);
        buckets.require(bucket).delete(name, request.query().number("generation"), request.preconditions());
        return ApiResponse.empty(204);
    }

    ApiResponse patch(ApiRequest request, String bucket, String name, Caller caller) throws IOException {
        request.query()
                .allow(
                        "generation",
                        "ifGenerationMatch",
                        "ifGenerationNotMatch",
                        "ifMetagenerationMatch",
                        "ifMetagenerationNotMatch",
                        "overrideUnlockedRetention");
        caller.require(Right.UPDATE);
        StoredObject changed = buckets.require(bucket)
                .patch(
                        name,
                        request.query().number("generation"),
                        request.preconditions(),
                        request.json(),
                        request.query().flag("overrideUnlockedRetention"),
                        caller);
        return ApiResponse.json(200, changed.json(Optional.empty())).with("ETag", changed.etag());
    }
}
