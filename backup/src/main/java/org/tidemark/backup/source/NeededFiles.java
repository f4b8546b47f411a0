// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import org.tidemark.core.ExitCode;
import org.tidemark.core.PathBytes;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.BaseBackupFiles;

/**
 * The directories and files that a server cannot do without. Apart from the links to tablespaces, a base backup
 * contains no links and no special files. One in the place of a needed directory or file ends the backup; elsewhere it
 * causes a warning.
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
                "Stop PostgreSQL, rename that directory (use ASCII letters only), and make the link '"
                        + BaseBackupFiles.TABLESPACES + "/" + tablespace + "' point to the new name.");
    }

    /** @param problem names the link */
    static UserFacingException missing(String problem) {
        return new UserFacingException(
                ExitCode.BACKUP_FAILED,
                problem + "; there is no backup",
                "Stop PostgreSQL, remove the link, and move what it points to into its place. To keep a database on"
                        + " another disk, use a tablespace.");
    }
}
