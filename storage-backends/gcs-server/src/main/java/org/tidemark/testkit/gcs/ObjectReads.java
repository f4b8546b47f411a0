// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Metadata and data of objects.
 *
 * @see <a href="https://cloud.google.com/storage/docs/json_api/v1/objects/get">Objects: get</a>
 */
final class ObjectReads {
    private final Buckets buckets;

    ObjectReads(Buckets buckets) {
        this.buckets = buckets;
    }

    /** With alt=media the data, and else the metadata. */
    ApiResponse get(ApiRequest request, String bucketName, String name, Caller caller) {
        Query query = request.query();
        query.allow("generation", "ifGenerationMatch");
        for (String header : List.of("if-match", "if-none-match")) {
            if (request.header(header).isPresent()) {
                throw ApiError.notImplemented("the header '" + header + "'");
            }
        }
        Preconditions conditions = request.preconditions();
        Optional<EncryptionKey> key = EncryptionKey.of(request);
        caller.require(Right.GET);
        Bucket bucket = buckets.require(bucketName);
        StoredObject object = bucket.open(name).orElseThrow(() -> ApiError.noObject(bucketName, name));
        boolean handedOn = false;
        try {
            if (query.number("generation").orElse(object.generation()) != object.generation()) {
                throw ApiError.noObject(bucketName, name);
            }
            conditions.check(Optional.of(object));
            if (query.text("alt").orElse("json").equals("media")) {
                ApiResponse media = media(request, object, key);
                handedOn = true;
                return media;
            }
            if (key.isPresent()) {
                EncryptionKey.check(key, object.key());
            }
            return ApiResponse.json(200, object.json(key)).with("ETag", object.etag());
        } finally {
            if (!handedOn) {
                object.content().release();
            }
        }
    }

    private static ApiResponse media(ApiRequest request, StoredObject object, Optional<EncryptionKey> key) {
        EncryptionKey.check(key, object.key());
        long size = object.content().size();
        ByteRange range = ByteRange.of(request.header("range"), size);
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("Content-Type", object.metadata().contentType());
        headers.put("ETag", object.etag());
        headers.put("Accept-Ranges", "bytes");
        headers.put("x-goog-generation", Long.toString(object.generation()));
        headers.put("x-goog-metageneration", "1");
        headers.put("x-goog-hash", object.checksums().header());
        headers.put("x-goog-storage-class", object.metadata().storageClass());
        headers.put("x-goog-stored-content-encoding", "identity");
        headers.put("x-goog-stored-content-length", Long.toString(size));
        object.key().ifPresent(own -> {
            headers.put("x-goog-encryption-algorithm", "AES256");
            headers.put("x-goog-encryption-key-sha256", own.sha256());
        });
        if (range.partial()) {
            headers.put(
                    "Content-Range", "bytes " + range.from() + "-" + (range.from() + range.count() - 1) + "/" + size);
        }
        return new ApiResponse(
                range.partial() ? 206 : 200,
                headers,
                new ApiResponse.Body.Part(object.content(), range.from(), range.count()));
    }
}
