// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.Map;
import java.util.zip.CRC32C;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;

/** A process that stores one object of a size and reads it back: its heap is what its command line says. */
final class LargeObject {
    private LargeObject() {}

    public static void main(String[] arguments) throws IOException {
        URI address = URI.create(arguments[0]);
        Map<String, String> options = Map.of("key-file", arguments[1], "known-hosts", arguments[2]);
        long sizeBytes = Long.parseLong(arguments[3]);
        ObjectKey key = new ObjectKey("main/large");
        try (ObjectStore store = new SftpStoreProvider().open(address, options)) {
            store.putIfAbsent(key, new ObjectSource() {
                @Override
                public long sizeBytes() {
                    return sizeBytes;
                }

                @Override
                public InputStream open() {
                    return new Counting(sizeBytes);
                }
            });
            try (InputStream stored = store.open(key, ByteRange.ALL)) {
                if (checksum(stored) != checksum(new Counting(sizeBytes))) {
                    throw new IOException("what was read is not what was stored");
                }
            }
        }
    }

    private static long checksum(InputStream bytes) throws IOException {
        CRC32C checksum = new CRC32C();
        byte[] buffer = new byte[64 * 1024];
        for (int count = bytes.read(buffer); count >= 0; count = bytes.read(buffer)) {
            checksum.update(buffer, 0, count);
        }
        return checksum.getValue();
    }

    /** Bytes of which no two pieces are the same. Not thread-safe. */
    private static final class Counting extends InputStream {
        private final long sizeBytes;
        private long position;

        Counting(long sizeBytes) {
            this.sizeBytes = sizeBytes;
        }

        @Override
        public int read() {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            if (position == sizeBytes) {
                return -1;
            }
            int count = (int) Math.min(length, sizeBytes - position);
            for (int i = 0; i < count; i++) {
                long at = position + i;
                into[offset + i] = (byte) (at ^ at >>> 8 ^ at >>> 16 ^ at >>> 24);
            }
            position += count;
            return count;
        }
    }
}
