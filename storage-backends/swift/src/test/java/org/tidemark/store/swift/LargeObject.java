// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;

/** Stores a large object and reads it again, in a process of its own whose memory can be measured. */
final class LargeObject {
    private static final int PERIOD = 251;

    private LargeObject() {}

    /** Usage: {@code address bytes option value …}; prints how much memory the process had at most, in KiB. */
    public static void main(String[] args) throws IOException {
        long sizeBytes = Long.parseLong(args[1]);
        Map<String, String> options = new HashMap<>();
        for (int i = 2; i < args.length; i += 2) {
            options.put(args[i], args[i + 1]);
        }
        ObjectKey key = new ObjectKey("main/large");
        try (ObjectStore store = new SwiftStoreProvider().open(URI.create(args[0]), options)) {
            store.putIfAbsent(key, source(sizeBytes));
            try (InputStream stored = store.open(key, ByteRange.ALL);
                    InputStream expected = source(sizeBytes).open()) {
                byte[] buffer = new byte[64 * 1024];
                for (int count = stored.read(buffer); count >= 0; count = stored.read(buffer)) {
                    if (!Arrays.equals(buffer, 0, count, expected.readNBytes(count), 0, count)) {
                        throw new IllegalStateException("other bytes than were stored");
                    }
                }
                if (expected.read() >= 0) {
                    throw new IllegalStateException("fewer bytes than were stored");
                }
            }
        }
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM:")) {
                System.out.println(line.replaceAll("[^0-9]", ""));
            }
        }
    }

    /** Bytes that repeat with a period that no buffer has, so that a piece in the wrong place is seen. */
    private static ObjectSource source(long sizeBytes) {
        return new ObjectSource() {
            @Override
            public long sizeBytes() {
                return sizeBytes;
            }

            @Override
            public InputStream open() {
                return new PeriodicStream(sizeBytes);
            }
        };
    }

    private static final class PeriodicStream extends InputStream {
        private final long sizeBytes;
        private long position;

        PeriodicStream(long sizeBytes) {
            this.sizeBytes = sizeBytes;
        }

        @Override
        public int read() {
            return position == sizeBytes ? -1 : (int) (position++ % PERIOD);
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            int count = (int) Math.min(length, sizeBytes - position);
            for (int i = 0; i < count; i++) {
                into[offset + i] = (byte) (position++ % PERIOD);
            }
            return count == 0 && length > 0 ? -1 : count;
        }

        @Override
        public long skip(long count) {
            long skipped = Math.clamp(count, 0, sizeBytes - position);
            position += skipped;
            return skipped;
        }
    }
}
