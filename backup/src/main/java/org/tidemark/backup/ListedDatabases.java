// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import java.util.List;
import java.util.Optional;
import org.tidemark.backup.BackupFacts.Database;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/**
 * The databases before and after files were read. Immutable.
 *
 * <p>Where PostgreSQL copies a database file by file, WAL has none of its rows: replay copies the directory again, from
 * the place that it was copied from, and makes an empty directory where that place is missing ({@code dbase_redo} in
 * {@code dbcommands.c}). A directory that was removed before it was read is such a place.
 *
 * @param before empty, as is {@code after}, if either is unknown
 */
record ListedDatabases(List<Database> before, List<Database> after) {
    /** Nothing is known unless both are. */
    static ListedDatabases of(Optional<List<Database>> before, Optional<List<Database>> after) {
        return before.isPresent() && after.isPresent()
                ? new ListedDatabases(before.get(), after.get())
                : new ListedDatabases(List.of(), List.of());
    }

    /** Without databases that were created, dropped, renamed or moved meanwhile: WAL has their changes. */
    List<Database> unchanged() {
        return before.stream().filter(after::contains).toList();
    }

    /** @throws UserFacingException {@link ExitCode#BACKUP_FAILED} if ALTER DATABASE SET TABLESPACE moved one */
    void requireUnmoved() {
        for (Database each : before) {
            boolean isMoved = after.stream()
                    .anyMatch(other -> other.oid() == each.oid() && other.tablespace() != each.tablespace());
            if (isMoved) {
                throw new UserFacingException(
                        ExitCode.BACKUP_FAILED,
                        "the database '" + each.name() + "' was moved to another tablespace while the backup was taken,"
                                + " and might be empty after a restore; there is no backup",
                        "Take the backup again.");
            }
        }
    }

    /**
     * What to look at if one may have been made from another that was dropped; nobody can ask which was its template.
     */
    Optional<String> mayLackTemplate() {
        Optional<Database> created =
                after.stream().filter(each -> isAbsent(each, before)).findFirst();
        Optional<Database> dropped =
                before.stream().filter(each -> isAbsent(each, after)).findFirst();
        return created.flatMap(made -> dropped.map(template -> "the database '" + made.name() + "' was created and '"
                + template.name() + "' was dropped while the backup was taken; if one was the template of the other,"
                + " and its files were copied (PostgreSQL 13 and 14, or STRATEGY = FILE_COPY), take the backup again:"
                + " the new one might be empty after a restore"));
    }

    private static boolean isAbsent(Database database, List<Database> from) {
        return from.stream().noneMatch(each -> each.oid() == database.oid());
    }
}
