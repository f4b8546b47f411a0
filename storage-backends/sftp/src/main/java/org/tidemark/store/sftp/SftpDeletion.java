// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.tidemark.ssh.sftp.Attributes;
import org.tidemark.ssh.sftp.Reply.Disk;
import org.tidemark.ssh.sftp.Sftp;
import org.tidemark.ssh.sftp.Sftp.Answer;
import org.tidemark.ssh.sftp.SftpStatusException;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;

/** Deletes objects of one directory, and then the directory if it is empty. Thread-safe. */
final class SftpDeletion {
    private static final int MAX_UNDER_WAY = 32;

    private final SftpDirectories directories;
    private final Durability durability;
    private final SftpErrors errors;

    SftpDeletion(SftpDirectories directories, Durability durability, SftpErrors errors) {
        this.directories = directories;
        this.durability = durability;
        this.errors = errors;
    }

    private record Removal(ObjectKey key, Answer answer) {}

    /** @param directory of all the keys, without its last slash */
    void remove(Sftp sftp, String directory, List<ObjectKey> keys) throws IOException {
        if (!directories.reach(sftp, directory)) {
            return;
        }
        Deque<Removal> underWay = new ArrayDeque<>();
        for (ObjectKey key : keys) {
            if (underWay.size() == MAX_UNDER_WAY) {
                finish(sftp, underWay.remove());
            }
            underWay.add(new Removal(key, sftp.remove(directories.path(key.value()))));
        }
        while (!underWay.isEmpty()) {
            finish(sftp, underWay.remove());
        }
        syncNearest(sftp, directory);
        directories.prune(sftp, directory);
    }

    private void finish(Sftp sftp, Removal removal) throws IOException {
        String key = removal.key.value();
        try {
            removal.answer.await().done();
        } catch (SftpStatusException e) {
            if (e.status() == SftpStatusException.NO_SUCH_FILE) {
                return;
            }
            Optional<Attributes> found = directories.find(sftp, key);
            if (found.isEmpty() || found.get().isDirectory()) {
                // A directory is not an object, so no object has this key.
                return;
            }
            throw failed(sftp, key, e);
        }
    }

    /** Makes deletions durable; another process may have removed the directory meanwhile. */
    private void syncNearest(Sftp sftp, String directory) throws IOException {
        List<String> paths = new ArrayList<>(List.of(directories.path("")));
        SftpDirectories.parents(directory + "/").forEach(parent -> paths.add(directories.path(parent)));
        if (!durability.trySyncAll(sftp, paths.reversed())) {
            directories.requireRoot(sftp);
        }
    }

    private StorageException failed(Sftp sftp, String key, SftpStatusException cause) throws IOException {
        Optional<Disk> disk = sftp.abilities().statvfs()
                ? Optional.of(sftp.disk(directories.path("")).await().disk())
                : Optional.empty();
        return errors.of(Operation.DELETE, key, cause, disk);
    }
}
