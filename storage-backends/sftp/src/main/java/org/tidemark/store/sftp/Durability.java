// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.tidemark.store.sftp.Sftp.Answer;
import org.tidemark.store.sftp.SftpConfig.Fsync;

/**
 * What is done so that objects outlive the server's power, where the server can. A directory is synced as a file is, by
 * a handle to read it: OpenSSH allows that, although the protocol knows nothing of it. Thread-safe.
 */
final class Durability {
    private final Directories directories;
    private final boolean required;

    Durability(Directories directories, Fsync fsync) {
        this.directories = directories;
        this.required = fsync == Fsync.REQUIRED;
    }

    /** Makes the bytes of a file durable. */
    void sync(Sftp sftp, byte[] handle) throws IOException {
        if (sftp.abilities().fsync()) {
            sftp.sync(handle).await().done();
        }
    }

    /** Makes a file durable that may be gone meanwhile: then it is "no such file". */
    void syncFile(Sftp sftp, String path) throws IOException {
        if (sftp.abilities().fsync()) {
            byte[] handle = sftp.openToRead(path).await().handle();
            Answer synced = sftp.sync(handle);
            sftp.close(handle);
            synced.await().done();
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

    /**
     * Of directories that may not all be there any more, and that the server may not open as it opens files: false
     * then. Where it opens one and the sync fails, the disk may have lost what it was given, and that is an error.
     */
    boolean trySyncAll(Sftp sftp, List<String> paths) throws IOException {
        if (!sftp.abilities().fsync()) {
            return true;
        }
        boolean all = true;
        List<Answer> opened = paths.stream().map(sftp::openToRead).toList();
        List<Answer> synced = new ArrayList<>();
        for (Answer answer : opened) {
            try {
                byte[] handle = answer.await().handle();
                synced.add(sftp.sync(handle));
                sftp.close(handle);
            } catch (SftpStatusException e) {
                all = false;
            }
        }
        for (Answer answer : synced) {
            try {
                answer.await().done();
            } catch (SftpStatusException e) {
                if (required) {
                    throw e;
                }
                all = false;
            }
        }
        return all;
    }
}
