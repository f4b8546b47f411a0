// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.filesystem;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.UnfinishedUploads;

/**
 * The temporary files that processes left when they died. The intended key of such a file is unknown, so its own name
 * without the leading dot is the upload's key. The upload's time is the file's last change, because a process that
 * still writes changes its file all the time. Thread-safe.
 */
final class FileSystemUnfinishedUploads implements UnfinishedUploads {
    private final Path root;
    private final StoreDirectories directories;
    private final FileSystemErrors errors;

    FileSystemUnfinishedUploads(Path root, StoreDirectories directories, FileSystemErrors errors) {
        this.root = root;
        this.directories = directories;
        this.errors = errors;
    }

    @Override
    public List<Upload> begunBefore(String prefix, Instant time, int limit) throws StorageException {
        ObjectPage.checkRequest(prefix, limit);
        List<Upload> found = new ArrayList<>();
        try {
            directories.requireRoot();
            // The root may be a symbolic link. Links below the root are not followed: they could lead outside.
            Path top = root.toRealPath();
            Files.walkFileTree(top, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                    return directory.equals(top) || isOurs(directory)
                            ? FileVisitResult.CONTINUE
                            : FileVisitResult.SKIP_SUBTREE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    Instant changed = attributes.lastModifiedTime().toInstant();
                    if (attributes.isRegularFile() && TemporaryFile.isOne(file) && changed.isBefore(time)) {
                        note(top.relativize(file), changed, prefix, found);
                    }
                    return found.size() < limit ? FileVisitResult.CONTINUE : FileVisitResult.TERMINATE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException problem) throws IOException {
                    if (problem instanceof NoSuchFileException || (!file.equals(top) && !isOurs(file))) {
                        return FileVisitResult.CONTINUE;
                    }
                    throw problem;
                }
            });
        } catch (IOException e) {
            throw errors.of(Operation.LIST, prefix, e);
        }
        return found;
    }

    /** A directory whose name cannot be a key is not part of the store, such as the "lost+found" of a mounted disk. */
    private static boolean isOurs(Path directory) {
        return ObjectKey.isKey(String.valueOf(directory.getFileName()));
    }

    private static void note(Path inRoot, Instant changed, String prefix, List<Upload> found) {
        String name = inRoot.getFileName().toString().substring(1);
        String key = inRoot.resolveSibling(name).toString();
        if (key.startsWith(prefix) && ObjectKey.isKey(key)) {
            found.add(new Upload(new ObjectKey(key), inRoot.toString(), changed));
        }
    }

    @Override
    public void abort(Upload upload) throws StorageException {
        Path file = root.resolve(upload.id()).normalize();
        boolean asFound =
                file.startsWith(root) && root.relativize(file).toString().equals(upload.id());
        if (!asFound || !TemporaryFile.isOne(file)) {
            throw new IllegalArgumentException("not an unfinished upload: '" + upload.id() + "'");
        }
        try {
            if (directories.reach(StoreDirectories.parent(file))) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw errors.of(Operation.DELETE, upload.key().value(), e);
        }
    }
}
