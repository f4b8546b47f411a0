// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.tidemark.store.sftp.Sftp.Answer;

/**
 * What is done so that objects outlive the server's power, where the server can. A directory is synced as a file is, by
 * a handle to read it: OpenSSH allows that, although the protocol knows nothing of it. Thread-safe.
 */
final class Durability {
    private final Directories directories;

    Durability(Directories directories) {
        this.directories = directories;
    }

    /** Makes the bytes of a file durable. */
    void sync(Sftp sftp, byte[] handle) throws IOException {
        if (sftp.abilities().fsync()) {
            sftp.sync(handle).await().done();
        }
    }

    /** Makes a file durable that may be gone meanwhile. */
    void syncFile(Sftp sftp, String path) throws IOException {
        if (sftp.abilities().fsync()) {
            syncAll(sftp, List.of(path));
        }
    }

    /**
     * Makes durable which names there are on the way to a key, from its own directory to the root: one that was found
     * may have been made by a process that died before it could do so.
     *
     * @return whether the server could; false leaves it to the sync of the file itself
     */
    boolean syncDirectories(Sftp sftp, String key) throws IOException {
        List<String> paths = new ArrayList<>(List.of(directories.path("")));
        Directories.parents(key).forEach(parent -> paths.add(directories.path(parent)));
        return trySyncAll(sftp, paths);
    }

    /** Of directories that may not all be there any more. */
    boolean trySyncAll(Sftp sftp, List<String> paths) throws IOException {
        if (!sftp.abilities().fsync()) {
            return true;
        }
        try {
            syncAll(sftp, paths);
            return true;
        } catch (SftpStatusException e) {
            return false;
        }
    }

    private static void syncAll(Sftp sftp, List<String> paths) throws IOException {
        List<Answer> opened = paths.stream().map(sftp::openToRead).toList();
        List<Answer> synced = new ArrayList<>();
        SftpStatusException refused = null;
        for (Answer answer : opened) {
            try {
                byte[] handle = answer.await().handle();
                synced.add(sftp.sync(handle));
                sftp.close(handle);
            } catch (SftpStatusException e) {
                refused = e;
            }
        }
        for (Answer answer : synced) {
            answer.await().done();
        }
        if (refused != null) {
            throw refused;
        }
    }
}
