// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Optional;
import org.tidemark.catalog.ChecksummedJson;
import org.tidemark.catalog.ContainerKind;
import org.tidemark.catalog.ContentDigests;
import org.tidemark.catalog.DamagedObjectException;
import org.tidemark.catalog.DecodedObject;
import org.tidemark.catalog.ObjectDecoder;
import org.tidemark.catalog.PrivateKeys;
import org.tidemark.catalog.Sha256;
import org.tidemark.catalog.backup.BundleReader;
import org.tidemark.catalog.backup.Mark.Scope;
import org.tidemark.catalog.backup.StoredObject;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.catalog.verify.CheckPool.Compared;
import org.tidemark.core.BlockInputStream;
import org.tidemark.core.JsonObject;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;

/** Reads objects whole and throws {@link DamagedObjectException} if a single bit is wrong. Thread-safe. */
record ObjectChecks(ObjectStore store, PrivateKeys privateKeys, SystemIdentifier system) {
    private static final int MAX_HISTORY_BYTES = 16 << 20;

    /** Compares all stored bytes with a digest that another object holds. */
    void stored(ObjectKey key, StoredObject expected) throws IOException {
        try (InputStream in = store.open(key, ByteRange.ALL)) {
            compare(key, StoredObject.of(in), expected);
        }
    }

    private static void compare(ObjectKey key, StoredObject found, StoredObject expected)
            throws DamagedObjectException {
        if (!found.equals(expected)) {
            throw new DamagedObjectException(key, "its bytes do not match their digest");
        }
    }

    /** Whether there is a private key for encrypted objects. */
    boolean canDecrypt() {
        return privateKeys.areConfigured();
    }

    /** @param digests what the header says */
    record Container(ContentDigests digests, Compared compared) {}

    /** A container that carries its digests. */
    Container container(ObjectKey key, ContainerKind kind, String name, Scope scope) throws IOException {
        try (DecodedObject decoded = ObjectDecoder.open(store, privateKeys, key, kind, name, system)) {
            boolean sealed = decoded.header().encryption().isPresent() && !canDecrypt();
            if (scope == Scope.STORED || sealed) {
                decoded.verifyStored();
            } else {
                decoded.transferTo(OutputStream.nullOutputStream());
            }
            return new Container(
                    decoded.digests(),
                    scope == Scope.ALL && sealed ? Compared.STORED_BYTES_ALONE : Compared.WHAT_WAS_ASKED);
        }
    }

    /** A timeline history, which must also be one. */
    Compared history(ObjectKey key, Timeline timeline, String name) throws IOException {
        try (DecodedObject decoded = ObjectDecoder.open(store, privateKeys, key, ContainerKind.HISTORY, name, system)) {
            byte[] content = decoded.readNBytes(MAX_HISTORY_BYTES);
            decoded.transferTo(OutputStream.nullOutputStream());
            TimelineHistory.parse(timeline, new String(content, StandardCharsets.UTF_8));
            return Compared.WHAT_WAS_ASKED;
        } catch (IllegalArgumentException e) {
            throw new DamagedObjectException(key, "it is not a timeline history: " + e.getMessage(), e);
        }
    }

    /** What the header of a bundle says; the rest is not looked at. */
    boolean isEncrypted(BackupKeys keys, int number) throws IOException {
        return ObjectDecoder.header(
                        store, keys.bundle(number), ContainerKind.BUNDLE, keys.numbered(number), keys.system())
                .encryption()
                .isPresent();
    }

    /**
     * A bundle, decrypted if it is encrypted: header, every frame with its checksum, its size and the digests of its
     * parts, index and footer.
     *
     * @param expected the digest of the whole, where a published backup knows it
     * @return the length of the data in it
     */
    long bundle(BackupKeys keys, int number, long sizeBytes, Optional<StoredObject> expected) throws IOException {
        BundleReader reader = BundleReader.open(store, privateKeys, keys, number, sizeBytes);
        long data = 0;
        try (InputStream stored = store.open(keys.bundle(number), ByteRange.ALL);
                DigestingInput digesting = new DigestingInput(stored)) {
            InputStream content = reader.openAll(digesting);
            for (int frame = 0; frame < reader.frames().size(); frame++) {
                data += reader.decode(frame, reader.readNext(content, frame)).length;
            }
            content.transferTo(OutputStream.nullOutputStream());
            digesting.transferTo(OutputStream.nullOutputStream());
            if (expected.isPresent()) {
                compare(reader.key(), digesting.seen(), expected.get());
            }
        }
        return data;
    }

    /** A checksummed document. */
    JsonObject document(ObjectKey key, int limitBytes) throws IOException {
        return ChecksummedJson.read(ChecksummedJson.fetch(store, key, limitBytes), key);
    }

    /** Hashes what passes. */
    private static final class DigestingInput extends BlockInputStream.Filter {
        private final MessageDigest digest = Sha256.newDigest();
        private long size;

        DigestingInput(InputStream in) {
            super(in);
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int count = super.read(bytes, offset, length);
            if (count > 0) {
                digest.update(bytes, offset, count);
                size += count;
            }
            return count;
        }

        StoredObject seen() {
            return new StoredObject(size, Sha256.finish(digest));
        }
    }
}
