// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.tidemark.ssh.sftp.Attributes;
import org.tidemark.ssh.sftp.Sftp;
import org.tidemark.ssh.sftp.Sftp.Answer;
import org.tidemark.ssh.sftp.SftpStatusException;
import org.tidemark.store.sftp.SftpConfig.Access;

/**
 * The directories of a store, including its root. A directory below the root must not be a symbolic link: a link could
 * lead out of the root, and listings do not follow it. All requests about one path are sent at once. Thread-safe.
 */
final class SftpDirectories {
    private static final long UNKNOWN = 0;

    private final String root;
    private final Access access;
    private final SftpErrors errors;

    /** The id of the root's file system when this process first read it. */
    private final AtomicLong seenDisk = new AtomicLong(UNKNOWN);

    SftpDirectories(SftpConfig config, SftpErrors errors) {
        this.root = config.root();
        this.access = config.access();
        this.errors = errors;
    }

    /** The absolute path of a key or of the beginning of a key; an empty key means the root. */
    String path(String key) {
        return key.isEmpty() ? root : root + "/" + key;
    }

    /** The directory of a key, as a key without its last slash; empty for the root. */
    static String parent(String key) {
        return key.substring(0, Math.max(key.lastIndexOf('/'), 0));
    }

    /** The directories of a key, from the first one below the root to the key's own directory. */
    static List<String> parents(String key) {
        List<String> parents = new ArrayList<>();
        for (int at = key.indexOf('/'); at >= 0; at = key.indexOf('/', at + 1)) {
            parents.add(key.substring(0, at));
        }
        return parents;
    }

    /**
     * Throws "unavailable" if the root does not exist, or is on another file system than before: an unmounted disk may
     * leave a directory of the same name. The root itself may be a symbolic link.
     */
    void requireRoot(Sftp sftp) throws IOException {
        new RootCheck(sftp).await();
    }

    /** Both requests about the root, under way. */
    private final class RootCheck {
        private final Answer directory;
        private final Optional<Answer> disk;

        RootCheck(Sftp sftp) {
            this.directory = sftp.stat(root);
            this.disk = sftp.abilities().statvfs() ? Optional.of(sftp.disk(root)) : Optional.empty();
        }

        void await() throws IOException {
            if (!directory.attributesIfPresent().filter(Attributes::isDirectory).isPresent()) {
                throw errors.noRoot();
            }
            if (disk.isPresent()) {
                long found = disk.get().await().disk().id();
                if (found != UNKNOWN && !seenDisk.compareAndSet(UNKNOWN, found) && seenDisk.get() != found) {
                    throw errors.otherDisk();
                }
            }
        }
    }

    /** The attributes of a path without following a link; returns empty only if the root exists. */
    Optional<Attributes> find(Sftp sftp, String key) throws IOException {
        List<String> parents = parents(key);
        List<Answer> answers = parents.stream().map(at -> sftp.lstat(path(at))).toList();
        Answer last = sftp.lstat(path(key));
        // Sent last and checked first: the earlier answers count only if the root still exists after them.
        new RootCheck(sftp).await();
        for (int i = 0; i < parents.size(); i++) {
            Optional<Attributes> parent = answers.get(i).attributesIfPresent();
            if (parent.isPresent() && parent.get().isSymbolicLink()) {
                throw errors.notAnObject(path(parents.get(i)), "a symbolic link");
            }
            if (parent.isEmpty() || !parent.get().isDirectory()) {
                return Optional.empty();
            }
        }
        return last.attributesIfPresent();
    }

    /** Whether the directory exists; returns false only if the root exists. */
    boolean reach(Sftp sftp, String directory) throws IOException {
        if (directory.isEmpty()) {
            requireRoot(sftp);
            return true;
        }
        Optional<Attributes> found = find(sftp, directory);
        if (found.isPresent() && found.get().isSymbolicLink()) {
            throw errors.notAnObject(path(directory), "a symbolic link");
        }
        return found.isPresent() && found.get().isDirectory();
    }

    /**
     * Reads the entries of a directory; reads none if the directory was removed and the root exists.
     *
     * @param directory empty for the root, otherwise the beginning of keys with its slash
     */
    void read(Sftp sftp, String directory, Sftp.EntryReader reader) throws IOException {
        try {
            sftp.readEntries(path(parent(directory)), reader);
        } catch (SftpStatusException e) {
            if (e.status() != SftpStatusException.NO_SUCH_FILE) {
                throw e;
            }
            requireRoot(sftp);
        }
    }

    /** Creates missing directories. Throws "no such file" if another process removes one of them meanwhile. */
    void make(Sftp sftp, String directory) throws IOException {
        if (reach(sftp, directory)) {
            return;
        }
        make(sftp, parent(directory));
        makeOne(sftp, path(directory));
    }

    private void makeOne(Sftp sftp, String path) throws IOException {
        try {
            sftp.makeDirectory(path, access.directory()).await().done();
        } catch (SftpStatusException e) {
            Optional<Attributes> found = sftp.lstat(path).attributesIfPresent();
            if (found.isEmpty()) {
                throw e;
            }
            if (!found.get().isDirectory()) {
                throw errors.notAnObject(path, "not a directory");
            }
            return;
        }
        sftp.setMode(path, access.directory()).await().done();
    }

    /** Creates the root and its missing parents. @return the created directories */
    List<String> makeRoot(Sftp sftp) throws IOException {
        List<String> missing = new ArrayList<>();
        for (String at = root;
                !at.isEmpty() && sftp.stat(at).attributesIfPresent().isEmpty();
                at = parent(at)) {
            missing.addFirst(at);
        }
        for (String path : missing) {
            makeOne(sftp, path);
        }
        requireRoot(sftp);
        return missing;
    }

    /** Removes this directory and its parents while they are empty, but never the root. Ignores a failed removal. */
    void prune(Sftp sftp, String directory) throws IOException {
        for (String at = directory; !at.isEmpty(); at = parent(at)) {
            try {
                sftp.removeDirectory(path(at)).await().done();
            } catch (SftpStatusException e) {
                if (e.status() != SftpStatusException.NO_SUCH_FILE) {
                    return;
                }
                // Another process removed this directory; its parent may be empty as well.
            }
        }
    }
}
