// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.age;

import java.io.IOException;
import java.security.GeneralSecurityException;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** ChaCha20-Poly1305 with one key. Not thread-safe. */
final class ChaChaCipher {
    static final int TAG_BYTES = 16;
    static final int NONCE_BYTES = 12;

    private final Cipher cipher;
    private final SecretKeySpec key;

    /** @param key of 32 bytes */
    ChaChaCipher(byte[] key) {
        this.key = new SecretKeySpec(key, "ChaCha20");
        try {
            this.cipher = Cipher.getInstance("ChaCha20-Poly1305");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java since 11 has ChaCha20-Poly1305", e);
        }
    }

    /** Writes {@value #TAG_BYTES} more bytes than it is given to the beginning of {@code out}. */
    int encrypt(byte[] nonce, byte[] plain, int length, byte[] out) {
        try {
            cipher.init(Cipher.ENCRYPT_MODE, key, new IvParameterSpec(nonce));
            return cipher.doFinal(plain, 0, length, out, 0);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("cannot encrypt: was a nonce used twice?", e);
        }
    }

    /**
     * Writes {@value #TAG_BYTES} fewer bytes than it is given to the beginning of {@code out}.
     *
     * @throws AgeFormatException if these bytes were not encrypted with this key and nonce; nothing in {@code out}
     *     counts then
     */
    int decrypt(byte[] nonce, byte[] stored, int length, byte[] out) throws IOException {
        try {
            cipher.init(Cipher.DECRYPT_MODE, key, new IvParameterSpec(nonce));
            return cipher.doFinal(stored, 0, length, out, 0);
        } catch (AEADBadTagException e) {
            throw new AgeFormatException("it was not encrypted with this key, or was changed", e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("cannot decrypt", e);
        }
    }
}
