// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.server;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.backup.server.BackupFacts.Database;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/**
 * The databases before a backup began, when it had begun, and after its files were read. Immutable.
 *
 * <p>Where PostgreSQL copies a database file by file, WAL has none of its rows: replay copies the directory again, from
 * the place that it was copied from, and makes an empty directory where that place is missing ({@code dbase_redo} in
 * {@code dbcommands.c}). A directory that was removed before it was read is such a place. PostgreSQL cannot tell
 * whether a database was moved there and back, or which one was a template.
 *
 * @param before all empty if any is unknown
 * @param begun after the first position of the WAL that is replayed
 */
public record ListedDatabases(List<Database> before, List<Database> begun, List<Database> after) {
    private static final String AGAIN = "may be empty after a restore: take the backup again";

    /** All lists are empty if any is unknown. */
    public static ListedDatabases of(
            Optional<List<Database>> before, Optional<List<Database>> begun, Optional<List<Database>> after) {
        return before.isPresent() && begun.isPresent() && after.isPresent()
                ? new ListedDatabases(before.get(), begun.get(), after.get())
                : new ListedDatabases(List.of(), List.of(), List.of());
    }

    /** Whether PostgreSQL said each time which there are: there is never none. */
    public boolean areKnown() {
        return !before.isEmpty();
    }

    /** Without databases that were created or dropped meanwhile: WAL has their changes. */
    public List<Database> remaining() {
        return before.stream().filter(each -> find(each, after).isPresent()).toList();
    }

    /**
     * Requires that each database is where it was.
     *
     * @throws UserFacingException {@link ExitCode#BACKUP_FAILED} if ALTER DATABASE SET TABLESPACE moved one
     */
    public void requireUnmoved() {
        pairs().filter(Pair::isMoved).findFirst().ifPresent(moved -> {
            throw new UserFacingException(
                    ExitCode.BACKUP_FAILED,
                    "the database '" + moved.now().name() + "' was moved to another tablespace while the backup"
                            + " was taken, and may be empty after a restore; there is no backup",
                    "Take the backup again.");
        });
    }

    /** Of databases that may have been moved or copied. */
    public List<String> warnings() {
        Stream<String> altered = pairs().filter(Pair::isAltered)
                .map(pair -> "the database '" + pair.now().name()
                        + "' was altered while the backup was taken. If it was moved to another tablespace and back, it "
                        + AGAIN);
        Stream<String> createdAtStart = begun.stream()
                .filter(each -> find(each, before).isEmpty())
                .map(each -> "the database '" + each.name()
                        + "' was created while the backup began. If it was then moved to another tablespace, it "
                        + AGAIN);
        return Stream.of(altered, createdAtStart, copies())
                .flatMap(each -> each)
                .distinct()
                .toList();
    }

    private Stream<String> copies() {
        Optional<Database> created =
                after.stream().filter(each -> find(each, before).isEmpty()).findFirst();
        Optional<Database> dropped = Stream.concat(before.stream(), begun.stream())
                .filter(each -> find(each, after).isEmpty())
                .findFirst();
        return created
                .flatMap(made -> dropped.map(template -> "the database '" + made.name() + "' was created and '"
                        + template.name() + "' was dropped while the backup was taken. If '" + template.name()
                        + "' was the template of '" + made.name()
                        + "', and its files were copied (PostgreSQL 13 and 14,"
                        + " or STRATEGY = FILE_COPY), '" + made.name() + "' " + AGAIN))
                .stream();
    }

    private record Pair(Database then, Database now) {
        boolean isMoved() {
            return then.tablespace() != now.tablespace();
        }

        boolean isAltered() {
            return then.changedBy() != now.changedBy();
        }
    }

    /** Each database in two lists that follow each other. */
    private Stream<Pair> pairs() {
        return Stream.concat(pairs(before, begun), pairs(begun, after));
    }

    private static Stream<Pair> pairs(List<Database> then, List<Database> now) {
        return then.stream().flatMap(each -> find(each, now).map(found -> new Pair(each, found)).stream());
    }

    private static Optional<Database> find(Database database, List<Database> in) {
        return in.stream().filter(each -> each.oid() == database.oid()).findFirst();
    }
}
