// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The bytes of one object, in memory or in a file. The file goes when nobody holds the content any more: neither an
 * object nor a reader. Thread-safe.
 */
final class Content {
    private static final int BUFFER_BYTES = 64 * 1024;

    private final byte[] memory;
    private final Optional<Path> file;
    private final long size;
    private final Checksums checksums;
    private int holders = 1;

    Content(byte[] memory, Optional<Path> file, long size, Checksums checksums) {
        this.memory = memory;
        this.file = file;
        this.size = size;
        this.checksums = checksums;
    }

    long size() {
        return size;
    }

    Checksums checksums() {
        return checksums;
    }

    /** One holder more. Only to be called while another holder cannot let go. */
    synchronized Content hold() {
        if (holders == 0) {
            throw new IllegalStateException("the content is gone");
        }
        holders++;
        return this;
    }

    synchronized void release() {
        if (--holders == 0) {
            file.ifPresent(path -> {
                try {
                    Files.deleteIfExists(path);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    void copyTo(OutputStream out, long from, long count) throws IOException {
        if (file.isEmpty()) {
            out.write(memory, Math.toIntExact(from), Math.toIntExact(count));
            return;
        }
        try (InputStream in = Files.newInputStream(file.get())) {
            in.skipNBytes(from);
            byte[] buffer = new byte[BUFFER_BYTES];
            long left = count;
            while (left > 0) {
                int read = in.readNBytes(buffer, 0, (int) Math.min(buffer.length, left));
                if (read == 0) {
                    throw new IOException("the file of an object is shorter than the object: " + file.get());
                }
                out.write(buffer, 0, read);
                left -= read;
            }
        }
    }
}
