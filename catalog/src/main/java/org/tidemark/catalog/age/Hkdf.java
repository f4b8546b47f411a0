// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.age;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * HKDF-SHA-256 (RFC 5869) for keys of 32 bytes, and the HMAC that it is made of. By hand: the JDK's KDF adds 10 to 30
 * ms to a cold start, and is these few lines around the same HMAC.
 */
final class Hkdf {
    private static final String HMAC = "HmacSHA256";
    private static final int HASH_BYTES = 32;

    private Hkdf() {}

    /** @param salt none if it is empty */
    static byte[] derive(byte[] secret, byte[] salt, String info) {
        byte[] pseudoRandomKey = hmac(salt.length == 0 ? new byte[HASH_BYTES] : salt, secret);
        byte[] expansion = (info + "\u0001").getBytes(StandardCharsets.US_ASCII);
        return hmac(pseudoRandomKey, expansion);
    }

    static byte[] hmac(byte[] key, byte[] content) {
        try {
            Mac mac = Mac.getInstance(HMAC);
            mac.init(new SecretKeySpec(key, HMAC));
            return mac.doFinal(content);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has HMAC-SHA-256", e);
        }
    }
}
