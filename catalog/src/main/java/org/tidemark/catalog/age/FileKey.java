// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.age;

import java.security.SecureRandom;

/** The key of one age file, from which its other keys are derived. Immutable; printed as stars. */
public final class FileKey {
    static final int SIZE = 16;
    static final int NONCE_BYTES = 16;

    private final byte[] key;

    FileKey(byte[] key) {
        this.key = key;
    }

    static FileKey random(SecureRandom random) {
        byte[] key = new byte[SIZE];
        random.nextBytes(key);
        return new FileKey(key);
    }

    byte[] bytes() {
        return key.clone();
    }

    /** What authenticates a header, from its first byte to its three hyphens. */
    byte[] mac(byte[] header) {
        return Hkdf.hmac(Hkdf.derive(key, new byte[0], "header"), header);
    }

    /** @param nonce the {@value #NONCE_BYTES} bytes in front of the chunks */
    byte[] payloadKey(byte[] nonce) {
        return Hkdf.derive(key, nonce, "payload");
    }

    @Override
    public String toString() {
        return "********";
    }
}
