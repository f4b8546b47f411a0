// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.sync;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.Optional;
import org.tidemark.catalog.ContainerHeader;
import org.tidemark.catalog.ContainerKind;
import org.tidemark.catalog.ContentDigests;
import org.tidemark.catalog.DamagedObjectException;
import org.tidemark.catalog.backup.StoredObject;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;

/**
 * An object of one repository as something to be stored in another: its very bytes, and only if they are what was
 * stored there once. A container carries its own digests; of what belongs to a backup another object knows them. Used
 * by one thread.
 */
public final class VerifiedSource implements ObjectSource {
    private final ObjectStore store;
    private final ObjectKey key;
    private final long sizeBytes;
    private final Opening opening;
    private Optional<IOException> failure = Optional.empty();

    /** Puts what verifies around the stored bytes. */
    @FunctionalInterface
    private interface Opening {
        InputStream verify(InputStream stored) throws IOException;
    }

    private VerifiedSource(ObjectStore store, ObjectKey key, long sizeBytes, Opening opening) {
        this.store = store;
        this.key = key;
        this.sizeBytes = sizeBytes;
        this.opening = opening;
    }

    /** An object of which size and digest of all bytes are known. */
    static VerifiedSource known(ObjectStore store, ObjectKey key, StoredObject expected) {
        return new VerifiedSource(
                store, key, expected.sizeBytes(), stored -> new DigestedStream(stored, key, expected));
    }

    /**
     * A container that must be of this kind, name and system.
     *
     * @param sizeBytes of the whole object
     */
    public static VerifiedSource container(
            ObjectStore store,
            ObjectKey key,
            long sizeBytes,
            ContainerKind kind,
            String name,
            SystemIdentifier system) {
        return new VerifiedSource(store, key, sizeBytes, stored -> {
            ContainerHeader header = ContainerHeader.read(stored, key);
            header.require(kind, name, system, key);
            ContentDigests digests =
                    header.content().orElseThrow(() -> new DamagedObjectException(key, "its header has no digests"));
            byte[] encoded = header.encode();
            if (encoded.length + digests.storedSize() != sizeBytes) {
                throw new DamagedObjectException(
                        key, "it has " + sizeBytes + " bytes in place of " + (encoded.length + digests.storedSize()));
            }
            StoredObject payload = new StoredObject(digests.storedSize(), digests.stored());
            return new SequenceInputStream(new ByteArrayInputStream(encoded), new DigestedStream(stored, key, payload));
        });
    }

    /** Why it could not be read, whatever the store that it was given to made of that. */
    public Optional<IOException> failure() {
        return failure;
    }

    @Override
    public long sizeBytes() {
        return sizeBytes;
    }

    @Override
    public InputStream open() throws IOException {
        if (failure.isPresent() && failure.get() instanceof DamagedObjectException damage) {
            throw damage; // reading it once more does not make it better
        }
        InputStream stored = noting(() -> store.open(key, ByteRange.ALL));
        boolean done = false;
        try {
            InputStream verified = noting(() -> opening.verify(stored));
            done = true;
            return new NotingStream(verified);
        } finally {
            if (!done) {
                stored.close();
            }
        }
    }

    private interface Step<T> {
        T run() throws IOException;
    }

    private <T> T noting(Step<T> step) throws IOException {
        try {
            failure = Optional.empty();
            return step.run();
        } catch (IOException e) {
            failure = Optional.of(e);
            throw e;
        }
    }

    /** Remembers why reading failed. */
    private final class NotingStream extends FilterInputStream {
        NotingStream(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            return noting(in::read);
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            return noting(() -> in.read(into, offset, length));
        }
    }
}
