// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.tidemark.core.BlockInputStream;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;

/**
 * An object that is put and read without anything of it being kept, by a {@link MeasuredProcess}: what its memory grows
 * by is the store's.
 */
public final class LargeObject {
    public static final ObjectKey KEY = new ObjectKey("main/large");

    private static final int PIECE_BYTES = 64 * 1024;

    private LargeObject() {}

    public static void put(ObjectStore store, long sizeBytes) throws IOException {
        store.putIfAbsent(KEY, new ObjectSource() {
            @Override
            public long sizeBytes() {
                return sizeBytes;
            }

            @Override
            public InputStream open() {
                return new Content(sizeBytes);
            }
        });
    }

    /** Throws if the store does not give the bytes that were put. */
    public static void compare(ObjectStore store, long sizeBytes) throws IOException {
        byte[] ofStore = new byte[PIECE_BYTES];
        byte[] expected = new byte[PIECE_BYTES];
        try (InputStream stored = store.open(KEY, ByteRange.ALL);
                InputStream content = new Content(sizeBytes)) {
            long compared = 0;
            for (int count = stored.readNBytes(ofStore, 0, PIECE_BYTES);
                    count > 0;
                    count = stored.readNBytes(ofStore, 0, PIECE_BYTES)) {
                int same = content.readNBytes(expected, 0, count);
                if (!Arrays.equals(ofStore, 0, count, expected, 0, same)) {
                    throw new IOException("other bytes than were put, from " + compared);
                }
                compared += count;
            }
            if (compared != sizeBytes) {
                throw new IOException("not " + sizeBytes + " bytes: " + compared);
            }
        }
    }

    /** The last thing that a {@link MeasuredProcess} does: prints the most memory that was resident, in KiB. */
    public static void printPeak() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM:")) {
                System.out.println(line.replaceAll("\\D", ""));
            }
        }
    }

    /** Bytes that depend on where they are, so that a piece in the wrong place is seen. Not thread-safe. */
    private static final class Content extends BlockInputStream {
        /** A prime number, so that pieces of any usual size begin each in another place of it. */
        private static final int PERIOD = 1_048_573;

        private final byte[] noise = new byte[PERIOD];
        private final long sizeBytes;
        private long position;

        Content(long sizeBytes) {
            this.sizeBytes = sizeBytes;
            for (int i = 0; i < PERIOD; i++) {
                noise[i] = (byte) ((i * 0x9E3779B97F4A7C15L) >>> 40);
            }
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            if (position == sizeBytes) {
                return length == 0 ? 0 : -1;
            }
            int at = (int) (position % PERIOD);
            int count = (int) Math.min(Math.min(length, PERIOD - at), sizeBytes - position);
            System.arraycopy(noise, at, into, offset, count);
            position += count;
            return count;
        }

        @Override
        public long skip(long count) {
            long skipped = Math.clamp(count, 0, sizeBytes - position);
            position += skipped;
            return skipped;
        }
    }
}
