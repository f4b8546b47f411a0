// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.age;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.tidemark.catalog.age.FileKey.Hkdf;

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

    /**
     * HKDF-SHA-256 (RFC 5869) for keys of 32 bytes, and the HMAC that it is made of. By hand: the JDK's KDF adds 10 to
     * 30 ms to a cold start, and is these few lines around the same HMAC.
     */
    static final class Hkdf {
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

    /** The key that wraps a file key for one recipient. Not thread-safe. */
    static final class FileKeyWrap {
        static final int BODY_BYTES = FileKey.SIZE + ChaChaCipher.TAG_BYTES;

        /** Each of these keys encrypts once. */
        private static final byte[] NONCE = new byte[ChaChaCipher.NONCE_BYTES];

        private final ChaChaCipher cipher;

        private FileKeyWrap(byte[] key) {
            this.cipher = new ChaChaCipher(key);
        }

        /** Of what both sides share, the share that stands in the file, and the recipient. */
        static FileKeyWrap of(byte[] shared, byte[] share, byte[] recipient) {
            byte[] salt = Arrays.copyOf(share, share.length + recipient.length);
            System.arraycopy(recipient, 0, salt, share.length, recipient.length);
            byte[] key = Hkdf.derive(shared, salt, AgeRecipient.INFO);
            FileKeyWrap wrap = new FileKeyWrap(key);
            Arrays.fill(key, (byte) 0);
            return wrap;
        }

        byte[] wrap(FileKey fileKey) {
            byte[] body = new byte[BODY_BYTES];
            byte[] plain = fileKey.bytes();
            cipher.encrypt(NONCE, plain, plain.length, body);
            Arrays.fill(plain, (byte) 0);
            return body;
        }

        /** Empty if it was wrapped by another key. */
        Optional<FileKey> unwrap(byte[] body) {
            byte[] plain = new byte[FileKey.SIZE];
            try {
                cipher.decrypt(NONCE, body, body.length, plain);
                return Optional.of(new FileKey(plain));
            } catch (IOException e) {
                return Optional.empty();
            }
        }
    }
}
