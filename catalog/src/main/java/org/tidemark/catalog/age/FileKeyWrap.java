// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.age;

import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;

/** The key that wraps a file key for one recipient. Not thread-safe. */
final class FileKeyWrap {
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
