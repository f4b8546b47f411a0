// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

/** Who may read a store besides its owner: modes of files and directories, whatever the server's umask is. */
public enum Access {
    /** The owner alone: 0600 and 0700. */
    PRIVATE(0600, 0700),
    /** The group may read: 0640 and 0750. */
    GROUP(0640, 0750);

    private final int file;
    private final int directory;

    Access(int file, int directory) {
        this.file = file;
        this.directory = directory;
    }

    int file() {
        return file;
    }

    int directory() {
        return directory;
    }
}
