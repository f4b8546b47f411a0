// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import org.tidemark.core.ExitCode;
import org.tidemark.core.PathBytes;
import org.tidemark.core.UserFacingException;

/** A file differs from the parent's, though its size and time are the same: a full backup reads every file. */
public final class UnwrittenFileDiffersException extends UserFacingException {
    private static final long serialVersionUID = 1L;

    UnwrittenFileDiffersException(String path, String parent) {
        super(
                ExitCode.BACKUP_FAILED,
                "'" + PathBytes.printable(path) + "' differs from the one in backup " + parent
                        + ", but it has the same size and the same time",
                "Something other than PostgreSQL has changed it: is its disk faulty, or was it copied from elsewhere?");
    }
}
