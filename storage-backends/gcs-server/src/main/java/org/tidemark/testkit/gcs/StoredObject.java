// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tidemark.core.JsonObject;

/**
 * An object: a request for one, until its bucket gives it a generation and a time. Immutable.
 *
 * @param name of the object
 * @param generation 0 as long as no bucket has it
 * @param deleted when another one replaced it, or it was deleted; empty as long as it is live
 * @param storageClass kept and told, without any effect
 * @param lockedUntil when it may be deleted; empty at any time
 * @param key with which it can be read; empty if it needs none
 * @param kmsKey kept and told, without any effect
 * @see <a href="https://cloud.google.com/storage/docs/json_api/v1/objects#resource">Objects, resource
 *     representation</a>
 */
record StoredObject(
        String bucket,
        String name,
        long generation,
        Instant created,
        Optional<Instant> deleted,
        Content content,
        String storageClass,
        Optional<Instant> lockedUntil,
        Optional<EncryptionKey> key,
        Optional<String> kmsKey) {
    private static final Set<String> PROPERTIES =
            Set.of("name", "bucket", "contentType", "storageClass", "crc32c", "retention");
    private static final Set<String> STORAGE_CLASSES = Set.of("STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE");

    /** The object that a call asks for, with the content that came. */
    static StoredObject requested(String bucket, Call call, JsonObject json, Content content) {
        for (String name : json.members().keySet()) {
            if (!PROPERTIES.contains(name)) {
                throw Refusal.notImplemented("setting the property '" + name + "' of an object");
            }
        }
        try {
            content.check(json.optionalText("crc32c"));
            String storageClass = json.optionalText("storageClass").orElse("STANDARD");
            if (!STORAGE_CLASSES.contains(storageClass)) {
                throw Refusal.invalid("storageClass '" + storageClass + "'");
            }
            Optional<Instant> lockedUntil =
                    json.has("retention") ? Optional.of(lockedUntil(json.object("retention"))) : Optional.empty();
            return new StoredObject(
                    bucket,
                    call.parameter("name").orElseGet(() -> json.text("name")),
                    0,
                    Instant.EPOCH,
                    Optional.empty(),
                    content,
                    storageClass,
                    lockedUntil,
                    EncryptionKey.of(call),
                    call.parameter("kmsKeyName"));
        } catch (IllegalArgumentException e) {
            throw Refusal.invalid(String.valueOf(e.getMessage()));
        }
    }

    /** Object Retention Lock; the mode Unlocked is not implemented. */
    private static Instant lockedUntil(JsonObject retention) {
        if (!retention.text("mode").equals("Locked")) {
            throw Refusal.notImplemented("retention with the mode " + retention.text("mode"));
        }
        try {
            return OffsetDateTime.parse(retention.text("retainUntilTime")).toInstant();
        } catch (DateTimeException e) {
            throw Refusal.invalid("not a time: '" + retention.text("retainUntilTime") + "'");
        }
    }

    StoredObject at(long newGeneration, Instant now) {
        return new StoredObject(
                bucket, name, newGeneration, now, deleted, content, storageClass, lockedUntil, key, kmsKey);
    }

    StoredObject deletedAt(Instant now) {
        return new StoredObject(
                bucket, name, generation, created, Optional.of(now), content, storageClass, lockedUntil, key, kmsKey);
    }

    String etag() {
        return Base64.getEncoder().encodeToString(Long.toString(generation).getBytes(StandardCharsets.US_ASCII));
    }

    /**
     * The resource. Only a caller with the object's key is told its checksum.
     *
     * @param given the key that came with the request
     */
    Map<String, Object> json(Optional<EncryptionKey> given) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("kind", "storage#object");
        json.put("id", bucket + "/" + name + "/" + generation);
        json.put("name", name);
        json.put("bucket", bucket);
        json.put("generation", Long.toString(generation));
        json.put("metageneration", "1");
        json.put("size", Long.toString(content.size()));
        json.put("etag", etag());
        json.put("timeCreated", created.toString());
        json.put("updated", created.toString());
        deleted.ifPresent(time -> json.put("timeDeleted", time.toString()));
        json.put("contentType", "application/octet-stream");
        json.put("storageClass", storageClass);
        if (key.equals(given)) {
            json.put("crc32c", content.crc32c());
        }
        key.ifPresent(own ->
                json.put("customerEncryption", Map.of("encryptionAlgorithm", "AES256", "keySha256", own.sha256())));
        kmsKey.ifPresent(kms -> json.put("kmsKeyName", kms + "/cryptoKeyVersions/1"));
        lockedUntil.ifPresent(
                until -> json.put("retention", Map.of("mode", "Locked", "retainUntilTime", until.toString())));
        return json;
    }
}
