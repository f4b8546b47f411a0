// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.tidemark.ssh.sftp.Attributes;
import org.tidemark.ssh.sftp.Sftp;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;

/**
 * One page of the keys of a directory tree, in byte order. A walk through the directories would give another order:
 * {@code a-b} comes before {@code a/b}, so a directory is sorted by its name with a slash. Names wait in a queue sorted
 * by the first key that each name can produce, and each directory is read only when it is next. Not thread-safe.
 */
final class SftpListing {
    private final Sftp sftp;
    private final SftpDirectories directories;
    private final SftpErrors errors;
    private final String prefix;
    private final String after;
    private final PriorityQueue<Waiting> waiting = new PriorityQueue<>(Comparator.comparing(Waiting::path));
    private final List<ObjectInfo> objects = new ArrayList<>();

    /** @param after the page starts after this key; empty for the first page */
    SftpListing(Sftp sftp, SftpDirectories directories, SftpErrors errors, String prefix, String after) {
        this.sftp = sftp;
        this.directories = directories;
        this.errors = errors;
        this.prefix = prefix;
        this.after = after;
    }

    /** @param path ends with a slash if it is a directory */
    private record Waiting(String path, Attributes attributes) {}

    ObjectPage page(int limit) throws IOException {
        String start = prefix.substring(0, prefix.lastIndexOf('/') + 1);
        if (directories.reach(sftp, SftpDirectories.parent(start))) {
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

    /** @param directory empty for the root, otherwise the beginning of keys with its slash */
    private void addDirectory(String directory) throws IOException {
        directories.read(sftp, directory, entry -> {
            // Names that cannot be keys are not objects: temporary files, "lost+found" of a mounted disk.
            if (ObjectKey.isKey(entry.name())) {
                addName(directory + entry.name(), entry.attributes());
            }
        });
    }

    private void addName(String path, Attributes attributes) throws IOException {
        String asDirectory = path + "/";
        boolean mayFollow =
                path.compareTo(after) > 0 || asDirectory.compareTo(after) > 0 || after.startsWith(asDirectory);
        if (mayFollow && path.startsWith(prefix)) {
            if (attributes.isDirectory()) {
                waiting.add(new Waiting(asDirectory, attributes));
            } else if (attributes.isRegularFile()) {
                waiting.add(new Waiting(path, attributes));
            } else {
                // A silent omission would look like missing WAL to one caller, and like no object to another.
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
