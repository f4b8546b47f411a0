// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Reads files of a host: of this one with {@link LocalFiles}, of another one over SFTP. It is a part of {@code core},
 * so that a feature that reads files needs not know how the host is reached. Thread-safe.
 *
 * <p>A path is absolute and in the form of {@link PathBytes}, so every name that a file can have is possible: with
 * blanks, quotes, newlines, and with bytes that are not UTF-8. A path with a NUL is an
 * {@link IllegalArgumentException}.
 *
 * <p>A symbolic link in the last part of a path is never followed, except by {@link #realPath}; the directories above
 * may be links.
 *
 * <p>The type of an exception says what happened, and its file is the path:
 *
 * <ul>
 *   <li>{@link NoSuchFileException}: the file does not exist, or vanished after the caller saw it;
 *   <li>{@link java.nio.file.AccessDeniedException}: this user may not read it;
 *   <li>{@link java.nio.file.NotDirectoryException}, {@link java.nio.file.NotLinkException}, {@link NotRegularFile}: it
 *       has another type than the caller needs, perhaps since a moment ago;
 *   <li>{@link HostLostException}: there is no connection to the host, or it ended, or no answer came within its limit;
 *   <li>any other {@link FileSystemException}: the host could not read it.
 * </ul>
 */
public interface HostFiles extends AutoCloseable {
    /** The types of files. */
    enum FileType {
        REGULAR_FILE,
        DIRECTORY,
        SYMBOLIC_LINK,
        /** A socket, a FIFO or a device. */
        SPECIAL
    }

    /**
     * What lstat(2) tells.
     *
     * @param mode the rights, with the bits of set-user-id, set-group-id and sticky
     * @param owner empty if an SFTP server does not tell
     * @param size in bytes; of a sparse file with its holes
     * @param modified over SFTP in whole seconds
     */
    record Stat(FileType type, int mode, Optional<Owner> owner, long size, Instant modified) {
        private static final int TYPE = 0170000;
        private static final int DIRECTORY = 0040000;
        private static final int REGULAR_FILE = 0100000;
        private static final int SYMBOLIC_LINK = 0120000;
        private static final int RIGHTS = 07777;

        /**
         * Splits a mode.
         *
         * @param mode {@code st_mode}: the type and the rights
         */
        public static Stat of(int mode, Optional<Owner> owner, long size, Instant modified) {
            FileType type = switch (mode & TYPE) {
                case DIRECTORY -> FileType.DIRECTORY;
                case REGULAR_FILE -> FileType.REGULAR_FILE;
                case SYMBOLIC_LINK -> FileType.SYMBOLIC_LINK;
                default -> FileType.SPECIAL;
            };
            return new Stat(type, mode & RIGHTS, owner, size, modified);
        }

        public boolean isDirectory() {
            return type == FileType.DIRECTORY;
        }

        public boolean isRegularFile() {
            return type == FileType.REGULAR_FILE;
        }
    }

    /** The numbers of a file's user and group on its host. */
    record Owner(int user, int group) {}

    /** A file that is to be opened has another type. */
    final class NotRegularFile extends FileSystemException {
        private static final long serialVersionUID = 1L;

        public NotRegularFile(String path) {
            super(path, null, "not a regular file");
        }
    }

    /**
     * The entries of a directory. A directory may have a million files, so it keeps their names and not their paths.
     * Immutable.
     */
    interface Listing {
        /** Without "." and "..", in ascending order. */
        List<String> names();

        default boolean contains(String name) {
            return Collections.binarySearch(names(), name) >= 0;
        }

        /**
         * Looks at an entry, as {@link HostFiles#stat} does. Over SFTP this is what the directory told about the entry
         * when it was read, since each look would take a round trip.
         */
        Optional<Stat> stat(String name) throws IOException;
    }

    /**
     * A regular file that is read in any order, by several threads at once. It stays the same file whatever happens to
     * its name. If a connection is lost, so is the file: another one may have its name by then.
     */
    interface OpenFile extends Closeable {
        /** The present size in bytes. */
        long size() throws IOException;

        /**
         * Reads a range. Returns the number of bytes read, which is less than {@code length} only at the end of the
         * file: 0 if {@code at} is not before the end.
         */
        int read(long at, byte[] to, int offset, int length) throws IOException;
    }

    /** Empty if the file does not exist. */
    Optional<Stat> stat(String path) throws IOException;

    Listing list(String path) throws IOException;

    /** The target of a symbolic link, as it is written there: it may be relative. */
    String readLink(String path) throws IOException;

    /** The path without links and dots. */
    String realPath(String path) throws IOException;

    /**
     * Opens a file that the caller has looked at, which saves a look. The caller closes the file.
     *
     * @param seen what {@link #stat} or a listing said; a FIFO that has taken the place of a regular file since would
     *     wait for its writer
     */
    OpenFile open(String path, Stat seen) throws IOException;

    /** Opens a file that the caller has not looked at. The caller closes the file. */
    default OpenFile open(String path) throws IOException {
        return open(path, stat(path).orElseThrow(() -> new NoSuchFileException(path)));
    }

    /** The first bytes of a small file, at most {@code maxBytes}. */
    default byte[] read(String path, int maxBytes) throws IOException {
        try (OpenFile file = open(path)) {
            byte[] bytes = new byte[maxBytes];
            return Arrays.copyOf(bytes, file.read(0, bytes, 0, maxBytes));
        }
    }

    /** Ends the connections; files that are open cannot be read any more. */
    @Override
    void close();

    /**
     * Checks the form of a path.
     *
     * @throws IllegalArgumentException if it is relative or contains a NUL
     */
    static String requirePath(String path) {
        if (!path.startsWith("/") || path.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("not an absolute path: '" + path + "'");
        }
        return path;
    }
}
