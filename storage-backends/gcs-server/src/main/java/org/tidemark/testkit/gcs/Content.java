// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The bytes of one object, in a file. An open reader gets all of it, even if the object is deleted meanwhile.
 * Immutable.
 *
 * @param crc32c in base64, big-endian
 */
record Content(Path file, long size, String crc32c) {
    /** Refuses bytes with another checksum than the client announced. */
    void check(Optional<String> announced) {
        if (announced.isPresent() && !announced.get().equals(crc32c)) {
            throw Refusal.invalid(
                    "Provided CRC32C \"" + announced.get() + "\" doesn't match calculated CRC32C \"" + crc32c + "\".");
        }
    }

    /** Opens it at an offset. @throws java.nio.file.NoSuchFileException if the object was deleted */
    InputStream open(long from) throws IOException {
        InputStream in = Files.newInputStream(file);
        in.skipNBytes(from);
        return in;
    }

    void delete() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Writes the bytes of an object that is being uploaded. The file stays until the server is closed. Not thread-safe.
     */
    static final class Writer {
        private final CRC32C crc32c = new CRC32C();
        private final Path file;
        private final OutputStream out;
        private long size;

        Writer(Path directory) throws IOException {
            file = Files.createTempFile(directory, "object", "");
            out = Files.newOutputStream(file);
        }

        long size() {
            return size;
        }

        void write(byte[] bytes, int offset, int count) throws IOException {
            out.write(bytes, offset, count);
            crc32c.update(bytes, offset, count);
            size += count;
        }

        Content finish() throws IOException {
            out.close();
            byte[] sum = ByteBuffer.allocate(4).putInt((int) crc32c.getValue()).array();
            return new Content(file, size, Base64.getEncoder().encodeToString(sum));
        }
    }
}
