// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Objects made of other objects.
 *
 * @see <a href="https://cloud.google.com/storage/docs/json_api/v1/objects/compose">Objects: compose</a>
 * @see <a href="https://cloud.google.com/storage/docs/json_api/v1/objects/rewrite">Objects: rewrite</a>
 */
final class Copies {
    private static final int MAX_COMPONENTS = 32;

    private final Buckets buckets;
    private final Path directory;
    private final long memoryBytes;

    Copies(Buckets buckets, Path directory, long memoryBytes) {
        this.buckets = buckets;
        this.directory = directory;
        this.memoryBytes = memoryBytes;
    }

    ApiResponse compose(ApiRequest request, String bucketName, String name, Caller caller) throws IOException {
        request.query().allow("ifGenerationMatch", "ifMetagenerationMatch", "kmsKeyName");
        caller.require(Right.CREATE);
        caller.require(Right.GET);
        Bucket bucket = buckets.require(bucketName);
        Map<String, Object> json = request.json();
        known(json, Set.of("kind", "destination", "sourceObjects"));
        if (!(json.getOrDefault("sourceObjects", Json.NULL) instanceof List<?> sources)
                || sources.isEmpty()
                || sources.size() > MAX_COMPONENTS) {
            throw ApiError.invalid("The number of source components provided must be from 1 to " + MAX_COMPONENTS);
        }
        Optional<EncryptionKey> key = EncryptionKey.of(request, "x-goog-");
        Optional<String> kms = ObjectDraft.kmsKeyName(request.query(), "kmsKeyName", key);
        ObjectMetadata metadata =
                ObjectMetadata.of(Json.object(json.getOrDefault("destination", Map.of())), Instant.now());
        List<StoredObject> parts = new ArrayList<>();
        try {
            for (Object source : sources) {
                parts.add(source(bucket, Json.object(source), key));
            }
            int components =
                    parts.stream().mapToInt(part -> part.components().orElse(1)).sum();
            StoredObject made = put(
                    bucket,
                    new ObjectDraft(
                            ObjectDraft.checkName(name), joined(parts), metadata, key, kms, OptionalInt.of(components)),
                    request.preconditions(),
                    caller);
            return ApiResponse.json(200, made.json(key)).with("ETag", made.etag());
        } finally {
            parts.forEach(part -> part.content().release());
        }
    }

    private static StoredObject source(Bucket bucket, Map<String, Object> source, Optional<EncryptionKey> key) {
        known(source, Set.of("name", "generation", "objectPreconditions"));
        String name = ObjectMetadata.text(source, "name").orElseThrow(() -> ApiError.required("sourceObjects.name"));
        Map<String, Object> conditions = Json.object(source.getOrDefault("objectPreconditions", Map.of()));
        known(conditions, Set.of("ifGenerationMatch"));
        StoredObject object = bucket.open(name).orElseThrow(() -> ApiError.noObject(bucket.name(), name));
        boolean good = false;
        try {
            if (number(source, "generation").orElse(object.generation()) != object.generation()) {
                throw ApiError.noObject(bucket.name(), name);
            }
            Preconditions.generation(number(conditions, "ifGenerationMatch")).check(Optional.of(object));
            EncryptionKey.check(key, object.key());
            good = true;
            return object;
        } finally {
            if (!good) {
                object.content().release();
            }
        }
    }

    private Content joined(List<StoredObject> parts) throws IOException {
        try (ContentWriter writer = new ContentWriter(directory, memoryBytes)) {
            for (StoredObject part : parts) {
                part.content().copyTo(writer, 0, part.content().size());
            }
            return writer.finish();
        }
    }

    /** All at once, however large: the answer is always that it is done. */
    ApiResponse rewrite(ApiRequest request, String from, String name, String to, String toName, Caller caller)
            throws IOException {
        request.query()
                .allow(
                        "ifGenerationMatch",
                        "ifGenerationNotMatch",
                        "ifMetagenerationMatch",
                        "ifMetagenerationNotMatch",
                        "ifSourceGenerationMatch",
                        "ifSourceGenerationNotMatch",
                        "ifSourceMetagenerationMatch",
                        "ifSourceMetagenerationNotMatch",
                        "sourceGeneration",
                        "destinationKmsKeyName");
        caller.require(Right.CREATE);
        caller.require(Right.GET);
        Map<String, Object> json = request.json();
        Optional<EncryptionKey> key = EncryptionKey.of(request, "x-goog-");
        Optional<String> kms = ObjectDraft.kmsKeyName(request.query(), "destinationKmsKeyName", key);
        Bucket target = buckets.require(to);
        StoredObject source = buckets.require(from).open(name).orElseThrow(() -> ApiError.noObject(from, name));
        try {
            if (request.query().number("sourceGeneration").orElse(source.generation()) != source.generation()) {
                throw ApiError.noObject(from, name);
            }
            Preconditions.of(request.query(), "ifSource").check(Optional.of(source));
            EncryptionKey.check(EncryptionKey.of(request, "x-goog-copy-source-"), source.key());
            ObjectMetadata metadata = json.isEmpty()
                    ? new ObjectMetadata(
                            source.metadata().properties(),
                            Optional.empty(),
                            source.metadata().announced())
                    : ObjectMetadata.of(json, Instant.now());
            StoredObject made = put(
                    target,
                    new ObjectDraft(
                            ObjectDraft.checkName(toName),
                            source.content().hold(),
                            metadata,
                            key,
                            kms,
                            source.components()),
                    request.preconditions(),
                    caller);
            Map<String, Object> answer = new LinkedHashMap<>();
            answer.put("kind", "storage#rewriteResponse");
            answer.put("totalBytesRewritten", Long.toString(made.content().size()));
            answer.put("objectSize", Long.toString(made.content().size()));
            answer.put("done", true);
            answer.put("resource", made.json(key));
            return ApiResponse.json(200, answer);
        } finally {
            source.content().release();
        }
    }

    private static StoredObject put(Bucket bucket, ObjectDraft draft, Preconditions conditions, Caller caller) {
        StoredObject made = null;
        try {
            made = bucket.put(draft, conditions, caller);
            return made;
        } finally {
            if (made == null) {
                draft.content().release();
            }
        }
    }

    private static void known(Map<String, Object> json, Set<String> names) {
        if (!names.containsAll(json.keySet())) {
            throw ApiError.notImplemented("one of the properties " + json.keySet());
        }
    }

    private static OptionalLong number(Map<String, Object> json, String name) {
        String text = String.valueOf(json.getOrDefault(name, ""));
        if (!text.matches("[0-9]{0,18}")) {
            throw ApiError.invalidArgument("not a number: " + name + " '" + text + "'");
        }
        return text.isEmpty() ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(text));
    }
}
