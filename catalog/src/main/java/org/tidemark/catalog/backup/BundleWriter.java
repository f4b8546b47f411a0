// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.backup.BundleReader.BundleFooter;
import org.tidemark.catalog.backup.Frame.Encoder.EncodedFrame;
import org.tidemark.catalog.format.ContainerHeader;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Sha256;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ObjectSource;

/**
 * Collects one bundle in memory: header, frames in the order in which they are added, index and footer. All but the
 * header may be encrypted. Adding a frame costs next to nothing; {@link #finish} does the work, and may be called on
 * another thread. Not thread-safe.
 */
public final class BundleWriter {
    public static final long DEFAULT_SIZE_BYTES = 16L << 20;

    /** A bundle has at most this many frames, and parts of files: their lines of the index are in memory as well. */
    static final int MAX_FRAMES = 1 << 14;

    static final int MAX_PARTS = 1 << 14;

    private final BackupKeys keys;
    private final int number;
    private final Encoding encoding;
    private final long sizeBytes;
    private final BlockPool pool;
    private final byte[] header;
    /** The whole object, or the content of its age file: offsets of frames count from its first byte. */
    private final ObjectBytes content;

    private final List<Frame> frames = new ArrayList<>();
    private long dataBytes;
    private int parts;

    /**
     * Begins a bundle.
     *
     * @param sizeBytes the bundle is full when it has this size
     * @param pool from which the bundle takes its memory until it is stored
     */
    public BundleWriter(BackupKeys keys, int number, Encoding encoding, long sizeBytes, BlockPool pool) {
        this.keys = keys;
        this.number = number;
        this.encoding = encoding;
        this.sizeBytes = sizeBytes;
        this.header = header(keys, number, encoding);
        this.pool = pool;
        this.content = new ObjectBytes(pool);
        if (encoding.encryption().isEmpty()) {
            content.write(header, 0, header.length);
        }
    }

    private static byte[] header(BackupKeys keys, int number, Encoding encoding) {
        return new ContainerHeader(
                        ContainerKind.BUNDLE,
                        keys.numbered(number),
                        keys.system(),
                        encoding.codec().id(),
                        encoding.encryption(),
                        Optional.empty())
                .encode();
    }

    /** Adds a frame, whose bytes are copied, and returns where it is in this bundle. */
    public Frame add(EncodedFrame encoded) {
        Frame frame = encoded.at(content.sizeBytes());
        content.write(encoded.stored(), 0, frame.length());
        frames.add(frame);
        parts += frame.parts().size();
        dataBytes += frame.dataSize();
        return frame;
    }

    /** Those that were added. */
    public List<Frame> frames() {
        return List.copyOf(frames);
    }

    public boolean isFull() {
        return content.sizeBytes() >= sizeBytes || frames.size() >= MAX_FRAMES || parts >= MAX_PARTS;
    }

    /** The length of the data added so far, before compression. */
    public long dataSizeBytes() {
        return dataBytes;
    }

    /** A whole bundle in memory. {@link #close} gives the memory back. */
    public static final class FinishedBundle implements AutoCloseable {
        private final ObjectBytes bytes;
        private final StoredObject object;

        private FinishedBundle(ObjectBytes bytes) {
            this.bytes = bytes;
            this.object = bytes.stored();
        }

        public ObjectSource source() {
            return bytes;
        }

        /** Size and digest of the stored object. */
        public StoredObject object() {
            return object;
        }

        @Override
        public void close() {
            bytes.giveBack();
        }
    }

    /**
     * Completes the bundle and returns it; called once.
     *
     * @throws UserFacingException with BACKUP_FAILED if a frame is not as it was added
     */
    public FinishedBundle finish() throws IOException {
        frames.forEach(this::requireUnchanged);
        byte[] index = index();
        byte[] footer = new BundleFooter(content.sizeBytes(), index.length, Sha256.of(index)).encode();
        content.write(index);
        content.write(footer);
        if (encoding.encryption().isEmpty()) {
            return new FinishedBundle(content);
        }
        ObjectBytes object = new ObjectBytes(pool);
        object.write(header);
        try (OutputStream encrypting = encoding.encrypt(object)) {
            content.moveTo(encrypting);
        }
        return new FinishedBundle(object);
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
    private void requireUnchanged(Frame frame) {
        if (content.crc32c(frame.offset(), frame.length()) != frame.crc32c()) {
            throw new UserFacingException(
                    ExitCode.BACKUP_FAILED,
                    "a part of '" + keys.bundle(number) + "' changed in memory before it was stored",
                    "Is this host's memory sound? Take the backup again.");
        }
    }
}
