// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import org.tidemark.catalog.backup.BundleReader.BundleFooter;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.ContainerHeader;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.EncryptedContent;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;

/**
 * Frames, index and footer of a bundle, read by range: the object itself after its header, or what its age file holds.
 * Thread-safe.
 *
 * @param codec of the frames and the index
 * @param begin where the first frame begins: places in an object count from its first byte, in an age file from its own
 * @param end where the footer ends
 */
record BundleContent(
        ObjectStore store, ObjectKey key, Codec codec, long begin, long end, Optional<EncryptedContent> encrypted) {
    /** No header is longer, together with an age header for as many recipients as one may name. */
    private static final int HEAD_BYTES = 8 << 10;

    /**
     * Reads the header of a bundle.
     *
     * @param keys of the backup that it was stored for
     * @param sizeBytes of the stored object
     * @throws org.tidemark.core.UserFacingException with NO_KEY if it is encrypted, and none of the keys opens it
     * @throws DamagedObjectException if the header is of another object, or the object is too short
     */
    static BundleContent open(ObjectStore store, PrivateKeys privateKeys, BackupKeys keys, int number, long sizeBytes)
            throws IOException {
        ObjectKey key = keys.bundle(number);
        if (sizeBytes < BundleFooter.SIZE) {
            throw tooShort(key);
        }
        ByteArrayInputStream head = head(store, key, sizeBytes);
        ContainerHeader header = ContainerHeader.read(head, key);
        header.require(ContainerKind.BUNDLE, keys.numbered(number), keys.system(), key);
        BundleContent content = afterHeader(store, key, header, head, sizeBytes, privateKeys);
        if (content.end() - content.begin() < BundleFooter.SIZE) {
            throw tooShort(key);
        }
        return content;
    }

    private static DamagedObjectException tooShort(ObjectKey key) {
        return new DamagedObjectException(key, "it is too short for a bundle");
    }

    /** The header, and what an age file needs to be opened. */
    private static ByteArrayInputStream head(ObjectStore store, ObjectKey key, long sizeBytes) throws IOException {
        int length = (int) Math.min(HEAD_BYTES, sizeBytes);
        try (InputStream in = store.open(key, new ByteRange(0, length))) {
            return new ByteArrayInputStream(exactly(key, in, length));
        }
    }

    private static BundleContent afterHeader(
            ObjectStore store,
            ObjectKey key,
            ContainerHeader header,
            ByteArrayInputStream afterHeader,
            long sizeBytes,
            PrivateKeys privateKeys)
            throws IOException {
        Codec codec = codec(header, key);
        long headerBytes = header.encode().length;
        if (header.encryption().isEmpty()) {
            return new BundleContent(store, key, codec, headerBytes, sizeBytes, Optional.empty());
        }
        EncryptedContent content =
                EncryptedContent.open(afterHeader, key, header.encryption().get(), privateKeys, headerBytes, sizeBytes);
        return new BundleContent(store, key, codec, 0, content.sizeBytes(), Optional.of(content));
    }

    private static Codec codec(ContainerHeader header, ObjectKey key) throws DamagedObjectException {
        try {
            return Codec.ofId(header.codec());
        } catch (IllegalArgumentException e) {
            throw new DamagedObjectException(key, String.valueOf(e.getMessage()), e);
        }
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
        return exactly(key, in, length);
    }

    private static byte[] exactly(ObjectKey key, InputStream in, int length) throws IOException {
        byte[] bytes = new byte[length];
        if (in.readNBytes(bytes, 0, length) < length) {
            throw new DamagedObjectException(key, "it ends too early");
        }
        return bytes;
    }
}
