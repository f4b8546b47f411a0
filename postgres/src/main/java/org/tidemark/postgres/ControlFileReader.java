// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads a control file while a server may be writing it. Such a write is not atomic for a reader. */
final class ControlFileReader {
    // The same number as in get_controlfile() of src/common/controldata_utils.c.
    private static final int ATTEMPTS = 10;
    private static final long PAUSE_MILLIS = 10;
    // The file has 8192 bytes; a much longer file is not a control file.
    private static final int LIMIT_BYTES = 1 << 16;

    private ControlFileReader() {}

    static ControlFile read(Path file) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                return ControlFile.parse(bytes(file), file.toString());
            } catch (CorruptFileException e) {
                if (attempt == ATTEMPTS) {
                    throw e;
                }
                pause(file);
            }
        }
    }

    private static byte[] bytes(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return in.readNBytes(LIMIT_BYTES);
        }
    }

    private static void pause(Path file) throws InterruptedIOException {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for a whole control file '" + file + "'");
        }
    }
}
