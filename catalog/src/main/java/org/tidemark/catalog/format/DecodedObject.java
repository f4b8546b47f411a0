// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.format;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.format.ContainerHeader.ContentDigests;
import org.tidemark.core.BlockInputStream;
import org.tidemark.core.Sha256;
import org.tidemark.store.ObjectKey;

/**
 * The plain bytes of a container. The end of the stream is reported only when sizes and digests of stored and plain
 * bytes have been found right; until then the bytes that were read are not verified. Anything else ends with
 * {@link DamagedObjectException}, or with the {@link org.tidemark.store.StorageException} of the store. Not
 * thread-safe.
 */
public final class DecodedObject extends BlockInputStream {
    private final ContainerHeader header;
    private final ContentDigests expected;
    private final ObjectKey key;
    private final VerifiedStream stored;
    private final Codec codec;
    private final PrivateKeys keys;
    private final MessageDigest digest = Sha256.newDigest();
    private long left;
    private @Nullable InputStream decrypted;
    private @Nullable InputStream plain;
    private boolean verified;
    private @Nullable IOException failure;

    DecodedObject(
            ContainerHeader header,
            ContentDigests expected,
            ObjectKey key,
            VerifiedStream stored,
            Codec codec,
            PrivateKeys keys) {
        this.header = header;
        this.expected = expected;
        this.key = key;
        this.stored = stored;
        this.codec = codec;
        this.keys = keys;
        this.left = expected.plainSize();
    }

    public ContainerHeader header() {
        return header;
    }

    /** What the header says of the content. */
    public ContentDigests digests() {
        return expected;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        if (failure != null) {
            throw failure;
        }
        if (verified || length == 0) {
            return length == 0 ? 0 : -1;
        }
        try {
            return readOrVerify(buffer, offset, length);
        } catch (IOException e) {
            IOException cause = explain(e);
            failure = cause;
            throw cause;
        }
    }

    private int readOrVerify(byte[] buffer, int offset, int length) throws IOException {
        int count = decoding().read(buffer, offset, length);
        if (count < 0) {
            verify();
            return -1;
        }
        if (count > left) {
            throw new DamagedObjectException(key, "it decodes to more bytes than its header says");
        }
        digest.update(buffer, offset, count);
        left -= count;
        return count;
    }

    private InputStream decoding() throws IOException {
        InputStream open = plain;
        if (open == null) {
            // Some codecs read the first frame's header at once: damage there is found in the first read, like all
            // other.
            open = codec.decompress(decrypting());
            plain = open;
        }
        return open;
    }

    private InputStream decrypting() throws IOException {
        if (header.encryption().isEmpty()) {
            return stored;
        }
        EncryptedContent content =
                EncryptedContent.open(stored, key, header.encryption().get(), keys, 0, expected.storedSize());
        InputStream open = content.open(stored, 0, content.sizeBytes());
        decrypted = open;
        return open;
    }

    private void verify() throws IOException {
        // A codec that stops early has not read the last chunks: they were read ahead, and never authenticated.
        if (decrypted != null && decrypted.read() >= 0) {
            throw new DamagedObjectException(key, "its payload continues past its end");
        }
        if (stored.read() >= 0) {
            throw new DamagedObjectException(key, "its payload continues past its end");
        }
        if (left > 0) {
            throw new DamagedObjectException(key, "it decodes to " + left + " bytes less than its header says");
        }
        if (!Sha256.finish(digest).equals(expected.plain())) {
            throw new DamagedObjectException(key, "its content does not match its digest");
        }
        verified = true;
    }

    /**
     * Compares the stored bytes with their digest, and leaves the content alone; instead of reading.
     *
     * @throws DamagedObjectException if there are other bytes, or fewer, or more
     */
    public void verifyStored() throws IOException {
        stored.transferTo(OutputStream.nullOutputStream());
    }

    /** A codec may wrap, or swallow, what the store said; everything that is not the store's is damage. */
    private IOException explain(IOException e) {
        IOException below = stored.failure();
        if (below != null) {
            return below;
        }
        return e instanceof DamagedObjectException
                ? e
                : new DamagedObjectException(key, "it cannot be decoded: " + e.getMessage(), e);
    }

    @Override
    public void close() throws IOException {
        InputStream open = plain;
        if (open == null) {
            stored.close();
        } else {
            open.close();
        }
    }
}
