// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.tidemark.catalog.backup.Frame.FramePart;
import org.tidemark.catalog.format.Codec;
import org.tidemark.core.JsonObject;

/**
 * A line of a bundle's index: where a frame is, and whose data it holds. Immutable.
 *
 * @param offset of the first stored byte in the bundle
 * @param length of the stored bytes, 1 or more
 * @param crc32c of the stored bytes
 * @param parts in the order in which they are in the data
 */
public record Frame(long offset, int length, int crc32c, List<FramePart> parts) {
    /** A frame holds at most this much data before it is compressed. */
    public static final int MAX_DATA_BYTES = 1 << 20;

    public Frame {
        parts = List.copyOf(parts);
        if (offset < 0 || length < 1) {
            throw new IllegalArgumentException("not a frame: " + length + " bytes from " + offset);
        }
        long data = 0;
        for (FramePart part : parts) {
            data += part.size();
        }
        if (data > MAX_DATA_BYTES) {
            throw new IllegalArgumentException("a frame cannot hold " + data + " bytes");
        }
    }

    /** The length of the data that the frame gives when it is decompressed, in bytes. */
    public int dataSize() {
        return parts.stream().mapToInt(FramePart::size).sum();
    }

    /** The line, with its line feed. */
    byte[] encode() {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("offset", offset);
        line.put("length", length);
        line.put("crc32c", JsonLine.hex(crc32c));
        line.put("pieces", parts.stream().map(FramePart::members).toList());
        return JsonLine.write(line);
    }

    /** @throws IllegalArgumentException if the line is not a frame */
    static Frame parse(JsonObject line) {
        return new Frame(
                line.number("offset"),
                line.integer("length"),
                line.value("crc32c", JsonLine::crc32c),
                line.list("pieces", FramePart::parse));
    }

    /**
     * A part of one file in a frame. Immutable.
     *
     * @param path the file, as in the manifest
     * @param placement which bytes of the file it has
     * @param checksums of the part's data
     * @param pages of a part of several whole pages, unless an older program stored it
     */
    public record FramePart(
            String path, Placement placement, PieceChecksums checksums, Optional<PageFingerprints> pages) {
        public FramePart {
            ManifestEntry.checkPath(path);
        }

        /** A part that is not compared by pages. */
        public FramePart(String path, Placement placement, PieceChecksums checksums) {
            this(path, placement, checksums, Optional.empty());
        }

        /** The length of its data in bytes. */
        public int size() {
            return placement.sizeBytes();
        }

        private Map<String, Object> members() {
            Map<String, Object> members = new LinkedHashMap<>();
            JsonLine.putPath(members, "path", path);
            placement.putInto(members);
            checksums.putInto(members);
            pages.ifPresent(each -> members.put("pageFingerprints", each.encode()));
            return members;
        }

        private static FramePart parse(JsonObject members) {
            Placement placement = Placement.from(members);
            return new FramePart(
                    JsonLine.path(members, "path"),
                    placement,
                    PieceChecksums.from(members),
                    members.optionalText("pageFingerprints")
                            .map(text -> PageFingerprints.parse(text, placement.sizeBytes())));
        }
    }

    /**
     * Makes the stored bytes of one frame: the costly part of a backup, done by many threads at once. Thread-safe.
     *
     * @param key of the fingerprints
     * @param pageSize of the cluster, in bytes
     */
    public record Encoder(Codec codec, FingerprintKey key, int pageSize) {
        /**
         * A part of a file that is to be stored.
         *
         * @param placement which bytes of the file it has
         * @param offset where it begins in the frame's data
         */
        public record PlainPart(String path, Placement placement, int offset) {
            /** A range of a file. */
            public PlainPart(String path, long at, int offset, int size) {
                this(path, new Placement.Range(at, size), offset);
            }

            /** The length of its data in bytes. */
            public int size() {
                return placement.sizeBytes();
            }
        }

        /**
         * A frame that knows not yet where it will be.
         *
         * @param stored begins with its bytes, which nobody changes until it is in a bundle
         */
        @SuppressWarnings("ArrayRecordComponent") // Handed from the encoder to the writer, never compared.
        public record EncodedFrame(byte[] stored, int length, int crc32c, List<FramePart> parts) {
            public EncodedFrame {
                parts = List.copyOf(parts);
            }

            /**
             * The same frame for a backup with another key: only the fingerprints are taken again.
             *
             * @param data as it was before it was compressed
             */
            public EncodedFrame withKey(FingerprintKey key, byte[] data) {
                List<FramePart> other = new ArrayList<>(parts.size());
                int offset = 0;
                for (FramePart part : parts) {
                    int at = offset;
                    other.add(new FramePart(
                            part.path(),
                            part.placement(),
                            part.checksums().withKey(key, data, at, part.size()),
                            part.pages().map(pages -> pages.withKey(key, data, at, part.size()))));
                    offset += part.size();
                }
                return new EncodedFrame(stored, length, crc32c, other);
            }

            Frame at(long offset) {
                return new Frame(offset, length, crc32c, parts);
            }
        }

        /**
         * Takes the checksums of the parts and compresses the whole.
         *
         * @param parts cover the first {@code size} bytes of {@code data} without gap or overlap, in order
         */
        public EncodedFrame encode(byte[] data, int size, List<PlainPart> parts) throws IOException {
            return encode(data, size, parts, newBuffer());
        }

        /** Room for the stored bytes of any frame. */
        public static byte[] newBuffer() {
            return new byte[Codec.maxFrameBytes(MAX_DATA_BYTES)];
        }

        /** As the other method, but the stored bytes are put into {@code buffer}, from {@link #newBuffer}. */
        public EncodedFrame encode(byte[] data, int size, List<PlainPart> parts, byte[] buffer) throws IOException {
            List<FramePart> checked = new ArrayList<>(parts.size());
            int end = 0;
            for (PlainPart part : parts) {
                if (part.offset() != end) {
                    throw new IllegalArgumentException("the parts of a frame leave a gap at byte " + end);
                }
                checked.add(new FramePart(
                        part.path(),
                        part.placement(),
                        PieceChecksums.of(key, data, end, part.size()),
                        PageFingerprints.of(key, data, end, part.placement(), pageSize)));
                end += part.size();
            }
            if (end != size) {
                throw new IllegalArgumentException("the parts of a frame end at byte " + end + " of " + size);
            }
            int length = codec.compressFrame(data, 0, size, buffer);
            CRC32C crc = new CRC32C();
            crc.update(buffer, 0, length);
            return new EncodedFrame(buffer, length, (int) crc.getValue(), checked);
        }
    }
}
