// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

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

/** A process that stores an object, reads it, and prints how much memory it took at most: {@code VmHWM}, in KiB. */
final class LargeObject {
    private static final long SEED = 20_261_120;

    private LargeObject() {}

    /** Bytes that can be made again, so that nobody has to keep them. */
    private static final class Bytes extends InputStream {
        private final Random random = new Random(SEED);
        private final byte[] block = new byte[64 * 1024];
        private long left;
        private int position = block.length;

        Bytes(long sizeBytes) {
            left = sizeBytes;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            if (left == 0) {
                return -1;
            }
            if (position == block.length) {
                random.nextBytes(block);
                position = 0;
            }
            int count = (int) Math.min(Math.min(length, block.length - position), left);
            System.arraycopy(block, position, into, offset, count);
            position += count;
            left -= count;
            return count;
        }
    }

    public static void main(String[] arguments) throws IOException {
        long sizeBytes = Long.parseLong(arguments[2]);
        ObjectKey key = new ObjectKey("main/large");
        try (ObjectStore store = new GcsStoreProvider()
                .open(URI.create(arguments[0]), Map.of("endpoint", arguments[1], "credentials", "none"))) {
            store.putIfAbsent(key, new ObjectSource() {
                @Override
                public long sizeBytes() {
                    return sizeBytes;
                }

                @Override
                public InputStream open() {
                    return new Bytes(sizeBytes);
                }
            });
            try (InputStream stored = store.open(key, ByteRange.ALL);
                    InputStream same = new Bytes(sizeBytes)) {
                compare(stored, same);
            }
        }
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM:")) {
                System.out.println(line.replaceAll("[^0-9]", ""));
            }
        }
    }

    private static void compare(InputStream one, InputStream other) throws IOException {
        byte[] ofOne;
        do {
            ofOne = one.readNBytes(64 * 1024);
            if (!Arrays.equals(ofOne, other.readNBytes(64 * 1024))) {
                throw new IOException("other bytes were read than stored");
            }
        } while (ofOne.length > 0);
    }
}
