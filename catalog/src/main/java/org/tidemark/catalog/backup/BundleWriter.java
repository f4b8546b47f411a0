// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.Optional;
import org.tidemark.catalog.ContainerHeader;
import org.tidemark.catalog.ContainerKind;
import org.tidemark.catalog.Encoding;
import org.tidemark.catalog.Sha256;
import org.tidemark.catalog.backup.BundleReader.BundleFooter;
import org.tidemark.catalog.backup.Frame.Encoder.EncodedFrame;
import org.tidemark.catalog.layout.BackupKeys;

/**
 * Writes one bundle into a local file: header, frames in the order in which they are added, index, footer, all but the
 * header perhaps encrypted. Holds no data in memory but the compressed index. Not thread-safe.
 */
public final class BundleWriter implements AutoCloseable {
    /** A bundle that has reached one of these limits takes no more frames. */
    public static final long TARGET_BYTES = 128L << 20;

    static final int MAX_FRAMES = 1 << 14;
    static final long MAX_INDEX_BYTES = 16L << 20;

    private final Path file;
    private final MessageDigest digest = Sha256.newDigest();
    private final OutputStream out;
    private final ByteArrayOutputStream storedIndex = new ByteArrayOutputStream();
    private final OutputStream index;
    private long offset;
    private long indexBytes;
    private long dataBytes;
    private int frames;

    /** Creates {@code file}, which must not exist; the caller removes it. */
    public BundleWriter(Path file, BackupKeys keys, int number, Encoding encoding) throws IOException {
        byte[] header = new ContainerHeader(
                        ContainerKind.BUNDLE,
                        keys.numbered(number),
                        keys.system(),
                        encoding.codec().id(),
                        encoding.encryption(),
                        Optional.empty())
                .encode();
        this.file = file;
        OutputStream stored = new DigestOutputStream(
                new BufferedOutputStream(
                        Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), 1 << 16),
                digest);
        stored.write(header);
        out = encoding.encrypt(stored);
        // Offsets of frames count from the first byte that a reader sees: of the object, or of the content of its age
        // file.
        offset = encoding.encryption().isPresent() ? 0 : header.length;
        index = encoding.codec().compress(storedIndex);
    }

    /** The number of the frame in this bundle, from 0. */
    public int add(EncodedFrame encoded) throws IOException {
        Frame frame = encoded.at(offset);
        byte[] line = frame.encode();
        index.write(line);
        indexBytes += line.length;
        dataBytes += frame.dataSize();
        write(encoded.stored());
        return frames++;
    }

    public boolean isFull() {
        return offset >= TARGET_BYTES || frames >= MAX_FRAMES || indexBytes >= MAX_INDEX_BYTES;
    }

    public boolean isEmpty() {
        return frames == 0;
    }

    /** The length of the data added so far, before compression. */
    public long dataSizeBytes() {
        return dataBytes;
    }

    /** Writes index and footer; nothing can be added any more. */
    public StoredObject finish() throws IOException {
        index.close();
        byte[] stored = storedIndex.toByteArray();
        BundleFooter footer = new BundleFooter(offset, stored.length, Sha256.of(stored));
        write(stored);
        write(footer.encode());
        out.close();
        return new StoredObject(Files.size(file), Sha256.finish(digest));
    }

    private void write(byte[] bytes) throws IOException {
        out.write(bytes);
        offset += bytes.length;
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
