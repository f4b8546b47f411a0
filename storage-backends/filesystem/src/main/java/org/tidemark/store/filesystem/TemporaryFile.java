// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.filesystem;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Set;

/**
 * The file of an object that is being written, in the directory of its final name. Listings do not show it. Closing
 * removes the file, so only a process that died leaves one. Not thread-safe.
 */
final class TemporaryFile implements AutoCloseable {
    static final String PREFIX = ".tmp-";
    private static final int BUFFER_BYTES = 64 * 1024;

    private final Path path;
    private final FileChannel channel;

    private TemporaryFile(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    /** Whether a file has the name of a temporary file. */
    static boolean isOne(Path file) {
        String name = String.valueOf(file.getFileName());
        String number = name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : "";
        return !number.isEmpty() && number.length() <= 16 && number.chars().allMatch(HexFormat::isHexDigit);
    }

    static TemporaryFile create(Path directory, FileSystemAccess access, TemporaryFileNames names) throws IOException {
        Set<StandardOpenOption> options = EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        while (true) {
            Path path = directory.resolve(PREFIX.concat(names.newNumber()));
            try {
                TemporaryFile file = new TemporaryFile(path, FileChannel.open(path, options, access.newFile()));
                file.setAccess(access);
                return file;
            } catch (FileAlreadyExistsException e) {
                // The name exists; the next attempt uses a new one.
            }
        }
    }

    /** Sets the mode again, because the umask may have removed bits. */
    private void setAccess(FileSystemAccess access) throws IOException {
        try {
            Files.setPosixFilePermissions(path, access.file());
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /** Writes the stream to its end and makes it durable. */
    void fill(InputStream bytes, long sizeBytes) throws IOException {
        byte[] buffer = new byte[(int) Math.max(1, Math.min(BUFFER_BYTES, sizeBytes))];
        for (int count = bytes.read(buffer); count >= 0; count = bytes.read(buffer)) {
            ByteBuffer chunk = ByteBuffer.wrap(buffer, 0, count);
            while (chunk.hasRemaining()) {
                channel.write(chunk);
            }
        }
        if (channel.size() != sizeBytes) {
            throw new IOException("the file has " + channel.size() + " bytes instead of " + sizeBytes);
        }
        channel.force(true);
    }

    /** Gives the file its final name; fails if that name exists. */
    void linkTo(Path target) throws IOException {
        Files.createLink(target, path);
    }

    /** Whether {@code target} is this file: a network file system can make a link and lose the answer. */
    boolean is(Path target) throws IOException {
        try {
            return Files.isSameFile(target, path);
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    @Override
    public void close() {
        try (channel) {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            // Listings do not show the remaining file, and a later process removes it.
        }
    }
}
