// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.age;

import java.io.IOException;
import java.io.OutputStream;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import org.tidemark.catalog.age.ChaChaCipher.ChunkCipher;
import org.tidemark.catalog.age.ChaChaCipher.ChunkCipher.Place;

/**
 * Encrypts the bytes that are written into one age file, which {@code close} ends; it closes the other stream as well.
 * Holds one chunk of 64 KiB in memory. Not thread-safe.
 */
public final class AgeOutput extends OutputStream {
    private final OutputStream to;
    private final ChunkCipher cipher;
    private final byte[] plain = new byte[ChunkCipher.PLAIN_BYTES];
    private final byte[] stored = new byte[ChunkCipher.STORED_BYTES];
    private int used;
    private long number;
    private boolean closed;

    /**
     * Writes the header at once.
     *
     * @param recipients at least one
     * @param random of cryptographic quality: it makes every key of the file
     */
    public AgeOutput(OutputStream to, List<AgeRecipient> recipients, SecureRandom random) throws IOException {
        this.to = to;
        FileKey key = FileKey.random(random);
        byte[] nonce = new byte[FileKey.NONCE_BYTES];
        random.nextBytes(nonce);
        this.cipher = new ChunkCipher(key, nonce);
        to.write(AgeHeader.encode(key, recipients, random));
        to.write(nonce);
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        int done = 0;
        while (done < length) {
            if (used == plain.length) {
                // Only when more comes is it known that this chunk is not the last one.
                writeChunk(Place.BEFORE_THE_LAST);
            }
            int count = Math.min(length - done, plain.length - used);
            System.arraycopy(bytes, offset + done, plain, used, count);
            used += count;
            done += count;
        }
    }

    private void writeChunk(Place place) throws IOException {
        int length = cipher.encrypt(number, place, plain, used, stored);
        to.write(stored, 0, length);
        number++;
        used = 0;
    }

    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try (to) {
            writeChunk(Place.LAST);
        } finally {
            Arrays.fill(plain, (byte) 0);
        }
    }
}
