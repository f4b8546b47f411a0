// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.tidemark.core.ExitCode;
import org.tidemark.core.HostFiles;
import org.tidemark.core.PathBytes;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.RelationFile;

/**
 * Files of tables that were listed, and were gone when they were to be read. PostgreSQL has dropped them, and never
 * gives another file the same number during a backup; so one that is there again was never dropped: its disk was away.
 * (Or its database was moved to another tablespace, and back.) Thread-safe.
 */
final class GoneFiles {
    /** A disk that is away takes all of its files with it. */
    private static final int MOST = 1000;

    private final HostFiles files;
    private final String root;
    private final List<String> gone = new ArrayList<>();

    /** @param root the data directory, absolute */
    GoneFiles(HostFiles files, String root) {
        this.files = files;
        this.root = root;
    }

    /** @param path absolute; below the links of tablespaces as they are named in the data directory */
    synchronized void add(String path) {
        if (gone.size() < MOST
                && path.startsWith(root + "/")
                && RelationFile.of(path.substring(root.length() + 1))
                        .filter(RelationFile::isMain)
                        .isPresent()) {
            gone.add(path);
        }
    }

    /**
     * After everything was read.
     *
     * @throws UserFacingException {@link ExitCode#BACKUP_FAILED} if one is there
     */
    synchronized void requireGone() throws IOException {
        for (String path : gone) {
            if (files.stat(path).isPresent()) {
                throw new UserFacingException(
                        ExitCode.BACKUP_FAILED,
                        "'" + PathBytes.printable(path) + "' could not be read, since it was gone, and now it is there"
                                + " again; there is no backup",
                        "Was its disk unmounted meanwhile? Then take the backup again: tidemark backup");
            }
        }
    }
}
