// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.tidemark.catalog.backup.Frame.FramePart;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.core.Sha256;
import org.tidemark.core.Sorted;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;

/**
 * A bundle whose header, index and footer were read and verified: it knows where each frame is, and that nothing is in
 * between. Thread-safe.
 */
public final class BundleReader {
    /** Index and footer of most bundles come with this one request. */
    private static final int TAIL_BYTES = 256 << 10;

    private static final int MAX_INDEX_BYTES = 256 << 20;

    private final ObjectKey key;
    private final BundleContent content;
    private final Optional<FingerprintKey> fingerprintKey;
    private final List<Frame> frames;

    private BundleReader(
            ObjectKey key, BundleContent content, Optional<FingerprintKey> fingerprintKey, List<Frame> frames) {
        this.key = key;
        this.content = content;
        this.fingerprintKey = fingerprintKey;
        this.frames = List.copyOf(frames);
    }

    /**
     * Reads header, index and footer of a bundle.
     *
     * @param keys of the backup that it was stored for
     * @param sizeBytes of the stored object
     * @param fingerprintKey of a backup that has data in it; fingerprints are not compared without it
     * @throws org.tidemark.core.UserFacingException with NO_KEY if it is encrypted, and none of the private keys opens
     *     it
     * @throws DamagedObjectException if one of them is damaged, or they do not cover the whole object with the frames
     */
    public static BundleReader open(
            ObjectStore store,
            PrivateKeys privateKeys,
            BackupKeys keys,
            int number,
            long sizeBytes,
            Optional<FingerprintKey> fingerprintKey)
            throws IOException {
        BundleContent content = BundleContent.open(store, privateKeys, keys, number, sizeBytes);
        ObjectKey key = content.key();
        int tailBytes = (int) Math.min(TAIL_BYTES, content.end() - content.begin());
        byte[] tail = content.read(content.end() - tailBytes, tailBytes);
        try {
            BundleFooter footer =
                    BundleFooter.parse(Arrays.copyOfRange(tail, tail.length - BundleFooter.SIZE, tail.length));
            byte[] index = index(content, footer, tail);
            List<Frame> frames = JsonLine.parseAll(
                    content.codec().decompressFrame(index, 0, index.length, MAX_INDEX_BYTES), Frame::parse);
            checkNoGap(frames, content.begin(), footer.offset());
            return new BundleReader(key, content, fingerprintKey, frames);
        } catch (IllegalArgumentException e) {
            throw new DamagedObjectException(key, String.valueOf(e.getMessage()), e);
        }
    }

    private static byte[] index(BundleContent content, BundleFooter footer, byte[] tail) throws IOException {
        if (footer.offset() < content.begin()
                || footer.offset() + footer.length() != content.end() - BundleFooter.SIZE
                || footer.length() > MAX_INDEX_BYTES) {
            throw new IllegalArgumentException("the index does not end where the footer begins");
        }
        int length = (int) footer.length();
        int inTail = tail.length - BundleFooter.SIZE - length;
        byte[] index =
                inTail >= 0 ? Arrays.copyOfRange(tail, inTail, inTail + length) : content.read(footer.offset(), length);
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

    /** In the order in which they are in the bundle. */
    public List<Frame> frames() {
        return frames;
    }

    /** The place in {@link #frames} of the frame that begins at byte {@code start}; -1 if none does. */
    public int frameAt(long start) {
        int place = Sorted.first(frames.size(), each -> frames.get(each).offset() >= start);
        return place < frames.size() && frames.get(place).offset() == start ? place : -1;
    }

    /**
     * The data of one frame: stored checksum, size and the checksums of each part were compared.
     *
     * @throws DamagedObjectException if any of them differs
     */
    public byte[] read(int frame) throws IOException {
        Frame wanted = frames.get(frame);
        return decode(frame, content.read(wanted.offset(), wanted.length()));
    }

    /**
     * All frames, then index and footer, for {@link #readNext}, out of a stream of the whole object that stands at its
     * beginning.
     */
    public InputStream openAll(InputStream object) throws IOException {
        return content.of(object);
    }

    /** The stored bytes of {@code frame}, from a stream that stands at its first byte; they are for {@link #decode}. */
    public byte[] readNext(InputStream frames, int frame) throws IOException {
        return content.exactly(frames, this.frames.get(frame).length());
    }

    /** As {@link #read}, from stored bytes. */
    public byte[] decode(int frame, byte[] stored) throws DamagedObjectException {
        try {
            return decode(frames.get(frame), stored);
        } catch (IOException e) {
            throw new DamagedObjectException(key, "frame " + frame + ": " + e.getMessage(), e);
        }
    }

    /**
     * Returns the data of a frame if all its checksums match, and throws otherwise.
     *
     * @throws IOException if the checksum of the stored bytes, the size of the data, or a checksum of a part differs
     */
    private byte[] decode(Frame frame, byte[] stored) throws IOException {
        CRC32C crc = new CRC32C();
        crc.update(stored);
        if (stored.length != frame.length() || (int) crc.getValue() != frame.crc32c()) {
            throw new IOException("the stored bytes do not match their checksum");
        }
        int size = frame.dataSize();
        byte[] data = new byte[size];
        int found = content.codec().decompressFrame(stored, 0, stored.length, data);
        if (found != size) {
            throw new IOException("it holds " + found + " bytes instead of " + size);
        }
        int offset = 0;
        for (FramePart part : frame.parts()) {
            if (!matches(part, data, offset)) {
                throw new IOException("the part of '" + part.path() + "' " + where(part.placement())
                        + " does not match its checksums");
            }
            offset += part.size();
        }
        return data;
    }

    private boolean matches(FramePart part, byte[] data, int offset) {
        return part.checksums().match(fingerprintKey, data, offset, part.size())
                && (fingerprintKey.isEmpty()
                        || part.pages().isEmpty()
                        || part.pages().get().match(fingerprintKey.get(), data, offset, part.size()));
    }

    private static String where(Placement placement) {
        return switch (placement) {
            case Placement.Range range -> "from byte " + range.at();
            case Placement.Pages pages -> "with the pages " + pages.pages();
        };
    }

    /**
     * The last bytes of a bundle: where its index is. Immutable.
     *
     * @param offset of the index in the bundle
     * @param length of the index as it is stored
     * @param sha256 of the index as it is stored
     */
    record BundleFooter(long offset, long length, Sha256 sha256) {
        static final int SIZE = 256;

        private static final int SKIPPABLE_FRAME = 0x184D2A5E;
        private static final int CRC_LINE_LENGTH = "crc32c 01234567\n".length();
        private static final Pattern TEXT = Pattern.compile(
                "TIDEMARK-INDEX 1\noffset ([0-9]{1,18})\nlength ([0-9]{1,18})\nsha256 ([0-9a-f]{64})\n+crc32c [0-9a-f]{8}\n");

        byte[] encode() {
            byte[] footer = new byte[SIZE];
            Arrays.fill(footer, (byte) '\n');
            ByteBuffer buffer = ByteBuffer.wrap(footer).order(ByteOrder.LITTLE_ENDIAN);
            buffer.putInt(SKIPPABLE_FRAME).putInt(SIZE - 8);
            buffer.put(("TIDEMARK-INDEX 1\noffset " + offset + "\nlength " + length + "\nsha256 " + sha256.hex() + "\n")
                    .getBytes(StandardCharsets.US_ASCII));
            buffer.position(SIZE - CRC_LINE_LENGTH);
            buffer.put(("crc32c " + JsonLine.hex(crc(footer)) + "\n").getBytes(StandardCharsets.US_ASCII));
            return footer;
        }

        /** @throws IllegalArgumentException if a single bit is not as {@link #encode} writes it */
        static BundleFooter parse(byte[] footer) {
            Matcher text = TEXT.matcher(new String(
                    footer, Math.min(8, footer.length), Math.max(0, footer.length - 8), StandardCharsets.ISO_8859_1));
            if (footer.length != SIZE || !text.matches()) {
                throw new IllegalArgumentException("the footer is missing or damaged");
            }
            BundleFooter parsed = new BundleFooter(
                    Long.parseLong(text.group(1)), Long.parseLong(text.group(2)), new Sha256(text.group(3)));
            if (!Arrays.equals(parsed.encode(), footer)) {
                throw new IllegalArgumentException("the footer is damaged");
            }
            return parsed;
        }

        private static int crc(byte[] footer) {
            CRC32C crc = new CRC32C();
            crc.update(footer, 0, SIZE - CRC_LINE_LENGTH);
            return (int) crc.getValue();
        }
    }
}
