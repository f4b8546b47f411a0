// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Optional;

/**
 * A key that a client sends with its request; the server keeps only its hash. Immutable.
 *
 * @param sha256 in base64
 * @see <a href="https://cloud.google.com/storage/docs/encryption/customer-supplied-keys">Customer-supplied keys</a>
 */
record EncryptionKey(String sha256) {
    private static final int KEY_BYTES = 32;

    static Optional<EncryptionKey> of(Call call) {
        Optional<String> key = call.header("x-goog-encryption-key");
        if (key.isEmpty()) {
            return Optional.empty();
        }
        try {
            byte[] bytes = Base64.getDecoder().decode(key.get());
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
            String computed = Base64.getEncoder().encodeToString(digest);
            if (bytes.length == KEY_BYTES
                    && call.header("x-goog-encryption-algorithm").equals(Optional.of("AES256"))
                    && call.header("x-goog-encryption-key-sha256").equals(Optional.of(computed))) {
                return Optional.of(new EncryptionKey(computed));
            }
        } catch (IllegalArgumentException e) {
            // Not base64: refused below.
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
        throw new Refusal(400, "customerEncryptionKeyFormatIsInvalid", "the key, its hash or its algorithm is invalid");
    }

    /** Refuses to read an object with another key than its own. */
    static void check(Optional<EncryptionKey> given, Optional<EncryptionKey> own) {
        if (given.equals(own)) {
            return;
        }
        String reason = given.isEmpty()
                ? "resourceIsEncryptedWithCustomerEncryptionKey"
                : own.isEmpty() ? "resourceNotEncryptedWithCustomerEncryptionKey" : "customerEncryptionKeyIsIncorrect";
        throw new Refusal(400, reason, "the encryption key is not that of the object");
    }
}
