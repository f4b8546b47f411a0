// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tidemark.backup.BackupFacts.Database;
import org.tidemark.catalog.backup.ManifestEntry;
import org.tidemark.catalog.backup.ManifestEntry.DirectoryEntry;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/**
 * Checks that a server can start from the received files and has its databases. PostgreSQL's own manifest cannot show
 * this: what PostgreSQL leaves out of a base backup, it leaves out of the manifest as well. Not thread-safe.
 */
final class RequiredFiles {
    /**
     * The directories without which no server of 13 to 18 starts or works. Not base/1: a template1 that was created
     * again has another OID. Not pg_stat and pg_stat_tmp: nothing is lost without them.
     */
    private static final List<String> DIRECTORIES = List.of(
            "base",
            "global",
            "pg_commit_ts",
            "pg_dynshmem",
            "pg_logical",
            "pg_logical/mappings",
            "pg_logical/snapshots",
            "pg_multixact",
            "pg_multixact/members",
            "pg_multixact/offsets",
            "pg_notify",
            "pg_replslot",
            "pg_serial",
            "pg_snapshots",
            "pg_subtrans",
            "pg_tblspc",
            "pg_twophase",
            "pg_wal",
            "pg_xact");

    private static final Pattern DATABASE =
            Pattern.compile("(?:base|pg_tblspc/([0-9]+)/PG_[0-9]+_[0-9]+)/([0-9]+)/PG_VERSION");

    private static final List<String> CONFIGURATION = List.of("postgresql.conf", "pg_hba.conf", "pg_ident.conf");

    /** The OID of {@code pg_default}, which is {@code base}. */
    private static final long DEFAULT_TABLESPACE = 1663;

    private record Place(long tablespace, long database) {}

    private final Set<String> missing = new HashSet<>(DIRECTORIES);
    private final Set<String> outside = new HashSet<>(CONFIGURATION);
    private final Set<Place> databases = new HashSet<>();

    void add(ManifestEntry entry) {
        if (entry instanceof DirectoryEntry) {
            missing.remove(entry.path());
        }
    }

    void addFile(String path) {
        outside.remove(path);
        Matcher database = DATABASE.matcher(path);
        if (database.matches()) {
            long tablespace = database.group(1) == null ? DEFAULT_TABLESPACE : Long.parseLong(database.group(1));
            databases.add(new Place(tablespace, Long.parseLong(database.group(2))));
        }
    }

    /** @throws UserFacingException {@link ExitCode#BACKUP_FAILED} if a directory did not arrive */
    void requireDirectories() {
        for (String directory : DIRECTORIES) {
            if (missing.contains(directory)) {
                throw failed("the directory '" + directory + "'");
            }
        }
    }

    /**
     * @param expected those that were there before the backup, and still are after it
     * @throws UserFacingException {@link ExitCode#BACKUP_FAILED} if the directory of one did not arrive
     */
    void requireDatabases(Collection<Database> expected) {
        for (Database database : expected) {
            if (!databases.contains(new Place(database.tablespace(), database.oid()))) {
                throw failed("database '" + database.name() + "' (directory " + database.oid() + ")");
            }
        }
    }

    /** Whether the server's main configuration files were among the files. */
    boolean hasConfiguration() {
        return outside.isEmpty();
    }

    private static UserFacingException failed(String what) {
        return new UserFacingException(
                ExitCode.BACKUP_FAILED,
                "PostgreSQL's base backup does not contain " + what + "; there is no backup",
                "If it was moved and a link was left in its place, stop PostgreSQL and move it back. If it is lost, see"
                        + " what PostgreSQL's log says about it. Then run: tidemark backup");
    }
}
