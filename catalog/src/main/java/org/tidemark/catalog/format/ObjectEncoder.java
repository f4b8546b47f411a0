// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.format;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Optional;
import org.tidemark.catalog.format.ContainerHeader.ContentDigests;
import org.tidemark.core.Sha256;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.store.ObjectSource;

/** Makes containers whole, so that every attempt to store one sends the same bytes. Thread-safe. */
public final class ObjectEncoder {
    private static final int BUFFER_BYTES = 64 << 10;

    private ObjectEncoder() {}

    /**
     * Encodes {@code plain} in one pass; a kind that is never encrypted is only compressed.
     *
     * @param workDirectory where a temporary file is made if the payload is longer than 64 MiB
     * @throws IOException also if {@code plain} gives another number of bytes than it says
     */
    public static EncodedObject encode(
            ContainerKind kind,
            String name,
            SystemIdentifier system,
            Encoding encoding,
            ObjectSource plain,
            Path workDirectory)
            throws IOException {
        return encode(
                kind,
                name,
                system,
                encoding,
                plain,
                new PayloadBuffer(workDirectory, PayloadBuffer.MEMORY_LIMIT_BYTES));
    }

    /** The same, always with a temporary file: for many objects that are kept for long. */
    public static EncodedObject encodeInFile(
            ContainerKind kind,
            String name,
            SystemIdentifier system,
            Encoding encoding,
            ObjectSource plain,
            Path workDirectory)
            throws IOException {
        return encode(kind, name, system, encoding, plain, new PayloadBuffer(workDirectory, 0));
    }

    static EncodedObject encode(
            ContainerKind kind,
            String name,
            SystemIdentifier system,
            Encoding encoding,
            ObjectSource plain,
            PayloadBuffer payload)
            throws IOException {
        boolean done = false;
        try {
            Encoding ofKind = encoding.of(kind);
            ContentDigests digests = writePayload(ofKind, plain, payload);
            ContainerHeader header = new ContainerHeader(
                    kind, name, system, ofKind.codec().id(), ofKind.encryption(), Optional.of(digests));
            EncodedObject encoded = new EncodedObject(header, digests, payload);
            done = true;
            return encoded;
        } finally {
            if (!done) {
                payload.discard();
            }
        }
    }

    private static ContentDigests writePayload(Encoding encoding, ObjectSource plain, PayloadBuffer payload)
            throws IOException {
        MessageDigest plainDigest = Sha256.newDigest();
        HashingOutput stored = new HashingOutput(payload);
        long plainSize = 0;
        try (InputStream in = plain.open();
                OutputStream compressing = encoding.codec().compress(encoding.encrypt(stored))) {
            byte[] buffer = new byte[Math.clamp(plain.sizeBytes(), 1, BUFFER_BYTES)];
            int count;
            while ((count = in.readNBytes(buffer, 0, buffer.length)) > 0) {
                plainDigest.update(buffer, 0, count);
                compressing.write(buffer, 0, count);
                plainSize += count;
            }
        }
        if (plainSize != plain.sizeBytes()) {
            throw new IOException("read " + plainSize + " bytes where " + plain.sizeBytes()
                    + " were expected: did the file change while it was read?");
        }
        return new ContentDigests(plainSize, Sha256.finish(plainDigest), payload.size(), Sha256.finish(stored.digest));
    }

    private static final class HashingOutput extends FilterOutputStream {
        private final MessageDigest digest = Sha256.newDigest();

        HashingOutput(OutputStream to) {
            super(to);
        }

        @Override
        public void write(int b) throws IOException {
            digest.update((byte) b);
            out.write(b);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            digest.update(bytes, offset, length);
            out.write(bytes, offset, length);
        }
    }
}
