// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import org.tidemark.core.Sha256;

/**
 * A public key of Ed25519, which evidence of drills is checked with. Immutable.
 *
 * @param base64 of its DER form, as a PEM file has it between its first and its last line
 */
public record EvidenceKey(String base64) {
    static final String ALGORITHM = "Ed25519";

    /** RFC 8410: everything before the 32 bytes of the key. */
    private static final String DER_BEGIN = "302a300506032b6570032100";

    private static final int DER_BYTES = 44;

    /**
     * @throws IllegalArgumentException if it is not such a key; the message does not show it, it may be a private key
     */
    public EvidenceKey {
        byte[] der;
        try {
            der = Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            der = new byte[0];
        }
        if (der.length != DER_BYTES || !HexFormat.of().formatHex(der).startsWith(DER_BEGIN)) {
            throw new IllegalArgumentException("it is not a public key of Ed25519 in base64");
        }
    }

    private byte[] der() {
        return Base64.getDecoder().decode(base64);
    }

    /** The first 16 hexadecimal digits of the SHA-256 of its DER form. */
    public String id() {
        return Sha256.of(der()).hex().substring(0, 16);
    }

    /**
     * Whether the private key has signed this.
     *
     * @param signature in base64
     */
    boolean hasSigned(byte[] content, String signature) {
        try {
            Signature checked = Signature.getInstance(ALGORITHM);
            checked.initVerify(KeyFactory.getInstance(ALGORITHM).generatePublic(new X509EncodedKeySpec(der())));
            checked.update(content);
            return checked.verify(Base64.getDecoder().decode(signature.getBytes(StandardCharsets.US_ASCII)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        } catch (GeneralSecurityException e) {
            return false; // a signature, or a point of the curve, that cannot be
        }
    }
}
