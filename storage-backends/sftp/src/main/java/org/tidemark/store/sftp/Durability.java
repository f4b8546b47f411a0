// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.tidemark.ssh.sftp.Sftp;
import org.tidemark.ssh.sftp.Sftp.Answer;
import org.tidemark.ssh.sftp.SftpStatusException;
import org.tidemark.store.sftp.SftpConfig.Fsync;

/**
 * Syncs files and directories, if the server can, so that objects survive a power failure of the server. A directory is
 * synced through a read handle, as a file is: OpenSSH allows that, although the protocol does not mention it.
 * Thread-safe.
 */
final class Durability {
    private final SftpDirectories directories;
    private final boolean required;

    Durability(SftpDirectories directories, Fsync fsync) {
        this.directories = directories;
        this.required = fsync == Fsync.REQUIRED;
    }

    /** Makes the bytes of a file durable. */
    void sync(Sftp sftp, byte[] handle) throws IOException {
        if (sftp.abilities().fsync()) {
            sftp.sync(handle).await().done();
        }
    }

    /** Makes a file durable. Throws "no such file" if the file no longer exists. */
    void syncFile(Sftp sftp, String path) throws IOException {
        if (sftp.abilities().fsync()) {
            byte[] handle = sftp.openToRead(path).await().handle();
            Answer synced = sftp.sync(handle);
            sftp.close(handle);
            synced.await().done();
        }
    }

    /**
     * Makes the directory entries of a key durable, from its own directory up to the root. The process that created a
     * directory may have died before it synced the entry.
     *
     * @return false if the server cannot sync directories, and only the sync of the file itself remains
     */
    boolean syncDirectories(Sftp sftp, String key) throws IOException {
        List<String> paths = new ArrayList<>(List.of(directories.path("")));
        SftpDirectories.parents(key).forEach(parent -> paths.add(directories.path(parent)));
        return trySyncAll(sftp, paths);
    }

    /**
     * Syncs directories, some of which may no longer exist; a server may also refuse to open a directory as a file.
     * Returns false in both cases. If the server opens a directory and its sync fails, the disk may have lost data:
     * that is an error if {@code fsync} is required.
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
