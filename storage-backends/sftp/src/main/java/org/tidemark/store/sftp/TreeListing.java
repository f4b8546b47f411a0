// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;

/**
 * One page of the keys of a tree, in byte order. The order of keys is not that of a walk through directories, because
 * {@code a-b} comes before {@code a/b}: a directory's place is that of its name with a slash. So names wait in a queue
 * by the first key that they could be, and a directory is read only when its turn comes. Not thread-safe.
 */
final class TreeListing {
    private final Sftp sftp;
    private final Directories directories;
    private final SftpErrors errors;
    private final String prefix;
    private final String after;
    private final PriorityQueue<Waiting> waiting = new PriorityQueue<>(Comparator.comparing(Waiting::path));
    private final List<ObjectInfo> objects = new ArrayList<>();

    /** @param after the last key that is not wanted any more; empty if all are wanted */
    TreeListing(Sftp sftp, Directories directories, SftpErrors errors, String prefix, String after) {
        this.sftp = sftp;
        this.directories = directories;
        this.errors = errors;
        this.prefix = prefix;
        this.after = after;
    }

    /** @param path a directory's has a slash at its end */
    private record Waiting(String path, Attributes attributes) {}

    ObjectPage page(int limit) throws IOException {
        String start = prefix.substring(0, prefix.lastIndexOf('/') + 1);
        if (directories.reach(sftp, Directories.parent(start))) {
            addDirectory(start);
        }
        for (Waiting next = waiting.poll(); next != null; next = waiting.poll()) {
            if (next.path.endsWith("/")) {
                addDirectory(next.path);
            } else {
                addObject(next);
            }
            if (objects.size() > limit) {
                return new ObjectPage(objects.subList(0, limit), true);
            }
        }
        return new ObjectPage(objects, false);
    }

    /** @param directory empty for the root, or the beginning of keys with its slash */
    private void addDirectory(String directory) throws IOException {
        directories.read(sftp, directory, entry -> {
            // Names that cannot be keys are not ours: what is being written, "lost+found" of a mounted disk.
            if (ObjectKey.isKey(entry.name())) {
                addName(directory + entry.name(), entry.attributes());
            }
        });
    }

    private void addName(String path, Attributes attributes) throws IOException {
        String asDirectory = path + "/";
        boolean behind = path.compareTo(after) > 0 || asDirectory.compareTo(after) > 0 || after.startsWith(asDirectory);
        if (behind && path.startsWith(prefix)) {
            if (attributes.isDirectory()) {
                waiting.add(new Waiting(asDirectory, attributes));
            } else if (attributes.isRegularFile()) {
                waiting.add(new Waiting(path, attributes));
            } else {
                // Left out in silence, it would look like a hole to some, and like nothing at all to others.
                throw errors.notAnObject(directories.path(path), "neither a file nor a directory");
            }
        }
    }

    private void addObject(Waiting next) {
        if (next.path.compareTo(after) > 0 && ObjectKey.isKey(next.path)) {
            objects.add(
                    new ObjectInfo(new ObjectKey(next.path), next.attributes.sizeBytes(), next.attributes.modified()));
        }
    }
}
