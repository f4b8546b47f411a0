// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.CustomerKey;
import org.tidemark.store.StoreOptions;

/**
 * How the server encrypts what it stores; that the repository encrypts before it sends is another matter. As the names
 * in requests; null for what is not to be sent. Immutable.
 *
 * @param kind {@code AES256} with a key of the server, {@code aws:kms} with one of its key service
 * @param kmsKeyId null for the account's own
 * @param customerKeyMd5 null without a customer's key
 */
record Encryption(
        @Nullable String kind,
        @Nullable String kmsKeyId,
        @Nullable CustomerKey customerKey,
        @Nullable String customerKeyMd5) {
    static final Encryption AS_THE_BUCKET_HAS_IT = new Encryption(null, null, null, null);

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
        CustomerKey key = CustomerKey.of(options, S3Options.SSE_CUSTOMER_KEY, "TIDEMARK_S3_SSE_CUSTOMER_KEY")
                .orElseThrow(() -> new IllegalArgumentException("'" + S3Options.SSE
                        + "' is 'customer' without a key (expected '" + S3Options.SSE_CUSTOMER_KEY + "-file' or '"
                        + S3Options.SSE_CUSTOMER_KEY + "-command')"));
        return new Encryption(null, null, key, key.md5());
    }

    @Nullable
    String customerAlgorithm() {
        return customerKey == null ? null : "AES256";
    }

    @Nullable
    String customerKeyText() {
        return customerKey == null ? null : customerKey.base64();
    }
}
