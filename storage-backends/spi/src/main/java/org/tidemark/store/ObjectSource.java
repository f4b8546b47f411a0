// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The bytes of an object to be stored. A source can be opened several times and always gives the same content, so that
 * a store can retry.
 */
public interface ObjectSource {
    /** The number of bytes that {@link #open} gives. */
    long sizeBytes();

    /** A stream from the first byte; the caller closes it. */
    InputStream open() throws IOException;

    /**
     * The same bytes for a reader that does not send them, such as one that computes a digest. No bandwidth limit
     * applies. The caller closes the stream.
     */
    default InputStream inspect() throws IOException {
        return open();
    }

    /** Whether the object will be deleted soon: a store that locks its objects does not lock this one. */
    default boolean isShortLived() {
        return false;
    }

    /** The bytes of an array, which the caller must not change afterwards. */
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

    /** The same, for an object that will be deleted soon. */
    static ObjectSource shortLived(byte[] bytes) {
        ObjectSource source = of(bytes);
        return new ObjectSource() {
            @Override
            public long sizeBytes() {
                return source.sizeBytes();
            }

            @Override
            public InputStream open() throws IOException {
                return source.open();
            }

            @Override
            public boolean isShortLived() {
                return true;
            }
        };
    }

    /** The content of a local file, which must not change while the source is in use. */
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
