// SPDX-License-Identifier: Apache-2.0
package org.tidemark.ssh.sftp;

import java.io.IOException;

/** The server refused one request. The connection remains usable. */
public final class SftpStatusException extends IOException {
    private static final long serialVersionUID = 1L;

    /** The values of version 3 of the protocol; OpenSSH uses {@link #FAILURE} for all other errors. */
    public static final int OK = 0;

    public static final int END_OF_FILE = 1;
    public static final int NO_SUCH_FILE = 2;
    public static final int PERMISSION_DENIED = 3;
    public static final int FAILURE = 4;
    public static final int UNSUPPORTED = 8;

    private final int status;

    SftpStatusException(int status, String text) {
        super((text.isEmpty() ? "status" : text) + " (" + status + ")");
        this.status = status;
    }

    public int status() {
        return status;
    }
}
