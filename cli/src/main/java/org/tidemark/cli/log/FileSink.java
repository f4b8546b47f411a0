// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.tidemark.core.FileProblem;

/**
 * Appends to a file, which is opened for each line: so logrotate may rename it, with or without a new one in its place,
 * or cut it off after a copy. Each line is one write of the kernel's append mode: lines of several processes do not
 * mix. Not thread-safe.
 */
final class FileSink implements Log.Sink {
    private static final Set<OpenOption> APPENDING =
            Set.of(StandardOpenOption.WRITE, StandardOpenOption.APPEND, StandardOpenOption.CREATE);
    private static final FileAttribute<Set<PosixFilePermission>> MODE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r-----"));

    private final Path path;

    FileSink(Path path) {
        this.path = path;
    }

    @Override
    public void write(byte[] line) throws IOException {
        try (SeekableByteChannel appended = Files.newByteChannel(path, APPENDING, MODE)) {
            ByteBuffer rest = ByteBuffer.wrap(line);
            while (rest.hasRemaining()) {
                appended.write(rest);
            }
        } catch (IOException e) {
            throw new IOException(FileProblem.of(e), e);
        }
    }

    @Override
    public void close() {}
}
