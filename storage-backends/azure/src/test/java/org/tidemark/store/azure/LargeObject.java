// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;

/** Puts and reads a large object in a process of its own, and tells how much memory that took. */
final class LargeObject {
    static final ObjectKey KEY = new ObjectKey("main/large");
    private static final int PIECE_BYTES = 1024 * 1024;

    private LargeObject() {}

    /**
     * Usage: {@code put|put-and-read address endpoint bytes}, with the credentials in the environment. Prints the most
     * memory that was resident, in KiB.
     */
    public static void main(String[] args) throws IOException {
        Map<String, String> options = Map.of("endpoint", args[2]);
        long bytes = Long.parseLong(args[3]);
        try (ObjectStore store = new AzureStoreProvider().open(URI.create(args[1]), options)) {
            store.putIfAbsent(KEY, source(bytes));
            if (args[0].equals("put-and-read")) {
                compare(store, bytes);
            }
        }
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM:")) {
                System.out.println(line.replaceAll("\\D", ""));
            }
        }
    }

    static void compare(ObjectStore store, long bytes) throws IOException {
        try (InputStream stored = store.open(KEY, ByteRange.ALL);
                InputStream expected = new Noise(bytes)) {
            long compared = 0;
            for (byte[] piece = stored.readNBytes(PIECE_BYTES);
                    piece.length > 0;
                    piece = stored.readNBytes(PIECE_BYTES)) {
                if (!Arrays.equals(piece, expected.readNBytes(PIECE_BYTES))) {
                    throw new IOException("not what was put, from " + compared);
                }
                compared += piece.length;
            }
            if (compared != bytes) {
                throw new IOException("not " + bytes + " bytes: " + compared);
            }
        }
    }

    private static ObjectSource source(long bytes) {
        return new ObjectSource() {
            @Override
            public long sizeBytes() {
                return bytes;
            }

            @Override
            public InputStream open() {
                return new Noise(bytes);
            }
        };
    }

    /** The same random bytes each time, in no memory. */
    private static final class Noise extends InputStream {
        private final byte[] noise = new byte[PIECE_BYTES + 13];
        private final long size;
        private long position;

        Noise(long size) {
            this.size = size;
            new Random(7).nextBytes(noise);
        }

        @Override
        public int read() {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            if (position == size) {
                return -1;
            }
            int at = (int) (position % noise.length);
            int count = (int) Math.min(Math.min(length, noise.length - at), size - position);
            System.arraycopy(noise, at, into, offset, count);
            position += count;
            return count;
        }
    }
}
