// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** One generation of an object. Immutable; the bucket that has it holds its content. */
record StoredObject(
        String bucket,
        String name,
        long generation,
        Instant created,
        Content content,
        ObjectMetadata metadata,
        Optional<EncryptionKey> key,
        Optional<String> kmsKeyName) {

    String etag() {
        String text = generation + "/1";
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
    }

    Checksums checksums() {
        return content.checksums();
    }

    /** Refuses to replace or delete what is under retention. */
    void checkRetention(Instant now) {
        metadata.retention().filter(retention -> retention.inForce(now)).ifPresent(retention -> {
            throw ApiError.retained(bucket + "/" + name, retention);
        });
    }

    /**
     * The resource. The checksums of an object with a key of the customer's are told only to who sends that key.
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
        json.put("timeStorageClassUpdated", created.toString());
        json.putAll(metadata.properties());
        json.put("storageClass", metadata.storageClass());
        if (key.equals(given)) {
            checksums().crc32c().ifPresent(sum -> json.put("crc32c", sum));
            checksums().md5().ifPresent(sum -> json.put("md5Hash", sum));
        }
        key.ifPresent(customer -> json.put(
                "customerEncryption", Map.of("encryptionAlgorithm", "AES256", "keySha256", customer.sha256())));
        kmsKeyName.ifPresent(name -> json.put("kmsKeyName", name + "/cryptoKeyVersions/1"));
        metadata.retention().ifPresent(retention -> json.put("retention", retention.json()));
        return json;
    }
}
