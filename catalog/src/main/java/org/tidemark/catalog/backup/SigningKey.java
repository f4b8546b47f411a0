// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.EdECPrivateKey;
import java.security.spec.NamedParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/** A private key of Ed25519, which signs evidence of drills. Its content is never part of a message. Immutable. */
public final class SigningKey {
    private static final int MAX_BYTES = 64 << 10;
    private static final Set<PosixFilePermission> OF_ITS_OWNER =
            Set.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE, PosixFilePermission.OWNER_EXECUTE);
    private static final Pattern PEM =
            Pattern.compile("-----BEGIN PRIVATE KEY-----\\s+([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");

    private final PrivateKey secret;
    private final EvidenceKey publicKey;

    private SigningKey(PrivateKey secret, PublicKey publicKey) {
        this.secret = secret;
        this.publicKey = new EvidenceKey(Base64.getEncoder().encodeToString(publicKey.getEncoded()));
    }

    /** A new one. */
    public static SigningKey generate(SecureRandom random) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(EvidenceKey.ALGORITHM);
            generator.initialize(NamedParameterSpec.ED25519, random);
            KeyPair pair = generator.generateKeyPair();
            return new SigningKey(pair.getPrivate(), pair.getPublic());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Reads a PEM file with a key in PKCS#8, as {@link #pem} and OpenSSL write it.
     *
     * @throws UserFacingException USAGE if this user cannot read it, others can, or it has no such key
     */
    public static SigningKey read(Path file) {
        try {
            if (!OF_ITS_OWNER.containsAll(Files.getPosixFilePermissions(file))) {
                throw new UserFacingException(
                        ExitCode.USAGE,
                        "the private key file '" + file + "' is not its owner's alone",
                        "Take the rights of its group and of others away: chmod 600 '" + file + "'");
            }
            return parse(Files.size(file) > MAX_BYTES ? "" : Files.readString(file, StandardCharsets.ISO_8859_1), file);
        } catch (NoSuchFileException e) {
            throw failed("there is no private key file '" + file + "'", e);
        } catch (IOException e) {
            throw failed("the private key file '" + file + "' cannot be read by this user", e);
        }
    }

    private static SigningKey parse(String content, Path file) {
        Matcher pem = PEM.matcher(content);
        try {
            if (pem.find()
                    && KeyFactory.getInstance(EvidenceKey.ALGORITHM)
                                    .generatePrivate(new PKCS8EncodedKeySpec(
                                            Base64.getMimeDecoder().decode(pem.group(1))))
                            instanceof EdECPrivateKey secret) {
                return ofSeed(secret.getBytes().orElseThrow());
            }
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            // Said below: what it is instead would be a part of the key.
        }
        throw failed("'" + file + "' is not a PEM file with a private key of Ed25519 without a passphrase", null);
    }

    /** The JDK tells the public key of a pair that it makes, so the pair is made again out of the same 32 bytes. */
    private static SigningKey ofSeed(byte[] seed) {
        @SuppressWarnings("serial")
        final class Seed extends SecureRandom {
            @Override
            public void nextBytes(byte[] bytes) {
                System.arraycopy(seed, 0, bytes, 0, bytes.length);
            }
        }
        SigningKey again = generate(new Seed());
        if (!(again.secret instanceof EdECPrivateKey made)
                || !Arrays.equals(made.getBytes().orElseThrow(), seed)) {
            throw new IllegalStateException("this Java makes another key of the same bytes");
        }
        return again;
    }

    private static UserFacingException failed(String problem, @Nullable Exception cause) {
        return new UserFacingException(
                ExitCode.USAGE,
                problem,
                "Is this the file of drill.signing-key, and may this user read it? A key pair is made by: tidemark keys"
                        + " new-signing FILE",
                cause);
    }

    public EvidenceKey publicKey() {
        return publicKey;
    }

    /** The private key as a PEM file; the caller overwrites it. */
    public byte[] pem() {
        return ("-----BEGIN PRIVATE KEY-----\n" + Base64.getEncoder().encodeToString(secret.getEncoded())
                        + "\n-----END PRIVATE KEY-----\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    /** The signature of this, in base64: 88 characters. */
    String sign(byte[] content) {
        try {
            Signature made = Signature.getInstance(EvidenceKey.ALGORITHM);
            made.initSign(secret);
            made.update(content);
            return Base64.getEncoder().encodeToString(made.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
