// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.tidemark.catalog.Codec;
import org.tidemark.catalog.ContainerHeader;
import org.tidemark.catalog.ContainerKind;
import org.tidemark.catalog.ContentDigests;
import org.tidemark.catalog.DamagedObjectException;
import org.tidemark.catalog.EncryptedContent;
import org.tidemark.catalog.PrivateKeys;
import org.tidemark.catalog.Sha256;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;

/**
 * The stored bytes of a container that were read whole and have the digest that {@code backup.json} says. For objects
 * that fit into memory: the list of bundles, and parts of manifests.
 */
public final class VerifiedObject {
    /** No object of these kinds is anywhere near as large; a larger one is refused before it fills the memory. */
    static final long MAX_BYTES = 1L << 30;

    private final ObjectKey key;
    private final byte[] stored;

    private VerifiedObject(ObjectKey key, byte[] stored) {
        this.key = key;
        this.stored = stored;
    }

    /**
     * Reads an object whole.
     *
     * @throws DamagedObjectException if size or digest differ
     */
    public static VerifiedObject read(ObjectStore store, ObjectKey key, StoredObject expected) throws IOException {
        if (expected.sizeBytes() > MAX_BYTES) {
            throw new DamagedObjectException(key, "it is said to have " + expected.sizeBytes() + " bytes");
        }
        byte[] stored;
        try (InputStream in = store.open(key, ByteRange.ALL)) {
            stored = in.readNBytes((int) expected.sizeBytes() + 1);
        }
        if (stored.length != expected.sizeBytes()) {
            throw new DamagedObjectException(
                    key, "it is not as long as the " + expected.sizeBytes() + " bytes that were stored");
        }
        if (!Sha256.of(stored).equals(expected.sha256())) {
            throw new DamagedObjectException(key, "its bytes do not match their digest");
        }
        return new VerifiedObject(key, stored);
    }

    /**
     * The plain content, compared with the header's digests.
     *
     * @throws org.tidemark.core.UserFacingException with NO_KEY if it is encrypted, and none of the keys opens it
     * @throws DamagedObjectException if the header is of another object, or the content does not match it
     */
    public byte[] plain(PrivateKeys keys, ContainerKind kind, String name, SystemIdentifier system) throws IOException {
        ByteArrayInputStream in = new ByteArrayInputStream(stored);
        ContainerHeader header = ContainerHeader.read(in, key);
        header.require(kind, name, system, key);
        ContentDigests digests =
                header.content().orElseThrow(() -> new DamagedObjectException(key, "its header has no digests"));
        if (digests.plainSize() > MAX_BYTES) {
            throw new DamagedObjectException(key, "its content is said to have " + digests.plainSize() + " bytes");
        }
        byte[] compressed = decrypted(in, header, keys);
        byte[] plain;
        try {
            plain = Codec.ofId(header.codec())
                    .decompressFrame(compressed, 0, compressed.length, (int) digests.plainSize());
        } catch (IOException | IllegalArgumentException e) {
            throw new DamagedObjectException(key, "it cannot be decompressed: " + e.getMessage(), e);
        }
        if (plain.length != digests.plainSize() || !Sha256.of(plain).equals(digests.plain())) {
            throw new DamagedObjectException(key, "its content does not match its digest");
        }
        return plain;
    }

    private byte[] decrypted(ByteArrayInputStream payload, ContainerHeader header, PrivateKeys keys)
            throws IOException {
        if (header.encryption().isEmpty()) {
            return payload.readAllBytes();
        }
        EncryptedContent content =
                EncryptedContent.open(payload, key, header.encryption().get(), keys, 0, payload.available());
        return content.open(payload, 0, content.sizeBytes()).readAllBytes();
    }
}
