// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.age;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;

/** A short age file as text, which can be copied and pasted; {@code age --decrypt} reads it. */
public final class AgeArmor {
    private static final int COLUMNS = 64;
    private static final String BEGIN = "-----BEGIN AGE ENCRYPTED FILE-----\n";
    private static final String END = "\n-----END AGE ENCRYPTED FILE-----\n";

    private AgeArmor() {}

    /**
     * Encrypts {@code content} to one public key.
     *
     * @param random of cryptographic quality
     */
    public static String encrypt(String content, AgeRecipient recipient, SecureRandom random) {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        try (AgeOutput output = new AgeOutput(file, List.of(recipient), random)) {
            output.write(content.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException("memory does not fail", e);
        }
        byte[] lines = Base64.getMimeEncoder(COLUMNS, new byte[] {'\n'}).encode(file.toByteArray());
        return BEGIN + new String(lines, StandardCharsets.US_ASCII) + END;
    }
}
