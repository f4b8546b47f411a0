// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/**
 * What a server cannot do without. A base backup contains no links and no special files but the links to tablespaces;
 * one in the place of such a directory or file ends the backup, elsewhere it causes a warning.
 */
final class NeededFiles {
    /** A regular expression of the directories that are needed with everything in them. */
    static final String DIRECTORIES =
            "(?:base|global|pg_tblspc|pg_xact|pg_multixact|pg_commit_ts|pg_twophase|pg_logical)";

    private NeededFiles() {}

    /** @param problem names the link */
    static UserFacingException missing(String problem) {
        return new UserFacingException(
                ExitCode.BACKUP_FAILED,
                problem + "; there is no backup",
                "Stop PostgreSQL, and move what the link leads to back into the data directory in the place of the"
                        + " link. To keep a database on another disk, use a tablespace.");
    }
}
