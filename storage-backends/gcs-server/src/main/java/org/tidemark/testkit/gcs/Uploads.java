// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * Uploads in one request (media, multipart) or in several (resumable).
 *
 * @see <a href="https://cloud.google.com/storage/docs/json_api/v1/objects/insert">Objects: insert</a>
 */
final class Uploads {
    private final Buckets buckets;
    private final Sessions sessions;
    private final Path directory;
    private final long memoryBytes;

    Uploads(Buckets buckets, Sessions sessions, Path directory, long memoryBytes) {
        this.buckets = buckets;
        this.sessions = sessions;
        this.directory = directory;
        this.memoryBytes = memoryBytes;
    }

    ApiResponse insert(ApiRequest request, String bucketName, Caller caller) throws IOException {
        Query query = request.query();
        query.allow("uploadType", "name", "kmsKeyName", "ifGenerationMatch");
        caller.require(Right.CREATE);
        Bucket bucket = buckets.require(bucketName);
        String type = query.text("uploadType").orElseThrow(() -> ApiError.required("uploadType"));
        return switch (type) {
            case "media" -> media(request, bucket, caller);
            case "multipart" -> multipart(request, bucket, caller);
            case "resumable" -> begin(request, bucket, caller);
            default -> throw ApiError.invalidParameter("uploadType", "Invalid upload type: " + type);
        };
    }

    private ApiResponse media(ApiRequest request, Bucket bucket, Caller caller) throws IOException {
        ObjectMetadata metadata = ObjectMetadata.of(Map.of(), Instant.now())
                .withContentType(request.header("content-type").orElse("application/octet-stream"));
        return store(request, bucket, caller, name(request, bucket, Map.of()), metadata, request.body());
    }

    private ApiResponse multipart(ApiRequest request, Bucket bucket, Caller caller) throws IOException {
        String type = request.header("content-type").orElse("");
        if (!type.startsWith("multipart/related")) {
            throw ApiError.parseError("uploadType=multipart needs multipart/related, not '" + type + "'");
        }
        MultipartReader parts = new MultipartReader(request.body(), type);
        if (!parts.next() || !parts.headers().getOrDefault("content-type", "").startsWith("application/json")) {
            throw ApiError.parseError("the first part has to be JSON");
        }
        Map<String, Object> json = Json.parseObject(new String(parts.part().readAllBytes(), StandardCharsets.UTF_8));
        if (!parts.next()) {
            throw ApiError.parseError("there is no second part with the data");
        }
        String dataType = parts.headers().getOrDefault("content-type", "application/octet-stream");
        ObjectMetadata metadata = ObjectMetadata.of(json, Instant.now()).withContentType(dataType);
        return store(request, bucket, caller, name(request, bucket, json), metadata, parts.part());
    }

    private ApiResponse store(
            ApiRequest request, Bucket bucket, Caller caller, String name, ObjectMetadata metadata, InputStream data)
            throws IOException {
        Preconditions conditions = request.preconditions();
        Checksums header = Checksums.ofHeader(request.header("x-goog-hash"));
        Optional<EncryptionKey> key = EncryptionKey.of(request);
        Optional<String> kms = ObjectDraft.kmsKeyName(request.query(), key);
        Content content;
        try (ContentWriter writer = new ContentWriter(directory, memoryBytes)) {
            writer.writeAll(data);
            content = writer.finish();
        }
        StoredObject stored = null;
        try {
            metadata.announced().check(content.checksums());
            header.check(content.checksums());
            stored = bucket.put(new ObjectDraft(name, content, metadata, key, kms), conditions, caller);
        } finally {
            if (stored == null) {
                content.release();
            }
        }
        return ApiResponse.json(200, stored.json(key)).with("ETag", stored.etag());
    }

    /** Conditions are kept, and looked at when the object is made: "ignored in the subsequent PUT requests". */
    private ApiResponse begin(ApiRequest request, Bucket bucket, Caller caller) throws IOException {
        Map<String, Object> json = request.json();
        String name = name(request, bucket, json);
        ObjectMetadata metadata = ObjectMetadata.of(json, Instant.now())
                .withContentType(request.header("x-upload-content-type").orElse("application/octet-stream"));
        Preconditions conditions = request.preconditions();
        Optional<EncryptionKey> key = EncryptionKey.of(request);
        Optional<String> kms = ObjectDraft.kmsKeyName(request.query(), key);
        ResumableSession session = new ResumableSession(
                content -> bucket.put(new ObjectDraft(name, content, metadata, key, kms), conditions, caller),
                new ContentWriter(directory, memoryBytes),
                metadata.announced(),
                key,
                request.length("x-upload-content-length"));
        String id = sessions.add(session);
        String target = "/upload/storage/v1/b/" + bucket.name() + "/o?"
                + request.query().raw() + "&upload_id=" + URLEncoder.encode(id, StandardCharsets.UTF_8);
        return ApiResponse.empty(200)
                .with("Location", "http://" + request.header("host").orElse("localhost") + target)
                .with("X-GUploader-UploadID", id);
    }

    /** A session URI is a credential of its own: who has it may go on with the upload. */
    ApiResponse resume(ApiRequest request, String id) throws IOException {
        return sessions.require(id).put(request);
    }

    ApiResponse cancel(String id) throws IOException {
        return sessions.require(id).cancel();
    }

    /** "Any URL parameters that have a corresponding value in the JSON body must match if both are specified." */
    private static String name(ApiRequest request, Bucket bucket, Map<String, Object> json) {
        Optional<String> inQuery = request.query().text("name");
        Optional<String> inBody = ObjectMetadata.text(json, "name");
        if (inQuery.isPresent() && inBody.isPresent() && !inQuery.equals(inBody)) {
            throw ApiError.invalidParameter("name", "the name in the URL is not that in the body");
        }
        if (!ObjectMetadata.text(json, "bucket").orElse(bucket.name()).equals(bucket.name())) {
            throw ApiError.invalidParameter("bucket", "the bucket in the URL is not that in the body");
        }
        return ObjectDraft.checkName(inQuery.or(() -> inBody).orElseThrow(() -> ApiError.required("name")));
    }
}
