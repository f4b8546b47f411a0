// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.age;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.NamedParameterSpec;
import java.security.spec.XECPrivateKeySpec;
import java.security.spec.XECPublicKeySpec;
import java.util.Optional;
import javax.crypto.KeyAgreement;

/** The function of that name (RFC 7748), of 32 bytes each, as the JDK has it. Thread-safe. */
final class X25519 {
    static final int SIZE = 32;

    private static final String NAME = "X25519";
    private static final byte[] BASE_POINT = new byte[SIZE];

    static {
        BASE_POINT[0] = 9;
    }

    private X25519() {}

    static byte[] publicKey(byte[] secret) {
        return multiply(secret, BASE_POINT)
                .orElseThrow(() -> new IllegalStateException("the base point has a small order"));
    }

    /** Empty if the result is all zero, as it is for a few points that nobody has a secret for. */
    static Optional<byte[]> multiply(byte[] secret, byte[] point) {
        try {
            KeyFactory factory = KeyFactory.getInstance(NAME);
            PrivateKey own = factory.generatePrivate(new XECPrivateKeySpec(NamedParameterSpec.X25519, secret));
            PublicKey other =
                    factory.generatePublic(new XECPublicKeySpec(NamedParameterSpec.X25519, coordinate(point)));
            KeyAgreement agreement = KeyAgreement.getInstance(NAME);
            agreement.init(own);
            agreement.doPhase(other, true);
            return Optional.of(agreement.generateSecret());
        } catch (InvalidKeyException e) {
            return Optional.empty(); // the JDK's answer to a point of small order
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java since 11 has X25519", e);
        }
    }

    /** The least significant byte is the first one, and the highest bit counts for nothing. */
    private static BigInteger coordinate(byte[] point) {
        byte[] reversed = new byte[SIZE];
        for (int i = 0; i < SIZE; i++) {
            reversed[i] = point[SIZE - 1 - i];
        }
        reversed[0] &= 0x7F;
        return new BigInteger(1, reversed);
    }
}
