// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.format;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.Optional;
import org.tidemark.catalog.format.ContainerHeader.ContentDigests;
import org.tidemark.core.BlockInputStream;
import org.tidemark.core.IoAction;
import org.tidemark.core.Sha256;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;

/**
 * The stored bytes of an object of one repository, as a source for another repository: they are compared with their
 * digest while they are read. A container has its digests in its header; for the objects of a backup another object has
 * them. Used by one thread.
 */
public final class VerifiedSource implements ObjectSource {
    private final ObjectStore store;
    private final ObjectKey key;
    private final long sizeBytes;
    private final Opening opening;
    private Optional<IOException> failure = Optional.empty();

    /** Wraps the stored bytes in a stream that compares them with their digest. */
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

    /** An object whose size and whose digest of all bytes are known. */
    public static VerifiedSource known(ObjectStore store, ObjectKey key, StoredObject expected) {
        return new VerifiedSource(store, key, expected.sizeBytes(), stored -> verified(stored, key, expected));
    }

    /** The same bytes; see {@link WholeOrNothing}. */
    static InputStream verified(InputStream stored, ObjectKey key, StoredObject expected) {
        return new WholeOrNothing(stored, key, expected.sizeBytes(), expected.sha256());
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
            return new SequenceInputStream(
                    new ByteArrayInputStream(encoded),
                    new WholeOrNothing(stored, key, digests.storedSize(), digests.stored()));
        });
    }

    /** Why reading failed: the store that reads this source may report another error for it. */
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

    private <T> T noting(IoAction.Returning<T> step) throws IOException {
        try {
            failure = Optional.empty();
            return step.run();
        } catch (IOException e) {
            failure = Optional.of(e);
            throw e;
        }
    }

    /** Remembers why reading failed. */
    private final class NotingStream extends BlockInputStream.Filter {
        NotingStream(InputStream in) {
            super(in);
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            return noting(() -> in.read(into, offset, length));
        }
    }

    /**
     * Compares before the last bytes are returned. A reader that knows the length, and asks for no more, gets all of
     * the right bytes or an exception.
     */
    private static final class WholeOrNothing extends VerifiedStream {
        WholeOrNothing(InputStream in, ObjectKey key, long size, Sha256 expected) {
            super(in, key, size, expected, "it was when it was stored");
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            int count = super.read(into, offset, length);
            if (count > 0 && isRead()) {
                super.read(new byte[1], 0, 1);
            }
            return count;
        }
    }
}
