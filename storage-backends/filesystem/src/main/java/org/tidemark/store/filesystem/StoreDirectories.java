// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.filesystem;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The directories of a store, from its root down: real directories alone, since a symbolic link could lead out of the
 * root, and what it leads to would be listed by nobody. Thread-safe.
 */
final class Directories {
    private final Path root;
    private final Access access;
    private final FileSystemErrors errors;

    /** Directories whose own entry, and those of all above, this process has synced. */
    private final Map<Path, Identity> anchored = new ConcurrentHashMap<>();

    /** Which directory the root was when it was first seen: its device and inode; null until then. */
    private final AtomicReference<@Nullable Object> seenRoot = new AtomicReference<>();

    /**
     * Which directory it is: one that is made where another was removed may have its number. Where the disk keeps no
     * time of making, the JDK gives that of the last change, and a directory counts as another one too often.
     *
     * @param key device and inode
     */
    private record Identity(Object key, FileTime made) {
        static @Nullable Identity of(BasicFileAttributes attributes) {
            Object key = attributes.fileKey();
            return key == null ? null : new Identity(key, attributes.creationTime());
        }
    }

    Directories(FileSystemConfig config, FileSystemErrors errors) {
        this.root = config.root();
        this.access = config.access();
        this.errors = errors;
    }

    static BasicFileAttributes attributes(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    }

    /** The directory that holds a path; only {@code /} has none. */
    static Path parent(Path path) {
        return Objects.requireNonNull(path.getParent(), "the top directory has no parent");
    }

    /**
     * Throws "unavailable" if the root is not there, or is another directory than it was: below a disk that was
     * unmounted there may be one of the same name. The root itself may be a symbolic link.
     */
    void requireRoot() throws IOException {
        try {
            BasicFileAttributes attributes = Files.readAttributes(root, BasicFileAttributes.class);
            if (!attributes.isDirectory()) {
                throw errors.noRoot(new NotDirectoryException(root.toString()));
            }
            Object found = attributes.fileKey();
            if (!seenRoot.compareAndSet(null, found) && !Objects.equals(found, seenRoot.get())) {
                throw errors.otherRoot();
            }
        } catch (NoSuchFileException e) {
            throw errors.noRoot(e);
        }
    }

    /** Whether the directory is there; false is only said while the root is there. */
    boolean reach(Path directory) throws IOException {
        if (directory.equals(root)) {
            requireRoot();
            return true;
        }
        if (!reach(parent(directory))) {
            return false;
        }
        try {
            BasicFileAttributes attributes = attributes(directory);
            if (attributes.isSymbolicLink()) {
                throw errors.notAnObject(directory, "a symbolic link");
            }
            return attributes.isDirectory();
        } catch (NoSuchFileException e) {
            requireRoot();
            return false;
        }
    }

    /** Makes what is missing. A directory that another process removes meanwhile is a {@link NoSuchFileException}. */
    void make(Path directory) throws IOException {
        if (reach(directory)) {
            return;
        }
        make(parent(directory));
        try {
            Files.createDirectory(directory, access.newDirectory());
            Files.setPosixFilePermissions(directory, access.directory());
        } catch (FileAlreadyExistsException e) {
            if (!attributes(directory).isDirectory()) {
                throw errors.notAnObject(directory, "not a directory");
            }
        }
    }

    /** Makes the root and what is missing above it, all durable. */
    void makeRoot() throws IOException {
        List<Path> missing = new ArrayList<>();
        for (Path at = root; !Files.exists(at, LinkOption.NOFOLLOW_LINKS); at = parent(at)) {
            missing.addFirst(at);
        }
        for (Path directory : missing) {
            try {
                Files.createDirectory(directory, access.newDirectory());
                Files.setPosixFilePermissions(directory, access.directory());
            } catch (FileAlreadyExistsException e) {
                // Another process that makes the same root was quicker.
            }
        }
        requireRoot();
        sync(root);
        for (Path directory : missing.reversed()) {
            sync(parent(directory));
        }
    }

    /** Makes durable which names the directory holds. */
    void sync(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /**
     * Makes the directory itself durable, up to the root. One that was found may have been made by a process that died
     * before it could do so; therefore it is done once by each process for each directory.
     */
    void anchor(Path directory) throws IOException {
        Map<Path, Identity> synced = new HashMap<>();
        for (Path at = directory; !at.equals(root); at = parent(at)) {
            Identity identity = Identity.of(attributes(at));
            if (identity != null && identity.equals(anchored.get(at))) {
                break;
            }
            sync(parent(at));
            if (identity != null) {
                synced.put(at, identity);
            }
        }
        anchored.putAll(synced);
    }

    /** Makes durable that names are gone, in a directory that may be gone itself. */
    void syncNearest(Path directory) throws IOException {
        for (Path at = directory; ; at = parent(at)) {
            try {
                sync(at);
                return;
            } catch (NoSuchFileException e) {
                if (at.equals(root)) {
                    throw errors.noRoot(e);
                }
            }
        }
    }

    /** Removes directories that are empty, from this one up; never the root. One that cannot be removed stays. */
    void prune(Path directory) throws IOException {
        for (Path at = directory; !at.equals(root); at = parent(at)) {
            try {
                if (attributes(at).isDirectory()) {
                    Files.delete(at);
                    sync(parent(at));
                }
            } catch (NoSuchFileException e) {
                // Another process removed it; the next one up may be empty as well.
            } catch (FileSystemException e) {
                return;
            }
        }
    }
}
