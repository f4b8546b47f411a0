// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.age;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.Arrays;
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

    /**
     * Encrypts and decrypts the chunks of one age file, each with a nonce of its number and its place. Not thread-safe.
     */
    static final class ChunkCipher {
        /** Of plain bytes in each chunk but the last one, which has 1 to as many, or none if it is the only one. */
        static final int PLAIN_BYTES = 64 << 10;

        static final int STORED_BYTES = PLAIN_BYTES + ChaChaCipher.TAG_BYTES;

        private static final int COUNTER_BYTES = 11;

        private final ChaChaCipher cipher;

        /** Where a chunk stands. */
        enum Place {
            BEFORE_THE_LAST,
            LAST
        }

        ChunkCipher(FileKey key, byte[] nonce) {
            byte[] payloadKey = key.payloadKey(nonce);
            this.cipher = new ChaChaCipher(payloadKey);
            Arrays.fill(payloadKey, (byte) 0);
        }

        /** Gives the stored length. */
        int encrypt(long number, Place place, byte[] plain, int length, byte[] stored) {
            return cipher.encrypt(nonce(number, place), plain, length, stored);
        }

        /**
         * Gives the plain length.
         *
         * @throws AgeFormatException if it is not this chunk of this file, at this place
         */
        int decrypt(long number, Place place, byte[] stored, int length, byte[] plain) throws IOException {
            int plainLength = length - ChaChaCipher.TAG_BYTES;
            if (plainLength < 0 || (plainLength == 0 && number > 0)) {
                throw new AgeFormatException("its last chunk is cut off");
            }
            return cipher.decrypt(nonce(number, place), stored, length, plain);
        }

        private static byte[] nonce(long number, Place place) {
            byte[] nonce = new byte[ChaChaCipher.NONCE_BYTES];
            for (int i = 0; i < Long.BYTES; i++) {
                nonce[COUNTER_BYTES - 1 - i] = (byte) (number >>> (8 * i));
            }
            nonce[COUNTER_BYTES] = (byte) (place == Place.LAST ? 1 : 0);
            return nonce;
        }
    }
}
