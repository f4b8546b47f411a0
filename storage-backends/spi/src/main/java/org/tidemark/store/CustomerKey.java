// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.util.Base64;
import java.util.Optional;
import org.tidemark.core.Secret;

/**
 * A key for AES-256 that goes with each request about an object: the service encrypts with it and forgets it, so
 * nothing can be read without it. Immutable.
 *
 * @param secret the key in base64
 */
public record CustomerKey(Secret secret) {
    private static final int BYTES = 32;

    /**
     * The key of an option that {@link StoreOptions#secret} reads; empty if none is given.
     *
     * @throws IllegalArgumentException if it is not a key; the message shows nothing of it
     */
    public static Optional<CustomerKey> of(StoreOptions options, String name, String variable) {
        return options.secret(name, variable).map(secret -> {
            if (length(secret) != BYTES) {
                throw new IllegalArgumentException("what '" + name + "-…' or " + variable
                        + " gives is not a key for AES-256 (expected " + BYTES
                        + " bytes in base64, such as: openssl rand -base64 " + BYTES + ")");
            }
            return new CustomerKey(secret);
        });
    }

    private static int length(Secret secret) {
        try {
            return Base64.getDecoder().decode(secret.value()).length;
        } catch (IllegalArgumentException e) {
            // Its message would show a part of the key.
            return 0;
        }
    }

    /** The key as requests contain it. */
    public String base64() {
        return secret.value();
    }

    /** The MD5 of the key's bytes in base64, by which a service finds a damaged key. */
    public String md5() {
        byte[] bytes = Base64.getDecoder().decode(secret.value());
        return Base64.getEncoder().encodeToString(BodyChecksum.md5(bytes, bytes.length));
    }
}
