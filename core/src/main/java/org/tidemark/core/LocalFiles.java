// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The files of this host. It waits only for the kernel, whose waits end by its own limits: those of an NFS mount, for
 * example. Thread-safe.
 */
public final class LocalFiles implements HostFiles {
    @Override
    public Optional<Stat> stat(String path) throws IOException {
        return stat(local(path));
    }

    private static Optional<Stat> stat(Path file) throws IOException {
        try {
            Map<String, Object> all =
                    Files.readAttributes(file, "unix:mode,uid,gid,size,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
            if (all.get("mode") instanceof Integer mode
                    && all.get("uid") instanceof Integer user
                    && all.get("gid") instanceof Integer group
                    && all.get("size") instanceof Long size
                    && all.get("lastModifiedTime") instanceof FileTime modified) {
                return Optional.of(Stat.of(mode, Optional.of(new Owner(user, group)), size, modified.toInstant()));
            }
            throw new IOException("the file system of '" + file + "' has no Unix permissions");
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (FileSystemException e) {
            if (isBelowAFile(file)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** A path below a file is a missing one. Java says so only in the text of an exception that is of no class. */
    private static FileSystemException classified(String path, Path file, FileSystemException cause) {
        if (!isBelowAFile(file)) {
            return cause;
        }
        FileSystemException missing = new NoSuchFileException(path);
        missing.initCause(cause);
        return missing;
    }

    private static boolean isBelowAFile(Path file) {
        for (Path above = file.getParent(); above != null; above = above.getParent()) {
            if (Files.exists(above)) {
                return !Files.isDirectory(above);
            }
        }
        return false;
    }

    private record Names(Path directory, List<String> names) implements Listing {
        @Override
        public Optional<Stat> stat(String name) throws IOException {
            return LocalFiles.stat(directory.resolve(PathBytes.path(name)));
        }
    }

    @Override
    public Listing list(String path) throws IOException {
        Path directory = local(path);
        if (Files.isSymbolicLink(directory)) {
            throw new NotDirectoryException(path);
        }
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                names.add(PathBytes.text(file.getFileName()));
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        } catch (FileSystemException e) {
            throw classified(path, directory, e);
        }
        Collections.sort(names);
        return new Names(directory, Collections.unmodifiableList(names));
    }

    @Override
    public String readLink(String path) throws IOException {
        Path link = local(path);
        try {
            return PathBytes.text(Files.readSymbolicLink(link));
        } catch (FileSystemException e) {
            throw classified(path, link, e);
        }
    }

    @Override
    public String realPath(String path) throws IOException {
        Path file = local(path);
        try {
            return PathBytes.text(file.toRealPath());
        } catch (FileSystemException e) {
            throw classified(path, file, e);
        }
    }

    @Override
    public OpenFile open(String path, Stat seen) throws IOException {
        Path file = local(path);
        if (!seen.isRegularFile()) {
            throw new NotRegularFile(path);
        }
        try {
            return new Open(FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
        } catch (IOException e) {
            // Java has no exception of its own for a link that is not followed.
            if (!stat(file).orElseThrow(() -> new NoSuchFileException(path)).isRegularFile()) {
                throw new NotRegularFile(path);
            }
            throw e;
        }
    }

    private record Open(FileChannel channel) implements OpenFile {
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

    private static Path local(String path) {
        return PathBytes.path(HostFiles.requirePath(path));
    }

    @Override
    public void close() {
        // No connection.
    }
}
