// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import org.tidemark.core.DurableFile;

/** Reads and writes ranges of files that are being put together. Never follows a link. Thread-safe. */
final class PieceFile {
    private static final Set<OpenOption> WRITE =
            Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE, LinkOption.NOFOLLOW_LINKS);
    private static final Set<OpenOption> READ = Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    private static final FileAttribute<?> PRIVATE = PosixFilePermissions.asFileAttribute(DurableFile.permissions(0600));

    private PieceFile() {}

    /** Writes a range; not durable before {@link #complete}. */
    static void write(FileAssembly work, long at, byte[] data, int offset, int length) throws IOException {
        try (FileChannel channel = FileChannel.open(work.file(), WRITE, PRIVATE)) {
            ByteBuffer bytes = ByteBuffer.wrap(data, offset, length);
            while (bytes.hasRemaining()) {
                channel.write(bytes, at + bytes.position() - offset);
            }
        }
    }

    /** The bytes of a range; empty if the file does not have it all. */
    static Optional<byte[]> read(FileAssembly work, long at, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        try (FileChannel channel = FileChannel.open(work.file(), READ)) {
            while (bytes.hasRemaining()) {
                if (channel.read(bytes, at + bytes.position()) < 0) {
                    return Optional.empty();
                }
            }
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        return Optional.of(bytes.array());
    }

    /** Gives a file its length, rights and owner, and makes its content durable. */
    static void complete(FileAssembly work, FileOwner owner) throws IOException {
        try (FileChannel channel = FileChannel.open(work.file(), WRITE, PRIVATE)) {
            if (channel.size() > work.size()) {
                channel.truncate(work.size());
            }
            if (channel.size() != work.size()) {
                throw new IOException("'" + work.file() + "' has " + channel.size() + " bytes instead of the "
                        + work.size() + " that were written");
            }
            owner.with(work.mode()).applyTo(work.file());
            channel.force(true);
        }
    }
}
