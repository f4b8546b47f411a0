// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.age;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.tidemark.catalog.age.AgeHeader.Base64Line;
import org.tidemark.catalog.age.ChaChaCipher.ChunkCipher;

/** Age files in memory, also such as no program writes. */
final class AgeFiles {
    static final SecureRandom RANDOM = new SecureRandom();
    static final AgeIdentity IDENTITY = AgeIdentity.generate(RANDOM);

    /** Around chunks, and some that are between. */
    static final int[] SIZES = {0, 1, 15, 65_535, 65_536, 65_537, 131_071, 131_072, 131_073, 300_000};

    private AgeFiles() {}

    static byte[] randomBytes(Random random, int size) {
        byte[] bytes = new byte[size];
        random.nextBytes(bytes);
        return bytes;
    }

    static byte[] encrypt(byte[] plain, AgeRecipient... recipients) throws IOException {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        try (AgeOutput out = new AgeOutput(file, List.of(recipients), RANDOM)) {
            out.write(plain);
        }
        return file.toByteArray();
    }

    static byte[] decrypt(byte[] file, AgeIdentity... identities) throws IOException {
        ByteArrayInputStream in = new ByteArrayInputStream(file);
        AgeChunks chunks = chunks(in, file.length, identities);
        return chunks.open(in, 0, chunks.plainSize()).readAllBytes();
    }

    /** Leaves the stream in front of the first chunk. */
    static AgeChunks chunks(ByteArrayInputStream in, int size, AgeIdentity... identities) throws IOException {
        AgeHeader header = AgeHeader.read(in);
        FileKey key = header.unwrap(List.of(identities)).orElseThrow(() -> new IOException("no key fits"));
        return AgeChunks.of(in, key, header.sizeBytes(), size);
    }

    /** A file of one empty chunk, whose header has these stanzas and is authenticated as it must be. */
    static byte[] withStanzas(FileKey key, String stanzas) {
        String header = "age-encryption.org/v1\n" + stanzas + "---";
        byte[] mac = key.mac(header.getBytes(StandardCharsets.UTF_8));
        return withHeader(key, header + " " + Base64Line.encode(mac) + "\n");
    }

    /** A file of one empty chunk after a header. */
    static byte[] withHeader(FileKey key, String header) {
        byte[] nonce = randomBytes(RANDOM, FileKey.NONCE_BYTES);
        byte[] chunk = new byte[ChaChaCipher.TAG_BYTES];
        new ChunkCipher(key, nonce).encrypt(0, ChunkCipher.Place.LAST, new byte[0], 0, chunk);
        return concat(header.getBytes(StandardCharsets.UTF_8), nonce, chunk);
    }

    static String stanza(FileKey key) {
        StringBuilder stanza = new StringBuilder();
        IDENTITY.recipient().wrap(key, RANDOM).encode(stanza);
        return stanza.toString();
    }

    static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        Arrays.stream(parts).forEach(all::writeBytes);
        return all.toByteArray();
    }
}
