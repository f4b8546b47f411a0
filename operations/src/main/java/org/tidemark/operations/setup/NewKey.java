// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.setup;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import org.tidemark.catalog.age.AgeIdentity;
import org.tidemark.catalog.backup.EvidenceKey;
import org.tidemark.catalog.backup.SigningKey;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.ExitCode;
import org.tidemark.core.SystemUser;
import org.tidemark.core.UserFacingException;

/**
 * A new key pair, with the private key in a file.
 *
 * @param publicKey as {@code encrypt-to} takes it
 */
public record NewKey(Path file, String publicKey, String fingerprint) {
    private static final String OF_AGE = "age-keygen -y ";

    /**
     * Creates the key pair. The file has the format of age-keygen, is readable only for its owner, and is durable.
     *
     * @throws UserFacingException if the file exists
     */
    public static NewKey make(Path file, Clock clock) throws IOException {
        refuseExisting(file);
        AgeIdentity identity = AgeIdentity.generate(new SecureRandom());
        String publicKey = identity.recipient().toString();
        byte[] comments = ("# created: " + clock.instant().truncatedTo(ChronoUnit.SECONDS) + "\n# public key: "
                        + publicKey + "\n")
                .getBytes(StandardCharsets.US_ASCII);
        byte[] secret = identity.encode();
        byte[] content = Arrays.copyOf(comments, comments.length + secret.length + 1);
        System.arraycopy(secret, 0, content, comments.length, secret.length);
        content[content.length - 1] = '\n';
        Arrays.fill(secret, (byte) 0);
        create(file, content, OF_AGE);
        return new NewKey(file, publicKey, identity.recipient().fingerprint());
    }

    /**
     * Creates a key pair that signs evidence of drills, in a PEM file, as OpenSSL reads it. The file is readable only
     * for its owner, and durable.
     *
     * @return the public key
     * @throws UserFacingException if the file exists
     */
    public static EvidenceKey makeSigning(Path file) throws IOException {
        SigningKey key = SigningKey.generate(new SecureRandom());
        create(file, key.pem(), "openssl pkey -pubout -in ");
        return key.publicKey();
    }

    private static void create(Path file, byte[] content, String printsPublicKey) throws IOException {
        try {
            DurableText.createSecret(file, content);
        } catch (FileAlreadyExistsException e) {
            throw exists(file, printsPublicKey);
        } finally {
            Arrays.fill(content, (byte) 0);
        }
    }

    /** Checks beforehand that {@link #make} can create the file as this user. */
    public static void requirePlace(Path file) {
        refuseExisting(file);
        Path directory = file.getParent();
        if (directory == null || !Files.isDirectory(directory) || !Files.isWritable(directory)) {
            String user = SystemUser.current();
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "the private key cannot be created: '" + directory + "' is not a directory that '" + user
                            + "', the user of this command, can write to",
                    "Name a file that '" + user + "' can create, or create the key pair first, without --url: "
                            + CopyableCommand.of("init", "--make-key", file.toString()));
        }
    }

    private static void refuseExisting(Path file) {
        if (Files.exists(file)) {
            throw exists(file, OF_AGE);
        }
    }

    private static UserFacingException exists(Path file, String printsPublicKey) {
        return new UserFacingException(
                ExitCode.USAGE,
                "'" + file + "' exists, and a private key is never overwritten",
                "Name another file; if it holds a private key already, its public one is printed by: " + printsPublicKey
                        + file);
    }
}
