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
 * One page of the keys of a tree, in byte order. The order of keys is not that of a walk through directories, because
 * {@code a-b} comes before {@code a/b}: a directory's place is that of its name with a slash. So names wait in a queue
 * by the first key that they could be, and each is looked at only when its turn comes. Not thread-safe.
 */
final class TreeListing {
    private final Path root;
    private final Directories directories;
    private final FileSystemErrors errors;
    private final String prefix;
    private final String after;
    private final PriorityQueue<String> waiting = new PriorityQueue<>();
    private final List<ObjectInfo> objects = new ArrayList<>();

    /** @param after the last key that is not wanted any more; empty if all are wanted */
    TreeListing(Path root, Directories directories, FileSystemErrors errors, String prefix, String after) {
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
                // Names that cannot be keys are not ours: what is being written, "lost+found" of a mounted disk.
                if (ObjectKey.isKey(name)) {
                    addName(directory + name);
                }
            }
        } catch (NoSuchFileException e) {
            // Removed since its name was read; absent only while the root is there.
            directories.requireRoot();
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    private void addName(String path) {
        String asDirectory = path + "/";
        boolean behind = path.compareTo(after) > 0 || asDirectory.compareTo(after) > 0 || after.startsWith(asDirectory);
        if (behind && path.startsWith(prefix)) {
            waiting.add(path);
        }
    }

    private void look(String path) throws IOException {
        BasicFileAttributes attributes;
        try {
            attributes = Directories.attributes(root.resolve(path));
        } catch (NoSuchFileException e) {
            directories.requireRoot();
            return;
        }
        if (attributes.isDirectory()) {
            waiting.add(path + "/");
        } else if (!attributes.isRegularFile()) {
            // Left out in silence, it would look like a hole to some, and like nothing at all to others.
            throw errors.notAnObject(root.resolve(path), "neither a file nor a directory");
        } else if (path.compareTo(after) > 0 && ObjectKey.isKey(path)) {
            objects.add(new ObjectInfo(
                    new ObjectKey(path),
                    attributes.size(),
                    attributes.lastModifiedTime().toInstant()));
        }
    }
}
