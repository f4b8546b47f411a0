// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.format;

import java.io.IOException;
import java.io.InputStream;
import org.tidemark.catalog.format.ContainerHeader.ContentDigests;
import org.tidemark.store.ObjectSource;

/**
 * A whole container, ready to be stored, the same bytes each time: in memory, or in a temporary file that
 * {@link #close} removes. Thread-safe.
 */
public final class EncodedObject implements AutoCloseable {
    private final ContainerHeader header;
    private final ContentDigests digests;
    private final byte[] headerBytes;
    private final PayloadBuffer payload;

    EncodedObject(ContainerHeader header, ContentDigests digests, PayloadBuffer payload) {
        this.header = header;
        this.digests = digests;
        this.headerBytes = header.encode();
        this.payload = payload;
    }

    public ContainerHeader header() {
        return header;
    }

    public ContentDigests digests() {
        return digests;
    }

    /** The container's bytes; not to be used after {@link #close}. */
    public ObjectSource source() {
        return new ObjectSource() {
            @Override
            public long sizeBytes() {
                return headerBytes.length + payload.size();
            }

            @Override
            public InputStream open() throws IOException {
                return payload.open(headerBytes);
            }
        };
    }

    @Override
    public void close() throws IOException {
        payload.discard();
    }
}
