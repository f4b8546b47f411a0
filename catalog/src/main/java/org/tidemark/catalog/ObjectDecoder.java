// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;

/** Reads containers. Thread-safe. */
public final class ObjectDecoder {
    private ObjectDecoder() {}

    /**
     * The content of an object that must be of this kind, name and system; the caller closes the stream.
     *
     * @throws org.tidemark.store.StorageException.ObjectMissing if the store answered that there is no such object
     *     <p>An encrypted object that none of the keys opens ends the first read with a
     *     {@link org.tidemark.core.UserFacingException} of NO_KEY.
     * @throws DamagedObjectException if the header is not the expected one; see {@link DecodedObject} for the rest
     */
    public static DecodedObject open(
            ObjectStore store,
            PrivateKeys keys,
            ObjectKey key,
            ContainerKind kind,
            String name,
            SystemIdentifier system)
            throws IOException {
        InputStream from = store.open(key, ByteRange.ALL);
        boolean done = false;
        try {
            ContainerHeader header = ContainerHeader.read(from, key);
            header.require(kind, name, system, key);
            DecodedObject decoded = decode(from, keys, key, header);
            done = true;
            return decoded;
        } finally {
            if (!done) {
                from.close();
            }
        }
    }

    private static DecodedObject decode(InputStream from, PrivateKeys keys, ObjectKey key, ContainerHeader header)
            throws IOException {
        Optional<ContentDigests> expected = header.content();
        if (expected.isEmpty()) {
            throw new IllegalArgumentException("the content of a bundle is read frame by frame: '" + key + "'");
        }
        StoredPayload stored = new StoredPayload(from, key, expected.get());
        return new DecodedObject(header, expected.get(), key, stored, codec(header, key), keys);
    }

    /** The codec that a header names. */
    static Codec codec(ContainerHeader header, ObjectKey key) throws DamagedObjectException {
        try {
            return Codec.ofId(header.codec());
        } catch (IllegalArgumentException e) {
            throw new DamagedObjectException(key, "its header names an unknown codec '" + header.codec() + "'", e);
        }
    }

    /**
     * Reads an object whole and gives what its header says of the content. Needs no private key: of an encrypted object
     * the stored bytes are compared with their digest, of every other one the content as well.
     *
     * @throws DamagedObjectException if anything differs
     */
    public static ContentDigests verify(
            ObjectStore store, ObjectKey key, ContainerKind kind, String name, SystemIdentifier system)
            throws IOException {
        try (DecodedObject object = open(store, PrivateKeys.NONE, key, kind, name, system)) {
            if (object.header().encryption().isPresent()) {
                object.verifyStored();
            } else {
                object.transferTo(OutputStream.nullOutputStream());
            }
            return object.digests();
        }
    }

    /** The header alone, which must name this object; the payload is not looked at. */
    public static ContainerHeader header(
            ObjectStore store, ObjectKey key, ContainerKind kind, String name, SystemIdentifier system)
            throws IOException {
        try (InputStream from = store.open(key, new ByteRange(0, ContainerHeader.MAX_BYTES))) {
            ContainerHeader header = ContainerHeader.read(from, key);
            header.require(kind, name, system, key);
            return header;
        }
    }
}
