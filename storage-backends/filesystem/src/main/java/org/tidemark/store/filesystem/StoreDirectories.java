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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.HostMemory;

/**
 * The directories of a store, including its root. A directory below the root must not be a symbolic link: a link could
 * lead out of the root, and listings do not follow it. Thread-safe.
 */
final class StoreDirectories {
    private final Path root;
    private final FileSystemAccess access;
    private final FileSystemErrors errors;

    /** The directories whose entry, and whose parents' entries up to the root, this process has synced. */
    private final Map<Path, Identity> anchored = new ConcurrentHashMap<>();

    /** The root's device and inode when this process first read them; null until then. */
    private final AtomicReference<@Nullable Object> seenRoot = new AtomicReference<>();

    /**
     * The identity of a directory. A new directory may get the inode number of a removed one, so the creation time is
     * part of the identity. If the file system has no creation time, the JDK gives the last change, and an unchanged
     * directory sometimes counts as a new one.
     *
     * @param key device and inode
     */
    private record Identity(Object key, FileTime made) {
        static @Nullable Identity of(BasicFileAttributes attributes) {
            Object key = attributes.fileKey();
            return key == null ? null : new Identity(key, attributes.creationTime());
        }

        // Written out: linking a record's own costs every WAL command milliseconds.
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Identity that && key.equals(that.key) && made.equals(that.made);
        }

        @Override
        public int hashCode() {
            return key.hashCode() + 31 * made.hashCode();
        }
    }

    /** The directories that earlier processes of this host have synced. */
    private final SettledDirectories settled;

    StoreDirectories(FileSystemConfig config, FileSystemErrors errors, HostMemory memory) {
        this.settled = new SettledDirectories(memory);
        this.root = config.root();
        this.access = config.access();
        this.errors = errors;
    }

    static BasicFileAttributes attributes(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    }

    /** The parent directory of a path other than {@code /}. */
    static Path parent(Path path) {
        return Objects.requireNonNull(path.getParent(), "the top directory has no parent");
    }

    /**
     * Throws {@code StorageUnavailable} if the root does not exist, or is a different directory than before: an
     * unmounted disk may leave a directory of the same name. The root itself may be a symbolic link.
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

    /** Whether the directory exists; returns false only if the root exists. */
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

    /** Creates missing directories. @throws NoSuchFileException if another process removes one of them meanwhile */
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

    /** Creates the root and its missing parents, and makes all of them durable. */
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
                // Another process has just created the same directory.
            }
        }
        requireRoot();
        sync(root);
        for (Path directory : missing.reversed()) {
            sync(parent(directory));
        }
    }

    /** Makes the directory's entries durable. */
    void sync(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /**
     * Makes the entries of the directory and of its parents durable, up to the root. The process that created a
     * directory may have died before it synced the entry; therefore each process syncs each directory once, unless the
     * directory has not changed since an earlier one did.
     */
    void anchor(Path directory) throws IOException {
        Map<Path, Identity> synced = new HashMap<>();
        for (Path at = directory; !at.equals(root); at = parent(at)) {
            Identity identity = Identity.of(attributes(at));
            if (identity != null && identity.equals(anchored.get(at))) {
                break;
            }
            syncChanged(parent(at));
            if (identity != null) {
                synced.put(at, identity);
            }
        }
        anchored.putAll(synced);
        settled.keep();
    }

    private void syncChanged(Path directory) throws IOException {
        // Before the sync: what changes meanwhile has another version.
        String version = SettledDirectories.version(directory);
        // All processes of a boot count this time from one moment, and nobody can set it. Not before the version, which
        // may take long: a whole step of time must pass between the two syncs.
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
        if (!settled.isSettled(directory, version)) {
            sync(directory);
            settled.synced(directory, version, millis);
        }
    }

    /** Makes deletions durable; syncs the nearest parent if the directory itself has been deleted. */
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

    /** Removes this directory and its parents while they are empty, but never the root. Ignores a failed removal. */
    void prune(Path directory) throws IOException {
        for (Path at = directory; !at.equals(root); at = parent(at)) {
            try {
                if (attributes(at).isDirectory()) {
                    Files.delete(at);
                    sync(parent(at));
                }
            } catch (NoSuchFileException e) {
                // Another process removed this directory; its parent may be empty as well.
            } catch (FileSystemException e) {
                return;
            }
        }
    }
}
