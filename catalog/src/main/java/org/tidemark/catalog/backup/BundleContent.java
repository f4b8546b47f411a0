// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import org.tidemark.catalog.ContainerHeader;
import org.tidemark.catalog.DamagedObjectException;
import org.tidemark.catalog.EncryptedContent;
import org.tidemark.catalog.PrivateKeys;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;

/**
 * Frames, index and footer of a bundle, read by range: the object itself after its header, or what its age file holds.
 * Thread-safe.
 */
final class BundleContent {
    private final ObjectStore store;
    private final ObjectKey key;
    private final long begin;
    private final long end;
    private final Optional<EncryptedContent> encrypted;

    private BundleContent(
            ObjectStore store, ObjectKey key, long begin, long end, Optional<EncryptedContent> encrypted) {
        this.store = store;
        this.key = key;
        this.begin = begin;
        this.end = end;
        this.encrypted = encrypted;
    }

    /**
     * The content after a header.
     *
     * @param behindHeader the bytes of the object that were read with its header
     * @throws org.tidemark.core.UserFacingException with NO_KEY if it is encrypted, and none of the keys opens it
     */
    static BundleContent of(
            ObjectStore store,
            ObjectKey key,
            ContainerHeader header,
            ByteArrayInputStream behindHeader,
            long sizeBytes,
            PrivateKeys privateKeys)
            throws IOException {
        long headerBytes = header.encode().length;
        if (header.encryption().isEmpty()) {
            return new BundleContent(store, key, headerBytes, sizeBytes, Optional.empty());
        }
        EncryptedContent content = EncryptedContent.open(
                behindHeader, key, header.encryption().get(), privateKeys, headerBytes, sizeBytes);
        return new BundleContent(store, key, 0, content.sizeBytes(), Optional.of(content));
    }

    /** Where the first frame begins: places in an object count from its first byte, in an age file from its own. */
    long begin() {
        return begin;
    }

    /** Where the footer ends. */
    long end() {
        return end;
    }

    /** Bytes from {@code offset} on, {@code length} or more; the caller closes the stream. */
    InputStream open(long offset, long length) throws IOException {
        if (encrypted.isEmpty()) {
            return store.open(key, new ByteRange(offset, length));
        }
        EncryptedContent content = encrypted.get();
        return content.open(store.open(key, content.stored(offset, length)), offset, length);
    }

    /** All bytes, out of a stream that stands at the beginning of the object. */
    InputStream of(InputStream object) throws IOException {
        if (encrypted.isEmpty()) {
            object.skipNBytes(begin);
            return object;
        }
        EncryptedContent content = encrypted.get();
        object.skipNBytes(content.stored(0, end).offset());
        return content.open(object, 0, end);
    }

    byte[] read(long offset, int length) throws IOException {
        try (InputStream in = open(offset, length)) {
            return exactly(in, length);
        }
    }

    /** The next bytes of a stream of {@link #open}. */
    byte[] exactly(InputStream in, int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length != length) {
            throw new DamagedObjectException(key, "it ends too early");
        }
        return bytes;
    }
}
