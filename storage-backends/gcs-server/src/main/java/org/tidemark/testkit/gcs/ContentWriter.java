// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Takes the bytes of an object that is being uploaded: small ones in memory, others in a file. Not thread-safe. */
final class ContentWriter extends OutputStream {
    private static final int BUFFER_BYTES = 64 * 1024;

    private final Path directory;
    private final long memoryBytes;
    private final CRC32C crc32c = new CRC32C();
    private final MessageDigest md5 = md5();
    private ByteArrayOutputStream memory = new ByteArrayOutputStream();
    private @Nullable Path file;
    private @Nullable OutputStream out;
    private long size;
    private boolean finished;

    /** @param memoryBytes what is longer goes to a file of the directory */
    ContentWriter(Path directory, long memoryBytes) {
        this.directory = directory;
        this.memoryBytes = memoryBytes;
    }

    long size() {
        return size;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int count) throws IOException {
        if (out == null && size + count > memoryBytes) {
            file = Files.createTempFile(directory, "object", "");
            out = Files.newOutputStream(file);
            memory.writeTo(out);
            memory = new ByteArrayOutputStream();
        }
        if (out == null) {
            memory.write(bytes, offset, count);
        } else {
            out.write(bytes, offset, count);
        }
        crc32c.update(bytes, offset, count);
        md5.update(bytes, offset, count);
        size += count;
    }

    /** All that the stream has. */
    void writeAll(InputStream in) throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
            write(buffer, 0, count);
        }
    }

    /** What was written, held by the caller. */
    Content finish() throws IOException {
        if (out != null) {
            out.close();
        }
        finished = true;
        byte[] crc = ByteBuffer.allocate(4).putInt((int) crc32c.getValue()).array();
        Base64.Encoder base64 = Base64.getEncoder();
        Checksums sums = new Checksums(
                Optional.of(base64.encodeToString(crc)), Optional.of(base64.encodeToString(md5.digest())));
        return new Content(memory.toByteArray(), Optional.ofNullable(file), size, sums);
    }

    /** Drops what was written, unless it was finished. */
    @Override
    public void close() throws IOException {
        if (!finished) {
            if (out != null) {
                out.close();
            }
            if (file != null) {
                Files.deleteIfExists(file);
            }
        }
    }

    private static MessageDigest md5() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has MD5", e);
        }
    }
}
