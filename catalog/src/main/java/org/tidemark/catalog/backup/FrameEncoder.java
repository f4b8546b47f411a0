// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.IOException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.tidemark.catalog.Codec;
import org.tidemark.catalog.Sha256;
import org.tidemark.catalog.backup.Frame.FramePart;

/** Makes the stored bytes of one frame: the costly part of a backup, done by many threads at once. Thread-safe. */
public record FrameEncoder(Codec codec) {
    /**
     * A part of a file that is to be stored.
     *
     * @param offset where it begins in the frame's data
     */
    public record PlainPart(String path, long at, int offset, int size) {}

    /**
     * A frame that knows not yet where it will lie.
     *
     * @param stored its bytes, which nobody changes
     */
    @SuppressWarnings("ArrayRecordComponent") // Handed from the encoder to the writer, never compared.
    public record EncodedFrame(byte[] stored, int crc32c, List<FramePart> parts) {
        public EncodedFrame {
            parts = List.copyOf(parts);
        }

        Frame at(long offset) {
            return new Frame(offset, stored.length, crc32c, parts);
        }
    }

    /**
     * Digests the parts and compresses the whole.
     *
     * @param parts cover the first {@code size} bytes of {@code data} without gap or overlap, in order
     */
    public EncodedFrame encode(byte[] data, int size, List<PlainPart> parts) throws IOException {
        MessageDigest digest = Sha256.newDigest();
        List<FramePart> digested = new ArrayList<>(parts.size());
        int end = 0;
        for (PlainPart part : parts) {
            if (part.offset() != end) {
                throw new IllegalArgumentException("the parts of a frame leave a gap at byte " + end);
            }
            digest.update(data, end, part.size());
            end += part.size();
            digested.add(new FramePart(part.path(), part.at(), part.size(), Sha256.finish(digest)));
        }
        if (end != size) {
            throw new IllegalArgumentException("the parts of a frame end at byte " + end + " of " + size);
        }
        byte[] stored = codec.compressFrame(data, 0, size);
        CRC32C crc = new CRC32C();
        crc.update(stored);
        return new EncodedFrame(stored, (int) crc.getValue(), digested);
    }
}
