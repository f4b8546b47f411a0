// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.age;

import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.age.FileKey.FileKeyWrap;

/** A private key. Thread-safe; printed by the fingerprint of its public key, and never as it is. */
public final class AgeIdentity {
    private static final String PREFIX = "age-secret-key-";

    private final byte[] secret;
    private final AgeRecipient recipient;

    private AgeIdentity(byte[] secret) {
        this.secret = secret;
        this.recipient = new AgeRecipient(X25519.publicKey(secret));
    }

    public static AgeIdentity generate(SecureRandom random) {
        byte[] secret = new byte[X25519.SIZE];
        random.nextBytes(secret);
        return new AgeIdentity(secret);
    }

    /**
     * Reads {@code AGE-SECRET-KEY-1…}.
     *
     * @param text in ASCII; the caller overwrites it
     * @throws IllegalArgumentException if it is not a private key; the message holds nothing of the text
     */
    static AgeIdentity parse(byte[] text) {
        byte[] small = text.clone();
        for (int i = 0; i < small.length; i++) {
            if (small[i] >= 'a' && small[i] <= 'z') {
                throw new IllegalArgumentException("it is not in capital letters");
            }
            small[i] = (byte) Character.toLowerCase(small[i]);
        }
        try {
            byte[] secret = Bech32.decode(PREFIX, small);
            if (secret.length != X25519.SIZE) {
                throw new IllegalArgumentException("it is not of " + X25519.SIZE + " bytes");
            }
            return new AgeIdentity(secret);
        } finally {
            Arrays.fill(small, (byte) 0);
        }
    }

    /** The public key. */
    public AgeRecipient recipient() {
        return recipient;
    }

    /** {@code AGE-SECRET-KEY-1…} in ASCII, for the file that keeps it; the caller overwrites it. */
    public byte[] encode() {
        byte[] text = Bech32.encode(PREFIX, secret);
        for (int i = 0; i < text.length; i++) {
            text[i] = (byte) Character.toUpperCase(text[i]);
        }
        return text;
    }

    /**
     * The file key, if this stanza holds it for this identity.
     *
     * @throws AgeFormatException if the share is one for which every private key gives zero
     */
    Optional<FileKey> unwrap(byte[] share, byte[] body) throws IOException {
        byte[] shared = X25519.multiply(secret, share)
                .orElseThrow(() -> new AgeFormatException("its age header has a recipient that no key was made for"));
        Optional<FileKey> key = FileKeyWrap.of(shared, share, recipient.point()).unwrap(body);
        Arrays.fill(shared, (byte) 0);
        return key;
    }

    @Override
    public String toString() {
        return "private key of " + recipient.fingerprint();
    }

    /**
     * Private keys as {@code age-keygen} writes them: one a line, between empty lines and comments that begin with #.
     */
    public static final class IdentityFile {
        private IdentityFile() {}

        /**
         * Reads the keys.
         *
         * @param content the caller overwrites it
         * @throws IllegalArgumentException with the number of the line that is not a key, or if there are no keys; no
         *     message holds anything of the content
         */
        public static List<AgeIdentity> parse(byte[] content) {
            List<AgeIdentity> identities = new ArrayList<>();
            int number = 0;
            for (int begin = 0; begin < content.length; ) {
                number++;
                int end = begin;
                while (end < content.length && content[end] != '\n') {
                    end++;
                }
                byte[] line = stripped(content, begin, end);
                if (line.length > 0 && line[0] != '#') {
                    try {
                        identities.add(AgeIdentity.parse(line));
                    } catch (IllegalArgumentException e) {
                        throw new IllegalArgumentException(
                                "line " + number + " is not a private key: " + e.getMessage(), e);
                    }
                }
                Arrays.fill(line, (byte) 0);
                begin = end + 1;
            }
            if (identities.isEmpty()) {
                throw new IllegalArgumentException("there is no private key in it");
            }
            return List.copyOf(identities);
        }

        private static byte[] stripped(byte[] content, int begin, int end) {
            int first = begin;
            int past = end;
            while (first < past && content[first] <= ' ' && content[first] >= 0) {
                first++;
            }
            while (past > first && content[past - 1] <= ' ' && content[past - 1] >= 0) {
                past--;
            }
            return Arrays.copyOfRange(content, first, past);
        }
    }
}
