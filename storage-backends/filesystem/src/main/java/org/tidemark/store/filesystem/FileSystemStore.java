// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.filesystem;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.DiskSpace;
import org.tidemark.store.ByteRange;
import org.tidemark.store.FileRangeStream;
import org.tidemark.store.HostMemory;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectMissing;
import org.tidemark.store.StoreTraits;
import org.tidemark.store.StoreTraits.ExclusiveCreate;
import org.tidemark.store.Tampering;
import org.tidemark.store.UnfinishedUploads;

/** A store whose objects are files below an existing directory. Thread-safe, also among processes. */
public final class FileSystemStore implements ObjectStore {
    private final Path root;
    private final FileSystemErrors errors;
    private final StoreDirectories directories;
    private final FileSystemObjectWriter writer;

    /** Does not access the file system. */
    public FileSystemStore(FileSystemConfig config) {
        this(config, HostMemory.NONE);
    }

    /**
     * A store that saves syncs of directories. Does not access the file system.
     *
     * @param memory which directories earlier processes have synced
     */
    public FileSystemStore(FileSystemConfig config, HostMemory memory) {
        this.root = config.root();
        this.errors = new FileSystemErrors(root);
        this.directories = new StoreDirectories(config, errors, memory);
        this.writer = new FileSystemObjectWriter(config, directories, errors);
    }

    @Override
    public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
        writer.put(key, source);
    }

    @Override
    public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
        try {
            if (find(key) == null) {
                throw new ObjectMissing(key, errors.description());
            }
            FileChannel channel = FileChannel.open(
                    root.resolve(key.value()), Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
            try {
                return new FileRangeStream(errors, key, channel, range);
            } catch (IOException e) {
                channel.close();
                throw e;
            }
        } catch (NoSuchFileException e) {
            // The object was deleted after it was found, or the disk was unmounted.
            throw missing(key);
        } catch (IOException e) {
            throw errors.of(Operation.READ, key.value(), e);
        }
    }

    private StorageException missing(ObjectKey key) {
        try {
            directories.requireRoot();
            return new ObjectMissing(key, errors.description());
        } catch (IOException e) {
            return errors.of(Operation.READ, key.value(), e);
        }
    }

    @Override
    public Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
        try {
            BasicFileAttributes found = find(key);
            return found == null
                    ? Optional.empty()
                    : Optional.of(new ObjectInfo(
                            key, found.size(), found.lastModifiedTime().toInstant()));
        } catch (IOException e) {
            throw errors.of(Operation.LOOK_UP, key.value(), e);
        }
    }

    /** The attributes of the object's file; null if it is absent or a directory, and only if the root exists. */
    private @Nullable BasicFileAttributes find(ObjectKey key) throws IOException {
        Path path = root.resolve(key.value());
        if (!directories.reach(StoreDirectories.parent(path))) {
            return null;
        }
        try {
            BasicFileAttributes attributes = StoreDirectories.attributes(path);
            if (attributes.isRegularFile()) {
                return attributes;
            }
            if (attributes.isDirectory()) {
                return null;
            }
            throw errors.notAnObject(path, "neither a file nor a directory");
        } catch (NoSuchFileException e) {
            directories.requireRoot();
            return null;
        }
    }

    @Override
    public ObjectPage list(String prefix, Optional<ObjectKey> after, int limit) throws StorageException {
        ObjectPage.checkRequest(prefix, limit);
        String last = after.isPresent() ? after.get().value() : "";
        try {
            return new FileSystemListing(root, directories, errors, prefix, last).page(limit);
        } catch (IOException e) {
            throw errors.of(Operation.LIST, prefix, e);
        }
    }

    @Override
    public void delete(Collection<ObjectKey> keys) throws StorageException {
        Set<Path> emptied = new LinkedHashSet<>();
        for (ObjectKey key : keys) {
            try {
                Path path = root.resolve(key.value());
                if (directories.reach(StoreDirectories.parent(path))) {
                    Files.deleteIfExists(path);
                    emptied.add(StoreDirectories.parent(path));
                }
            } catch (DirectoryNotEmptyException e) {
                // A directory is not an object, so the key does not exist.
            } catch (IOException e) {
                throw errors.of(Operation.DELETE, key.value(), e);
            }
        }
        try {
            for (Path directory : emptied) {
                directories.syncNearest(directory);
                directories.prune(directory);
            }
        } catch (IOException e) {
            throw errors.of(Operation.DELETE, "", e);
        }
    }

    @Override
    public Optional<UnfinishedUploads> unfinishedUploads() {
        return Optional.of(new FileSystemUnfinishedUploads(root, directories, errors));
    }

    @Override
    public Optional<DiskSpace> space() throws StorageException {
        try {
            directories.requireRoot();
            return DiskSpace.of(root);
        } catch (IOException e) {
            throw errors.of(Operation.LOOK_UP, "", e);
        }
    }

    @Override
    public void requireWritable(ObjectKey key) throws StorageException {
        try {
            directories.requireRoot();
            Path directory = Stream.iterate(root.resolve(key.value()), Objects::nonNull, Path::getParent)
                    .filter(Files::isDirectory)
                    .findFirst()
                    .orElse(root);
            if (!Files.isWritable(directory)) {
                throw errors.isReadOnly()
                        ? new FileSystemException(directory.toString(), null, "Read-only file system")
                        : new AccessDeniedException(directory.toString());
            }
        } catch (IOException e) {
            throw errors.of(Operation.WRITE, key.value(), e);
        }
    }

    @Override
    public Optional<Tampering> tampering() {
        return Optional.of(Tampering.withoutVersions(
                this,
                this::overwrite,
                new Tampering.Control(
                        Optional.empty(),
                        "directory",
                        "not tested: snapshots of the file system, which no program here can see",
                        "Snapshots protect only if no user of this host may remove them.")));
    }

    private void overwrite(ObjectKey key, byte[] content) throws StorageException {
        try {
            Files.write(
                    root.resolve(key.value()),
                    content,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    LinkOption.NOFOLLOW_LINKS);
        } catch (IOException e) {
            throw errors.of(Operation.WRITE, key.value(), e);
        }
    }

    @Override
    public StoreTraits traits() {
        return new StoreTraits(ExclusiveCreate.ATOMIC);
    }

    @Override
    public String description() {
        return errors.description();
    }
}
