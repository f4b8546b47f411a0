// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Optional;

/**
 * A key that a client sends along with its request; the server keeps nothing but its hash. Immutable.
 *
 * @param sha256 in Base64
 * @see <a href="https://cloud.google.com/storage/docs/encryption/customer-supplied-keys">Customer-supplied keys</a>
 */
record EncryptionKey(String sha256) {
    private static final int KEY_BYTES = 32;

    static Optional<EncryptionKey> of(ApiRequest request) {
        Optional<String> algorithm = request.header("x-goog-encryption-algorithm");
        Optional<String> key = request.header("x-goog-encryption-key");
        Optional<String> hash = request.header("x-goog-encryption-key-sha256");
        if (algorithm.isEmpty() && key.isEmpty() && hash.isEmpty()) {
            return Optional.empty();
        }
        if (!algorithm.equals(Optional.of("AES256"))) {
            throw ApiError.of(
                    400,
                    "customerEncryptionAlgorithmIsInvalid",
                    "Missing an encryption algorithm, or the provided algorithm is not \"AES256.\"");
        }
        byte[] bytes = decode(key.orElse(""));
        if (bytes.length != KEY_BYTES) {
            throw ApiError.of(
                    400,
                    "customerEncryptionKeyFormatIsInvalid",
                    "Missing an encryption key, or it is not Base64 encoded, or it does not meet the required length of"
                            + " the encryption algorithm.");
        }
        String computed = Base64.getEncoder().encodeToString(sha256(bytes));
        if (!hash.equals(Optional.of(computed))) {
            throw ApiError.of(
                    400,
                    "customerEncryptionKeySha256IsInvalid",
                    "Missing a SHA256 hash of the encryption key, or it is not Base64 encoded, or it does not match the"
                            + " encryption key.");
        }
        return Optional.of(new EncryptionKey(computed));
    }

    /** Refuses to read an object with another key than its own. */
    static void check(Optional<EncryptionKey> given, Optional<EncryptionKey> ofObject) {
        if (given.equals(ofObject)) {
            return;
        }
        if (given.isEmpty()) {
            throw ApiError.of(
                    400,
                    "resourceIsEncryptedWithCustomerEncryptionKey",
                    "The target object is encrypted by a customer-supplied encryption key.");
        }
        if (ofObject.isEmpty()) {
            throw ApiError.of(
                    400,
                    "resourceNotEncryptedWithCustomerEncryptionKey",
                    "The target object is not encrypted by a customer-supplied encryption key.");
        }
        throw ApiError.of(400, "customerEncryptionKeyIsIncorrect", "The provided encryption key is incorrect.");
    }

    private static byte[] decode(String text) {
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            return new byte[0];
        }
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
