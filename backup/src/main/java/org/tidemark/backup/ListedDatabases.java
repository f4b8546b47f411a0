// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import java.util.ArrayList;
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

    /** Without databases that were created or dropped meanwhile: WAL has their changes. */
    List<Database> remaining() {
        return before.stream().filter(each -> find(each, after).isPresent()).toList();
    }

    /** @throws UserFacingException {@link ExitCode#BACKUP_FAILED} if ALTER DATABASE SET TABLESPACE moved one */
    void requireUnmoved() {
        for (Database each : before) {
            if (find(each, after)
                    .filter(now -> now.tablespace() != each.tablespace())
                    .isPresent()) {
                throw new UserFacingException(
                        ExitCode.BACKUP_FAILED,
                        "the database '" + each.name() + "' was moved to another tablespace while the backup was taken,"
                                + " and might be empty after a restore; there is no backup",
                        "Take the backup again.");
            }
        }
    }

    /** What nobody can ask PostgreSQL for: which database was a template, and which one was moved there and back. */
    List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        for (Database each : before) {
            if (find(each, after)
                    .filter(now -> now.changedBy() != each.changedBy())
                    .isPresent()) {
                warnings.add(
                        "the database '" + each.name() + "' was altered while the backup was taken; if it was moved"
                                + " to another tablespace and back, take the backup again: it might be empty after a restore");
            }
        }
        Optional<Database> created =
                after.stream().filter(each -> find(each, before).isEmpty()).findFirst();
        Optional<Database> dropped =
                before.stream().filter(each -> find(each, after).isEmpty()).findFirst();
        if (created.isPresent() && dropped.isPresent()) {
            warnings.add("the database '" + created.get().name() + "' was created and '"
                    + dropped.get().name() + "' was dropped while the backup was taken; if one was the template of the"
                    + " other, and its files were copied (PostgreSQL 13 and 14, or STRATEGY = FILE_COPY), take the"
                    + " backup again: it might be empty after a restore");
        }
        return warnings;
    }

    private static Optional<Database> find(Database database, List<Database> in) {
        return in.stream().filter(each -> each.oid() == database.oid()).findFirst();
    }
}
