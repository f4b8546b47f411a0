// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.zip.CRC32C;
import org.tidemark.catalog.ContainerHeader;
import org.tidemark.catalog.ContainerKind;
import org.tidemark.catalog.Encoding;
import org.tidemark.catalog.Sha256;
import org.tidemark.catalog.backup.BundleReader.BundleFooter;
import org.tidemark.catalog.backup.Frame.Encoder.EncodedFrame;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ObjectSource;

/**
 * Collects one bundle in memory: header, frames in the order in which they are added, index, footer, all but the header
 * perhaps encrypted. To add a frame costs next to nothing; {@link #finish} does the work, on a thread of its own. Not
 * thread-safe.
 */
public final class BundleWriter {
    public static final long DEFAULT_SIZE_BYTES = 32L << 20;

    /** More frames are not added, nor many small files: their lines of the index are in memory as well. */
    static final int MAX_FRAMES = 1 << 14;

    static final int MAX_PARTS = 1 << 14;

    private final BackupKeys keys;
    private final int number;
    private final Encoding encoding;
    private final long sizeBytes;
    private final byte[] header;
    private final Queue<byte[]> stored = new ArrayDeque<>();
    private final List<Frame> frames = new ArrayList<>();
    private long offset;
    private long dataBytes;
    private int parts;

    /**
     * Begins a bundle.
     *
     * @param sizeBytes a bundle that has this size takes no more frames
     */
    public BundleWriter(BackupKeys keys, int number, Encoding encoding, long sizeBytes) {
        this.keys = keys;
        this.number = number;
        this.encoding = encoding;
        this.sizeBytes = sizeBytes;
        this.header = new ContainerHeader(
                        ContainerKind.BUNDLE,
                        keys.numbered(number),
                        keys.system(),
                        encoding.codec().id(),
                        encoding.encryption(),
                        Optional.empty())
                .encode();
        // Offsets of frames count from the first byte that a reader sees: of the object, or of the content of its age
        // file.
        this.offset = encoding.encryption().isPresent() ? 0 : header.length;
    }

    /** Gives where the frame lies in this bundle. */
    public Frame add(EncodedFrame encoded) {
        Frame frame = encoded.at(offset);
        stored.add(encoded.stored());
        frames.add(frame);
        parts += frame.parts().size();
        dataBytes += frame.dataSize();
        offset += frame.length();
        return frame;
    }

    public boolean isFull() {
        return offset >= sizeBytes || frames.size() >= MAX_FRAMES || parts >= MAX_PARTS;
    }

    /** The length of the data added so far, before compression. */
    public long dataSizeBytes() {
        return dataBytes;
    }

    /**
     * A whole bundle in memory.
     *
     * @param object its size and digest
     */
    public record FinishedBundle(ObjectSource source, StoredObject object) {}

    /**
     * Gives the bundle; to be called once.
     *
     * @throws UserFacingException with BACKUP_FAILED if a frame is not as it was added
     */
    public FinishedBundle finish() throws IOException {
        ObjectBytes object = new ObjectBytes();
        object.keep(header);
        try (OutputStream content = encoding.encrypt(object)) {
            for (Frame frame : frames) {
                byte[] bytes = stored.remove();
                requireUnchanged(frame, bytes);
                if (content == object) {
                    object.keep(bytes);
                } else {
                    content.write(bytes);
                }
            }
            byte[] index = index();
            content.write(index);
            content.write(new BundleFooter(offset, index.length, Sha256.of(index)).encode());
        }
        return new FinishedBundle(object, object.stored());
    }

    private byte[] index() throws IOException {
        ByteArrayOutputStream index = new ByteArrayOutputStream();
        try (OutputStream lines = encoding.codec().compress(index)) {
            for (Frame frame : frames) {
                lines.write(frame.encode());
            }
        }
        return index.toByteArray();
    }

    /** The digest of the bundle is taken here, so memory that fails before would else show only at a restore. */
    private void requireUnchanged(Frame frame, byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        if ((int) crc.getValue() != frame.crc32c()) {
            throw new UserFacingException(
                    ExitCode.BACKUP_FAILED,
                    "a part of '" + keys.bundle(number) + "' changed in memory before it was stored",
                    "Is this host's memory sound? Take the backup again.");
        }
    }
}
