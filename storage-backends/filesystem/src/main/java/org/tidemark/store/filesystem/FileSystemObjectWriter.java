// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.filesystem;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.Operation;
import org.tidemark.store.SourceStream;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.StorageUnavailable;

/**
 * Creates an object: writes a temporary file, syncs it, makes a hard link with the final name, and syncs the
 * directories. The hard link makes the creation exclusive, and the final name never shows a part of the object.
 * Thread-safe.
 */
final class FileSystemObjectWriter {
    /** The maximum number of attempts while other processes remove the directory, or create and delete the object. */
    private static final int MAX_ATTEMPTS = 10;

    private final FileSystemConfig config;
    private final StoreDirectories directories;
    private final FileSystemErrors errors;
    private @Nullable TemporaryFileNames names;

    FileSystemObjectWriter(FileSystemConfig config, StoreDirectories directories, FileSystemErrors errors) {
        this.config = config;
        this.directories = directories;
        this.errors = errors;
    }

    void put(ObjectKey key, ObjectSource source) throws StorageException {
        Path target = config.root().resolve(key.value());
        try {
            if (directories.reach(StoreDirectories.parent(target))) {
                refuseIfPresent(key, target);
            }
            try (TemporaryFile file = createBeside(target)) {
                try (SourceStream stream = SourceStream.open(key, source)) {
                    file.fill(stream, source.sizeBytes());
                }
                link(key, file, target);
            }
        } catch (IOException e) {
            throw errors.of(Operation.WRITE, key.value(), e);
        }
        sync(key, target);
    }

    /** Created for the first object that is written, because most commands write no object. */
    private synchronized TemporaryFileNames names() {
        TemporaryFileNames known = names;
        if (known == null) {
            known = TemporaryFileNames.ofThisProcess();
            names = known;
        }
        return known;
    }

    private TemporaryFile createBeside(Path target) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                directories.make(StoreDirectories.parent(target));
                TemporaryFileNames known = names();
                known.sweep(StoreDirectories.parent(target));
                return TemporaryFile.create(StoreDirectories.parent(target), config.access(), known);
            } catch (NoSuchFileException e) {
                // A process that deletes objects removed the empty directory.
                directories.requireRoot();
                if (attempt == MAX_ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private void link(ObjectKey key, TemporaryFile file, Path target) throws IOException {
        for (int attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
            try {
                file.linkTo(target);
                return;
            } catch (FileAlreadyExistsException e) {
                if (file.is(target)) {
                    return;
                }
                refuseIfPresent(key, target);
            } catch (UnsupportedOperationException e) {
                throw errors.of(Operation.NAME, key.value(), new IOException("Operation not supported", e));
            } catch (IOException e) {
                throw errors.of(Operation.NAME, key.value(), e);
            }
        }
        throw new StorageUnavailable(
                "'" + key + "' was created and deleted " + MAX_ATTEMPTS + " times by other processes in "
                        + errors.description(),
                null);
    }

    /**
     * Throws {@link ObjectExists} if the object exists. Its first writer may have died before the last sync, so this
     * method syncs the object first: callers rely on an existing object to be durable.
     */
    private void refuseIfPresent(ObjectKey key, Path target) throws IOException {
        try {
            BasicFileAttributes attributes = StoreDirectories.attributes(target);
            if (!attributes.isRegularFile()) {
                throw errors.notAnObject(target, attributes.isDirectory() ? "a directory" : "not a plain file");
            }
            try (FileChannel existing =
                    FileChannel.open(target, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
                existing.force(true);
            }
        } catch (NoSuchFileException e) {
            return;
        }
        sync(key, target);
        throw new ObjectExists(key, errors.description());
    }

    private void sync(ObjectKey key, Path target) throws StorageException {
        try {
            directories.sync(StoreDirectories.parent(target));
            directories.anchor(StoreDirectories.parent(target));
            // If the disk was unmounted meanwhile, the object is in the directory of the mount point.
            directories.requireRoot();
        } catch (IOException e) {
            throw errors.of(Operation.SYNC, key.value(), e);
        }
    }
}
