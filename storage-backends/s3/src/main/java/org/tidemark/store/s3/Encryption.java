// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.Secret;
import org.tidemark.store.StoreOptions;

/**
 * How the server encrypts what it stores; that the repository encrypts before it sends is another matter. As the names
 * in requests; null for what is not to be sent. Immutable.
 *
 * @param kind {@code AES256} with a key of the server, {@code aws:kms} with one of its key service
 * @param kmsKeyId null for the account's own
 * @param customerKey 256 bits in base64, which the server forgets
 * @param customerKeyMd5 of its bytes, in base64
 */
record Encryption(
        @Nullable String kind,
        @Nullable String kmsKeyId,
        @Nullable Secret customerKey,
        @Nullable String customerKeyMd5) {
    static final Encryption AS_THE_BUCKET_HAS_IT = new Encryption(null, null, null, null);

    private static final int KEY_BYTES = 32;

    static Encryption of(StoreOptions options, S3Endpoint endpoint) {
        String sse = options.choice(S3Options.SSE);
        Optional<String> kmsKey = options.text(S3Options.SSE_KMS_KEY_ID);
        if (kmsKey.isPresent() && !sse.equals("kms")) {
            throw new IllegalArgumentException(
                    "'" + S3Options.SSE_KMS_KEY_ID + "' is given without " + S3Options.SSE + " = kms (expected both)");
        }
        return switch (sse) {
            case "s3" -> new Encryption("AES256", null, null, null);
            case "kms" -> new Encryption("aws:kms", kmsKey.orElse(null), null, null);
            case "customer" -> customer(options, endpoint);
            default -> {
                refuseKeyOf(options);
                yield AS_THE_BUCKET_HAS_IT;
            }
        };
    }

    private static void refuseKeyOf(StoreOptions options) {
        for (String name : new String[] {"-file", "-command"}) {
            if (options.text(S3Options.SSE_CUSTOMER_KEY + name).isPresent()) {
                throw new IllegalArgumentException("'" + S3Options.SSE_CUSTOMER_KEY + name + "' is given without "
                        + S3Options.SSE + " = customer (expected both)");
            }
        }
    }

    private static Encryption customer(StoreOptions options, S3Endpoint endpoint) {
        if (!endpoint.isEncrypted()) {
            throw new IllegalArgumentException("not a value of '" + S3Options.SSE
                    + "' for an http: endpoint: 'customer' (expected an https: one, because the key goes with each"
                    + " request)");
        }
        Secret key = options.secret(S3Options.SSE_CUSTOMER_KEY, "TIDEMARK_S3_SSE_CUSTOMER_KEY")
                .orElseThrow(() -> new IllegalArgumentException("'" + S3Options.SSE
                        + "' is 'customer' without a key (expected '" + S3Options.SSE_CUSTOMER_KEY + "-file' or '"
                        + S3Options.SSE_CUSTOMER_KEY + "-command')"));
        try {
            byte[] bytes = Base64.getDecoder().decode(key.value());
            if (bytes.length == KEY_BYTES) {
                byte[] md5 = MessageDigest.getInstance("MD5").digest(bytes);
                return new Encryption(null, null, key, Base64.getEncoder().encodeToString(md5));
            }
        } catch (IllegalArgumentException e) {
            // Its message can hold a part of the key.
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has MD5", e);
        }
        throw new IllegalArgumentException("the secret of '" + S3Options.SSE_CUSTOMER_KEY + "' is not a key (expected "
                + KEY_BYTES + " bytes in base64, such as: openssl rand -base64 " + KEY_BYTES + ")");
    }

    @Nullable
    String customerAlgorithm() {
        return customerKey == null ? null : "AES256";
    }

    @Nullable
    String customerKeyText() {
        return customerKey == null ? null : customerKey.value();
    }
}
