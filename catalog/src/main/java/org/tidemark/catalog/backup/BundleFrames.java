// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.IOException;
import java.io.InputStream;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;

/**
 * Reads frames of a bundle at the places that a manifest gives. Only the header of the bundle is read first, not its
 * index. The caller compares the data of a frame with the checksums of its pieces. Thread-safe.
 */
public final class BundleFrames {
    /** The maximum length of a stored frame, with any codec. */
    private static final int MAX_STORED_BYTES = 2 * Frame.MAX_DATA_BYTES;

    private final BundleContent content;

    private BundleFrames(BundleContent content) {
        this.content = content;
    }

    /** Room for the bytes of one frame at a time, used again and again. Not thread-safe. */
    public static final class FrameBuffer {
        private byte[] stored = new byte[0];
        private final byte[] data = new byte[Frame.MAX_DATA_BYTES];

        /** The data of the frame that was read last, from the first byte on. */
        public byte[] data() {
            return data;
        }
    }

    static BundleFrames open(ObjectStore store, PrivateKeys privateKeys, BackupKeys keys, int number, long sizeBytes)
            throws IOException {
        return new BundleFrames(BundleContent.open(store, privateKeys, keys, number, sizeBytes));
    }

    public ObjectKey key() {
        return content.key();
    }

    /**
     * Neighbouring frames with one request, for {@link #readNext}; the caller closes the stream.
     *
     * @param start of the first one in the bundle
     * @param length of the stored bytes of all of them
     * @throws DamagedObjectException if the bundle is not as long
     */
    public InputStream open(long start, long length) throws IOException {
        if (start < content.begin() || length > content.end() - start) {
            throw new DamagedObjectException(
                    key(), "it has no frames from byte " + start + " to byte " + (start + length));
        }
        return content.open(start, length);
    }

    /**
     * Reads and decompresses a frame.
     *
     * @param frames a stream that stands at the first byte of the frame
     * @param length of its stored bytes
     * @return how many bytes of data it has
     * @throws DamagedObjectException if that is not a frame of the bundle's codec
     */
    public int readNext(InputStream frames, int length, FrameBuffer buffer) throws IOException {
        if (length > MAX_STORED_BYTES) {
            throw new DamagedObjectException(key(), "a frame cannot have " + length + " bytes");
        }
        if (buffer.stored.length < length) {
            buffer.stored = new byte[length];
        }
        if (frames.readNBytes(buffer.stored, 0, length) < length) {
            throw new DamagedObjectException(key(), "it ends too early");
        }
        try {
            return content.codec().decompressFrame(buffer.stored, 0, length, buffer.data);
        } catch (IOException e) {
            throw new DamagedObjectException(key(), "a frame cannot be decompressed: " + e.getMessage(), e);
        }
    }
}
