// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.age.AgeIdentity;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.format.Recipients;

/** A public key and its private key. */
public record KeyPair(AgeIdentity identity) {
    public static KeyPair fresh() {
        return new KeyPair(AgeIdentity.generate(new SecureRandom()));
    }

    public static Encoding encoding(String codec, KeyPair... to) {
        return new Encoding(
                Codec.parse(codec),
                Optional.of(new Recipients(
                        Arrays.stream(to).map(pair -> pair.identity.recipient()).toList())));
    }

    public PrivateKeys privateKeys() {
        return PrivateKeys.from("'a test'", () -> List.of(identity));
    }

    public String fingerprint() {
        return identity.recipient().fingerprint();
    }
}
