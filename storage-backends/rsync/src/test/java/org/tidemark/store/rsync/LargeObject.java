// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;

/** Puts and reads a large object, in a JVM of its own, whose memory is limited. */
final class LargeObject {
    private LargeObject() {}

    /** Usage: {@code address work-directory bytes}; prints the peak of this process's memory in KiB. */
    public static void main(String[] args) throws IOException {
        long size = Long.parseLong(args[2]);
        ObjectKey key = new ObjectKey("main/large");
        try (ObjectStore store =
                new RsyncStoreProvider().open(URI.create(args[0]), Map.of("work-directory", args[1]))) {
            store.putIfAbsent(key, new ObjectSource() {
                @Override
                public long sizeBytes() {
                    return size;
                }

                @Override
                public InputStream open() {
                    return new Content(0, size);
                }
            });
            compare(store, key, 0, size);
            compare(store, key, size / 2 + 1, size / 4);
        }
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM:")) {
                System.out.println(line.replaceAll("[^0-9]", ""));
            }
        }
    }

    private static void compare(ObjectStore store, ObjectKey key, long offset, long length) throws IOException {
        try (InputStream stored = store.open(key, new ByteRange(offset, length));
                InputStream expected = new Content(offset, length)) {
            byte[] chunk = expected.readNBytes(64 * 1024);
            while (chunk.length > 0) {
                if (!Arrays.equals(chunk, stored.readNBytes(chunk.length))) {
                    throw new IOException("other bytes were read than were put");
                }
                chunk = expected.readNBytes(64 * 1024);
            }
            if (stored.read() >= 0) {
                throw new IOException("more was read than was put");
            }
        }
    }

    /** Bytes that depend on where they are. Not thread-safe. */
    private static final class Content extends InputStream {
        private final long end;
        private long position;

        Content(long offset, long length) {
            this.position = offset;
            this.end = offset + length;
        }

        @Override
        public int read() {
            if (position == end) {
                return -1;
            }
            long mixed = (position++ >> 3) * 0x9E3779B97F4A7C15L;
            return (int) (mixed >>> 40) & 0xFF;
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            int count = (int) Math.min(length, end - position);
            for (int i = 0; i < count; i++) {
                into[offset + i] = (byte) read();
            }
            return count == 0 && length > 0 ? -1 : count;
        }
    }
}
