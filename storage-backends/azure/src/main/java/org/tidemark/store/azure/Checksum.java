// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** MD5, the one checksum of the service that the JDK has: against damage on the way, not against an attacker. */
final class Checksum {
    private Checksum() {}

    static MessageDigest start() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JDK has no MD5, which Azure asks for", e);
        }
    }

    static byte[] of(byte[] bytes) {
        return start().digest(bytes);
    }

    /** Of the first {@code count}. */
    static byte[] of(byte[] bytes, int count) {
        MessageDigest digest = start();
        digest.update(bytes, 0, count);
        return digest.digest();
    }
}
