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
 * An object on its way: a file beside its final name, which listings do not show. Closing removes it, so that it is
 * left behind only by a process that died. Not thread-safe.
 */
final class TemporaryFile implements AutoCloseable {
    static final String PREFIX = ".tmp-";
    private static final int BUFFER_BYTES = 256 * 1024;

    private final Path path;
    private final FileChannel channel;

    private TemporaryFile(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    /** Whether a file has the name of one. */
    static boolean isOne(Path file) {
        String name = String.valueOf(file.getFileName());
        String number = name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : "";
        return !number.isEmpty() && number.length() <= 16 && number.chars().allMatch(HexFormat::isHexDigit);
    }

    static TemporaryFile create(Path directory, Access access, Writers writers) throws IOException {
        Set<StandardOpenOption> options = EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        while (true) {
            Path path = directory.resolve(PREFIX.concat(writers.newNumber()));
            try {
                TemporaryFile file = new TemporaryFile(path, FileChannel.open(path, options, access.newFile()));
                file.setAccess(access);
                return file;
            } catch (FileAlreadyExistsException e) {
                // The name is taken; the next one is another.
            }
        }
    }

    /** The umask may have taken away what the option asks for. */
    private void setAccess(Access access) throws IOException {
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

    /** Gives the file its final name, if that is free. */
    void linkTo(Path target) throws IOException {
        Files.createLink(target, path);
    }

    /** Whether a file is this one: over a network, a link can be made and its answer get lost. */
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
            // What is left is invisible, and its name says what it is; the object's own fate is told by others.
        }
    }
}
