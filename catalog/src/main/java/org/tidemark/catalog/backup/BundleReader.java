// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import org.tidemark.catalog.Codec;
import org.tidemark.catalog.ContainerHeader;
import org.tidemark.catalog.ContainerKind;
import org.tidemark.catalog.DamagedObjectException;
import org.tidemark.catalog.Sha256;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;

/**
 * A bundle whose header, index and footer were read and verified: it knows where each frame lies, and that nothing lies
 * in between. Thread-safe.
 */
public final class BundleReader {
    /** Index and footer of most bundles come with this one request. */
    private static final int TAIL_BYTES = 256 << 10;

    /** No header is longer. */
    private static final int HEAD_BYTES = 4 << 10;

    private static final int MAX_INDEX_BYTES = 256 << 20;

    private final ObjectStore store;
    private final ObjectKey key;
    private final Codec codec;
    private final List<Frame> frames;

    private BundleReader(ObjectStore store, ObjectKey key, Codec codec, List<Frame> frames) {
        this.store = store;
        this.key = key;
        this.codec = codec;
        this.frames = List.copyOf(frames);
    }

    /**
     * Reads header, index and footer of a bundle.
     *
     * @param keys of the backup that it was stored for
     * @param sizeBytes of the stored object
     * @throws DamagedObjectException if one of them is damaged, or they do not cover the whole object with the frames
     */
    public static BundleReader open(ObjectStore store, BackupKeys keys, int number, long sizeBytes) throws IOException {
        ObjectKey key = keys.bundle(number);
        if (sizeBytes < BundleFooter.SIZE) {
            throw new DamagedObjectException(key, "it is too short for a bundle");
        }
        byte[] head = read(store, key, 0, (int) Math.min(HEAD_BYTES, sizeBytes));
        ContainerHeader header = ContainerHeader.read(new ByteArrayInputStream(head), key);
        header.require(ContainerKind.BUNDLE, keys.numbered(number), keys.system(), key);
        byte[] tail =
                read(store, key, sizeBytes - Math.min(TAIL_BYTES, sizeBytes), (int) Math.min(TAIL_BYTES, sizeBytes));
        try {
            Codec codec = Codec.ofId(header.codec());
            BundleFooter footer =
                    BundleFooter.parse(Arrays.copyOfRange(tail, tail.length - BundleFooter.SIZE, tail.length));
            byte[] index = index(store, key, footer, tail, sizeBytes);
            List<Frame> frames =
                    Lines.parse(codec.decompressFrame(index, 0, index.length, MAX_INDEX_BYTES), FrameLine::parse);
            checkNoGap(frames, header.encode().length, footer.offset());
            return new BundleReader(store, key, codec, frames);
        } catch (IllegalArgumentException e) {
            throw new DamagedObjectException(key, String.valueOf(e.getMessage()), e);
        }
    }

    private static byte[] index(ObjectStore store, ObjectKey key, BundleFooter footer, byte[] tail, long sizeBytes)
            throws IOException {
        if (footer.offset() + footer.length() != sizeBytes - BundleFooter.SIZE || footer.length() > MAX_INDEX_BYTES) {
            throw new IllegalArgumentException("the index does not end where the footer begins");
        }
        int length = (int) footer.length();
        int inTail = tail.length - BundleFooter.SIZE - length;
        byte[] index = inTail >= 0
                ? Arrays.copyOfRange(tail, inTail, inTail + length)
                : read(store, key, footer.offset(), length);
        if (!Sha256.of(index).equals(footer.sha256())) {
            throw new IllegalArgumentException("the index does not match its digest");
        }
        return index;
    }

    private static void checkNoGap(List<Frame> frames, long begin, long end) {
        long next = begin;
        for (Frame frame : frames) {
            if (frame.offset() != next) {
                throw new IllegalArgumentException("the frames leave a gap at byte " + next);
            }
            next += frame.length();
        }
        if (next != end) {
            throw new IllegalArgumentException("the frames leave a gap at byte " + next);
        }
    }

    public ObjectKey key() {
        return key;
    }

    /** In the order in which they lie in the bundle; the manifest counts them from 0. */
    public List<Frame> frames() {
        return frames;
    }

    /**
     * The data of one frame: stored checksum, size and the digest of each part were compared.
     *
     * @throws DamagedObjectException if any of them differs
     */
    public byte[] read(int frame) throws IOException {
        Frame wanted = frames.get(frame);
        return decode(frame, read(store, key, wanted.offset(), wanted.length()));
    }

    /**
     * The stored bytes of several frames with one request, for {@link #readNext}; the caller closes the stream.
     *
     * @param from the first frame
     * @param to the frame behind the last one
     */
    public InputStream openFrames(int from, int to) throws IOException {
        Frame last = frames.get(to - 1);
        long begin = frames.get(from).offset();
        return store.open(key, new ByteRange(begin, last.offset() + last.length() - begin));
    }

    /**
     * The stored bytes of {@code frame} from a stream of {@link #openFrames} that stands there; {@link #decode} them.
     */
    public byte[] readNext(InputStream stored, int frame) throws IOException {
        return exactly(stored, frames.get(frame).length(), key);
    }

    /** As {@link #read}, from stored bytes. */
    public byte[] decode(int frame, byte[] stored) throws DamagedObjectException {
        try {
            return FrameDecoder.decode(codec, frames.get(frame), stored);
        } catch (IOException e) {
            throw new DamagedObjectException(key, "frame " + frame + ": " + e.getMessage(), e);
        }
    }

    private static byte[] read(ObjectStore store, ObjectKey key, long offset, int length) throws IOException {
        try (InputStream in = store.open(key, new ByteRange(offset, length))) {
            return exactly(in, length, key);
        }
    }

    private static byte[] exactly(InputStream in, int length, ObjectKey key) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length != length) {
            throw new DamagedObjectException(key, "it ends too early");
        }
        return bytes;
    }
}
