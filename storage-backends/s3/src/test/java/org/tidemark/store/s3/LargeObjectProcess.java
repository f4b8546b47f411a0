// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StoreOptions;

/** A process that puts one large object, reads it back, and writes down how much memory it had at most. */
final class LargeObjectProcess {
    private LargeObjectProcess() {}

    /** Arguments: endpoint, key id, file of the secret, bucket, bytes, file for the result in KiB. */
    public static void main(String[] arguments) throws IOException {
        Map<String, String> options = Map.of(
                "endpoint", arguments[0],
                "access-key-id", arguments[1],
                "secret-access-key-file", arguments[2],
                "multipart-above", "5MiB");
        S3Config config =
                S3Config.parse(new S3Address(arguments[3], ""), new StoreOptions(options, _ -> Optional.empty()));
        long size = Long.parseLong(arguments[4]);
        ObjectKey key = new ObjectKey("main/large");
        try (ObjectStore store = S3Server.retrying(new S3ObjectStore(config))) {
            store.putIfAbsent(key, source(size));
            try (InputStream stored = store.open(key, ByteRange.ALL);
                    InputStream sent = new Numbers(size)) {
                if (digest(stored) != digest(sent)) {
                    throw new IllegalStateException("read back otherwise than it was put");
                }
            }
        }
        String most = Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .findFirst()
                .orElseThrow();
        Files.writeString(Path.of(arguments[5]), most.replaceAll("[^0-9]", ""));
    }

    private static ObjectSource source(long size) {
        return new ObjectSource() {
            @Override
            public long sizeBytes() {
                return size;
            }

            @Override
            public InputStream open() {
                return new Numbers(size);
            }
        };
    }

    private static long digest(InputStream in) throws IOException {
        CRC32C crc = new CRC32C();
        byte[] buffer = new byte[64 * 1024];
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
            crc.update(buffer, 0, count);
        }
        return crc.getValue();
    }

    static Duration limit(int mebibytes) {
        return Duration.ofMinutes(2).plusSeconds(mebibytes / 2);
    }

    /** Bytes that tell where they are, so that a part in the wrong place is seen. Not thread-safe. */
    private static final class Numbers extends InputStream {
        private final long size;
        private long position;

        Numbers(long size) {
            this.size = size;
        }

        @Override
        public int read() {
            return position == size ? -1 : at(position++) & 0xFF;
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            if (position == size) {
                return -1;
            }
            int count = (int) Math.min(length, size - position);
            for (int i = 0; i < count; i++) {
                into[offset + i] = at(position + i);
            }
            position += count;
            return count;
        }

        @Override
        public long skip(long count) {
            long skipped = Math.min(count, size - position);
            position += skipped;
            return skipped;
        }

        private static byte at(long position) {
            return (byte) (position ^ (position >> 8) ^ (position >> 20));
        }
    }
}
