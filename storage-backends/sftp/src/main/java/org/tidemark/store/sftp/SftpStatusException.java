// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.io.IOException;

/** The server refused one request. The connection remains usable. */
final class SftpStatusException extends IOException {
    private static final long serialVersionUID = 1L;

    /** The values of version 3 of the protocol; OpenSSH uses {@link #FAILURE} for all other errors. */
    static final int OK = 0;

    static final int END_OF_FILE = 1;
    static final int NO_SUCH_FILE = 2;
    static final int PERMISSION_DENIED = 3;
    static final int FAILURE = 4;
    static final int UNSUPPORTED = 8;

    private final int status;

    SftpStatusException(int status, String text) {
        super((text.isEmpty() ? "status" : text) + " (" + status + ")");
        this.status = status;
    }

    int status() {
        return status;
    }
}
