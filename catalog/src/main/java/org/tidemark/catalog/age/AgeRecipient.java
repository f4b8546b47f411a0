// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.age;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import org.tidemark.catalog.age.AgeHeader.AgeStanza;
import org.tidemark.catalog.age.FileKey.FileKeyWrap;
import org.tidemark.core.Sha256;

/** A public key: to whom something is encrypted. Printed as {@code age} prints it. Immutable. */
public final class AgeRecipient {
    static final String INFO = "age-encryption.org/v1/X25519";

    private static final String PREFIX = "age";
    private static final int FINGERPRINT_DIGITS = 16;

    private final byte[] point;
    private final String text;

    AgeRecipient(byte[] point) {
        this.point = point;
        this.text = new String(Bech32.encode(PREFIX, point), StandardCharsets.US_ASCII);
    }

    /**
     * Reads {@code age1…}.
     *
     * @throws IllegalArgumentException if it is not a public key; the text is not in the message, since it may be a
     *     private key
     */
    public static AgeRecipient parse(String text) {
        byte[] point = Bech32.decode(PREFIX, text.getBytes(StandardCharsets.UTF_8));
        if (point.length != X25519.SIZE) {
            throw new IllegalArgumentException("it is not of " + X25519.SIZE + " bytes");
        }
        return new AgeRecipient(point);
    }

    /** 16 digits that tell this key from others: the beginning of the SHA-256 of its text. */
    public String fingerprint() {
        return Sha256.of(text.getBytes(StandardCharsets.US_ASCII)).hex().substring(0, FINGERPRINT_DIGITS);
    }

    byte[] point() {
        return point.clone();
    }

    /** The stanza that holds {@code fileKey} for the owner of the private key. */
    AgeStanza wrap(FileKey fileKey, SecureRandom random) {
        byte[] secret = new byte[X25519.SIZE];
        random.nextBytes(secret);
        byte[] share = X25519.publicKey(secret);
        byte[] shared = X25519.multiply(secret, point)
                .orElseThrow(() -> new IllegalStateException("nobody can have the private key of '" + text + "'"));
        byte[] body = FileKeyWrap.of(shared, share, point).wrap(fileKey);
        Arrays.fill(secret, (byte) 0);
        Arrays.fill(shared, (byte) 0);
        return AgeStanza.x25519(share, body);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof AgeRecipient recipient && text.equals(recipient.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
