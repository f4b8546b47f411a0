// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.filesystem;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;

/**
 * One page of the keys of a directory tree, in byte order. A walk through the directories would give another order:
 * {@code a-b} comes before {@code a/b}, so a directory is sorted by its name with a slash. Names wait in a queue sorted
 * by the first key that each name can produce, and each file is examined only when it is next. Not thread-safe.
 */
final class FileSystemListing {
    private final Path root;
    private final StoreDirectories directories;
    private final FileSystemErrors errors;
    private final String prefix;
    private final String after;
    private final PriorityQueue<String> waiting = new PriorityQueue<>();
    private final List<ObjectInfo> objects = new ArrayList<>();

    /** @param after the page starts after this key; empty for the first page */
    FileSystemListing(Path root, StoreDirectories directories, FileSystemErrors errors, String prefix, String after) {
        this.root = root;
        this.directories = directories;
        this.errors = errors;
        this.prefix = prefix;
        this.after = after;
    }

    ObjectPage page(int limit) throws IOException {
        String start = prefix.substring(0, prefix.lastIndexOf('/') + 1);
        if (directories.reach(root.resolve(start))) {
            addDirectory(start);
        } else {
            directories.requireRoot();
        }
        for (String next = waiting.poll(); next != null; next = waiting.poll()) {
            if (next.endsWith("/")) {
                addDirectory(next);
            } else {
                look(next);
            }
            if (objects.size() > limit) {
                return new ObjectPage(objects.subList(0, limit), true);
            }
        }
        return new ObjectPage(objects, false);
    }

    /** @param directory empty for the root, or the beginning of keys with its slash */
    private void addDirectory(String directory) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(root.resolve(directory))) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                // Names that cannot be keys are not objects: temporary files, "lost+found" of a mounted disk.
                if (ObjectKey.isKey(name)) {
                    addName(directory + name);
                }
            }
        } catch (NoSuchFileException e) {
            // The directory was removed after its name was read. That is fine as long as the root exists.
            directories.requireRoot();
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    private void addName(String path) {
        String asDirectory = path + "/";
        boolean mayFollow =
                path.compareTo(after) > 0 || asDirectory.compareTo(after) > 0 || after.startsWith(asDirectory);
        if (mayFollow && path.startsWith(prefix)) {
            waiting.add(path);
        }
    }

    private void look(String path) throws IOException {
        BasicFileAttributes attributes;
        try {
            attributes = StoreDirectories.attributes(root.resolve(path));
        } catch (NoSuchFileException e) {
            directories.requireRoot();
            return;
        }
        if (attributes.isDirectory()) {
            waiting.add(path + "/");
        } else if (!attributes.isRegularFile()) {
            // A silent omission would look like missing WAL to one caller, and like no object to another.
            throw errors.notAnObject(root.resolve(path), "neither a file nor a directory");
        } else if (path.compareTo(after) > 0 && ObjectKey.isKey(path)) {
            objects.add(new ObjectInfo(
                    new ObjectKey(path),
                    attributes.size(),
                    attributes.lastModifiedTime().toInstant()));
        }
    }
}
