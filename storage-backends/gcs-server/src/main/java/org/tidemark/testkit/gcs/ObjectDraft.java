// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;

/** An object that a bucket does not have yet. Immutable. */
record ObjectDraft(
        String name,
        Content content,
        ObjectMetadata metadata,
        Optional<EncryptionKey> key,
        Optional<String> kmsKeyName) {
    private static final int MAX_NAME_BYTES = 1024;

    /**
     * Refuses what cannot name an object.
     *
     * @see <a href="https://cloud.google.com/storage/docs/objects#naming">Object names</a>
     */
    static String checkName(String name) {
        int bytes = name.getBytes(StandardCharsets.UTF_8).length;
        boolean reserved = name.equals(".") || name.equals("..") || name.startsWith(".well-known/acme-challenge/");
        if (bytes == 0 || bytes > MAX_NAME_BYTES || reserved || name.indexOf('\r') >= 0 || name.indexOf('\n') >= 0) {
            throw ApiError.invalid("Disallowed object name: '" + name + "'");
        }
        return name;
    }

    /** A key of Cloud KMS, as the parameter kmsKeyName has it. It cannot go with a key of the customer's. */
    static Optional<String> kmsKeyName(Query query, Optional<EncryptionKey> key) {
        Optional<String> name = query.text("kmsKeyName");
        name.ifPresent(text -> {
            if (!text.matches("projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+") || key.isPresent()) {
                throw ApiError.of(400, "cloudKmsBadKey", "Bad Cloud KMS key: '" + text + "'");
            }
        });
        return name;
    }

    StoredObject at(String bucket, long generation, Instant now) {
        return new StoredObject(bucket, name, generation, now, content, metadata, key, kmsKeyName);
    }
}
