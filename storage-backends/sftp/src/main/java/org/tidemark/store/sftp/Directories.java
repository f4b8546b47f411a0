// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.tidemark.store.sftp.Sftp.Answer;

/**
 * The directories of a store, from its root down: real directories alone, since a symbolic link could lead out of the
 * root, and what it leads to would be listed by nobody. All questions about one path go out at once. Thread-safe.
 */
final class Directories {
    private static final long UNKNOWN = 0;

    private final String root;
    private final Access access;
    private final SftpErrors errors;

    /** Which file system the root was on when it was first seen. */
    private final AtomicLong seenDisk = new AtomicLong(UNKNOWN);

    Directories(SftpConfig config, SftpErrors errors) {
        this.root = config.root();
        this.access = config.access();
        this.errors = errors;
    }

    /** The absolute path of a key, or of the beginning of one; empty is the root. */
    String path(String key) {
        return key.isEmpty() ? root : root + "/" + key;
    }

    /** The directory of a key, as the beginning of keys without its last slash; empty is the root. */
    static String parent(String key) {
        return key.substring(0, Math.max(key.lastIndexOf('/'), 0));
    }

    /** From the first below the root to the key's own directory. */
    static List<String> parents(String key) {
        List<String> parents = new ArrayList<>();
        for (int at = key.indexOf('/'); at >= 0; at = key.indexOf('/', at + 1)) {
            parents.add(key.substring(0, at));
        }
        return parents;
    }

    /**
     * Throws "unavailable" if the root is not there, or is on another file system than it was: below a disk that was
     * unmounted there may be a directory of the same name. The root itself may be a symbolic link.
     */
    void requireRoot(Sftp sftp) throws IOException {
        new RootCheck(sftp).await();
    }

    /** Both questions about the root, under way. */
    private final class RootCheck {
        private final Answer directory;
        private final Optional<Answer> disk;

        RootCheck(Sftp sftp) {
            this.directory = sftp.stat(root);
            this.disk = sftp.abilities().statvfs() ? Optional.of(sftp.disk(root)) : Optional.empty();
        }

        void await() throws IOException {
            if (!directory.attributesIfThere().filter(Attributes::isDirectory).isPresent()) {
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

    /** What is at a path; empty is only said while the root is there. */
    Optional<Attributes> find(Sftp sftp, String key) throws IOException {
        List<String> parents = parents(key);
        List<Answer> answers = parents.stream().map(at -> sftp.lstat(path(at))).toList();
        Answer last = sftp.lstat(path(key));
        // Asked last, and looked at first: what is answered before by a server that is on its way down counts not.
        new RootCheck(sftp).await();
        for (int i = 0; i < parents.size(); i++) {
            Optional<Attributes> parent = answers.get(i).attributesIfThere();
            if (parent.isPresent() && parent.get().isSymbolicLink()) {
                throw errors.notAnObject(path(parents.get(i)), "a symbolic link");
            }
            if (parent.isEmpty() || !parent.get().isDirectory()) {
                return Optional.empty();
            }
        }
        return last.attributesIfThere();
    }

    /** Whether the directory is there; false is only said while the root is there. */
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
     * Reads the names in a directory; none if it was removed meanwhile, while the root is there.
     *
     * @param directory empty for the root, or the beginning of keys with its slash
     */
    void read(Sftp sftp, String directory, DirectoryNames.Reader reader) throws IOException {
        try {
            DirectoryNames.read(sftp, path(parent(directory)), reader);
        } catch (SftpStatusException e) {
            if (e.status() != SftpStatusException.NO_SUCH_FILE) {
                throw e;
            }
            requireRoot(sftp);
        }
    }

    /** Makes what is missing. One that somebody else removes meanwhile is "no such file". */
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
            Optional<Attributes> found = sftp.lstat(path).attributesIfThere();
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

    /** Makes the root and what is missing above it, and says what that was. */
    List<String> makeRoot(Sftp sftp) throws IOException {
        List<String> missing = new ArrayList<>();
        for (String at = root;
                !at.isEmpty() && sftp.stat(at).attributesIfThere().isEmpty();
                at = parent(at)) {
            missing.addFirst(at);
        }
        for (String path : missing) {
            makeOne(sftp, path);
        }
        requireRoot(sftp);
        return missing;
    }

    /** Removes directories that are empty, from this one up; never the root. One that cannot be removed stays. */
    void prune(Sftp sftp, String directory) throws IOException {
        for (String at = directory; !at.isEmpty(); at = parent(at)) {
            try {
                sftp.removeDirectory(path(at)).await().done();
            } catch (SftpStatusException e) {
                if (e.status() != SftpStatusException.NO_SUCH_FILE) {
                    return;
                }
                // Another process removed it; the next one up may be empty as well.
            }
        }
    }
}
