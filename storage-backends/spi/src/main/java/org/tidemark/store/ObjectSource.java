// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Bytes to be stored. It can be opened again, each time from the start with the same content, so that a retry is
 * possible.
 */
public interface ObjectSource {
    /** How many bytes {@link #open} will give. */
    long sizeBytes();

    /** A stream from the first byte; the caller closes it. */
    InputStream open() throws IOException;

    /**
     * The same bytes, for a look at them that sends nothing, such as a digest that goes ahead of them: no limit of
     * bandwidth holds it back. The caller closes the stream.
     */
    default InputStream inspect() throws IOException {
        return open();
    }

    /** The bytes of an array that the caller does not change any more. */
    static ObjectSource of(byte[] bytes) {
        return new ObjectSource() {
            @Override
            public long sizeBytes() {
                return bytes.length;
            }

            @Override
            public InputStream open() {
                return new ByteArrayInputStream(bytes);
            }
        };
    }

    /** The content of a local file that does not change as long as the source is used. */
    static ObjectSource of(Path file, long sizeBytes) {
        return new ObjectSource() {
            @Override
            public long sizeBytes() {
                return sizeBytes;
            }

            @Override
            public InputStream open() throws IOException {
                return Files.newInputStream(file);
            }
        };
    }
}
