// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.format;

import java.io.IOException;
import java.io.OutputStream;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.TreeSet;
import org.tidemark.catalog.age.AgeOutput;
import org.tidemark.catalog.age.AgeRecipient;

/** The public keys that new objects are encrypted to; each of their owners can read them. Immutable, thread-safe. */
public final class Recipients {
    private final List<AgeRecipient> keys;
    private final Encryption encryption;

    /** @throws IllegalArgumentException if there is none, or there are more than {@value Encryption#MAX_RECIPIENTS} */
    public Recipients(List<AgeRecipient> keys) {
        this.keys = new ArrayList<>(new LinkedHashSet<>(keys));
        TreeSet<String> fingerprints = new TreeSet<>();
        for (AgeRecipient key : this.keys) {
            fingerprints.add(key.fingerprint());
        }
        this.encryption = new Encryption(new ArrayList<>(fingerprints));
    }

    /**
     * Reads public keys as {@code age-keygen} prints them.
     *
     * @throws IllegalArgumentException if one is not a public key; the message gives its position, not its text, which
     *     may be a private key
     */
    public static Recipients parse(List<String> publicKeys) {
        List<AgeRecipient> keys = new ArrayList<>();
        for (int i = 0; i < publicKeys.size(); i++) {
            try {
                keys.add(AgeRecipient.parse(publicKeys.get(i)));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "key " + (i + 1) + " is not a public key of age: " + e.getMessage(), e);
            }
        }
        return new Recipients(keys);
    }

    public Encryption encryption() {
        return encryption;
    }

    OutputStream encrypt(OutputStream to) throws IOException {
        return new AgeOutput(to, keys, new SecureRandom());
    }

    /** The fingerprints with commas between them. */
    @Override
    public String toString() {
        return encryption.toString();
    }
}
