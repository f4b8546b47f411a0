// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.format;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Optional;
import org.tidemark.catalog.format.ContainerHeader.ContentDigests;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;

/** Reads containers. Thread-safe. */
public final class ObjectDecoder {
    /**
     * No object of the kinds that are read whole is nearly as large; a larger one is refused before it fills memory.
     */
    private static final long MAX_WHOLE_BYTES = 1L << 30;

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
        ContentDigests digests = expected.get();
        VerifiedStream stored =
                new VerifiedStream(from, key, digests.storedSize(), digests.stored(), "its header says");
        return new DecodedObject(header, expected.get(), key, stored, codec(header, key), keys);
    }

    /**
     * The plain content of an object that fits into memory, and whose digest another object holds: the list of bundles,
     * parts of manifests.
     *
     * @throws org.tidemark.core.UserFacingException with NO_KEY if it is encrypted, and none of the keys opens it
     * @throws DamagedObjectException if anything differs, or the header is of another object
     */
    public static byte[] readWhole(
            ObjectStore store,
            PrivateKeys keys,
            ObjectKey key,
            StoredObject expected,
            ContainerKind kind,
            String name,
            SystemIdentifier system)
            throws IOException {
        ReusedArrays arrays = new ReusedArrays();
        int size = readWhole(store, keys, key, expected, kind, name, system, arrays);
        return arrays.plain.length == size ? arrays.plain : Arrays.copyOf(arrays.plain, size);
    }

    /**
     * The same for objects that are read one after the other.
     *
     * @param arrays hold the content until they are used for the next object
     * @return how many bytes of {@link ReusedArrays#plain} are the content
     */
    public static int readWhole(
            ObjectStore store,
            PrivateKeys keys,
            ObjectKey key,
            StoredObject expected,
            ContainerKind kind,
            String name,
            SystemIdentifier system,
            ReusedArrays arrays)
            throws IOException {
        int storedSize = sizeInMemory(expected.sizeBytes(), "it is said to have ", key);
        if (arrays.stored.length < storedSize) {
            arrays.stored = new byte[storedSize];
        }
        try (InputStream in = VerifiedSource.verified(store.open(key, ByteRange.ALL), key, expected)) {
            readAll(in, arrays.stored, storedSize);
        }
        InputStream from = new ByteArrayInputStream(arrays.stored, 0, storedSize);
        ContainerHeader header = ContainerHeader.read(from, key);
        header.require(kind, name, system, key);
        ContentDigests digests =
                header.content().orElseThrow(() -> new DamagedObjectException(key, "its header has no digests"));
        int plainSize = sizeInMemory(digests.plainSize(), "its content is said to have ", key);
        if (arrays.plain.length < plainSize) {
            arrays.plain = new byte[plainSize];
        }
        try (DecodedObject decoded = decode(from, keys, key, header)) {
            readAll(decoded, arrays.plain, plainSize);
        }
        return plainSize;
    }

    /**
     * Room for one object after the other. New arrays of some MiB for each of many objects would end in the collector's
     * old generation, which grows by all of them. Not thread-safe.
     */
    public static final class ReusedArrays {
        private byte[] stored = new byte[0];
        private byte[] plain = new byte[0];

        /** What was read last, and perhaps more after it. */
        public byte[] plain() {
            return plain;
        }
    }

    private static int sizeInMemory(long bytes, String said, ObjectKey key) throws DamagedObjectException {
        if (bytes > MAX_WHOLE_BYTES) {
            throw new DamagedObjectException(key, said + bytes + " bytes");
        }
        return (int) bytes;
    }

    /** To its end, where the digest is compared. */
    private static void readAll(InputStream verified, byte[] into, int size) throws IOException {
        if (verified.readNBytes(into, 0, size) < size || verified.read() >= 0) {
            throw new IllegalStateException("a verified stream had another length than it promised");
        }
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
