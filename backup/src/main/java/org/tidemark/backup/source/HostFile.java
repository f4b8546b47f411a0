// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.tidemark.core.ExitCode;
import org.tidemark.core.PathBytes;
import org.tidemark.core.UserFacingException;

/** A file on this host. Immutable. */
record LocalFile(Path path) implements FileSink.FileContent {
    @Override
    public Optional<FileSink.OpenFile> open() throws IOException {
        try {
            return Optional.of(new Open(FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (AccessDeniedException e) {
            throw unreadable(path, e);
        }
    }

    static UserFacingException unreadable(Path path, AccessDeniedException cause) {
        return new UserFacingException(
                ExitCode.LOCAL_FILES,
                "this user cannot read '" + PathBytes.printable(PathBytes.text(path)) + "'; there is no backup",
                "Run this command as the owner of the data directory, or let PostgreSQL send the files: tidemark"
                        + " backup --method stream",
                cause);
    }

    private record Open(FileChannel channel) implements FileSink.OpenFile {
        @Override
        public long size() throws IOException {
            return channel.size();
        }

        @Override
        public int read(long at, byte[] to, int offset, int length) throws IOException {
            ByteBuffer buffer = ByteBuffer.wrap(to, offset, length);
            while (buffer.hasRemaining() && channel.read(buffer, at + length - buffer.remaining()) > 0) {
                // Goes on to the end of the file, or of what is asked for.
            }
            return length - buffer.remaining();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
