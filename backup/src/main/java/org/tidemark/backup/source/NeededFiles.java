// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import org.tidemark.core.ExitCode;
import org.tidemark.core.PathBytes;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.BaseBackupFiles;

/**
 * What a server cannot do without. A base backup contains no links and no special files but the links to tablespaces;
 * one in the place of such a directory or file ends the backup, elsewhere it causes a warning.
 */
final class NeededFiles {
    /** A regular expression of the directories that are needed with everything in them. */
    static final String DIRECTORIES =
            "(?:base|global|pg_tblspc|pg_xact|pg_multixact|pg_commit_ts|pg_twophase|pg_logical)";

    private NeededFiles() {}

    /**
     * Requires that the location of a tablespace is UTF-8: the manifest has it as text.
     *
     * @param location as {@link PathBytes} writes it
     */
    static String location(String tablespace, String location) {
        if (PathBytes.isUtf8(location)) {
            return location;
        }
        throw new UserFacingException(
                ExitCode.BACKUP_FAILED,
                "the location of tablespace " + tablespace + ", '" + PathBytes.printable(location)
                        + "', is not UTF-8; there is no backup",
                "Stop PostgreSQL, give that directory a name of ASCII letters, and let the link '"
                        + BaseBackupFiles.TABLESPACES + "/" + tablespace + "' lead to it.");
    }

    /** @param problem names the link */
    static UserFacingException missing(String problem) {
        return new UserFacingException(
                ExitCode.BACKUP_FAILED,
                problem + "; there is no backup",
                "Stop PostgreSQL, and move what the link leads to back into the data directory in the place of the"
                        + " link. To keep a database on another disk, use a tablespace.");
    }
}
