// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.server;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.tidemark.backup.server.ListedTablespaces.DatabaseOfTablespace;
import org.tidemark.backup.server.ListedTablespaces.RelationOfTablespace;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.TablespaceInfo;

/**
 * What the catalogs said of tablespaces before a backup, and was not among the files that were read. A tablespace whose
 * disk is not mounted looks like an empty one, and PostgreSQL itself sends it without a word. But PostgreSQL makes the
 * directory of its version together with the tablespace, so that one without it is never merely empty. Immutable.
 *
 * @param before what the catalogs said before the backup
 * @param tablespaces by OID, those of which the directory of PostgreSQL's version was not read
 * @param relations those of which no file was read
 */
public record UnreadTablespaces(
        ListedTablespaces before, List<Long> tablespaces, List<RelationOfTablespace> relations) {
    private static final int MAX_NAMED = 3;

    /** Whether everything was read. */
    public boolean isEmpty() {
        return tablespaces.isEmpty() && relations.isEmpty();
    }

    /** The same before the files of relations have been read. */
    public UnreadTablespaces withoutRelations() {
        return new UnreadTablespaces(before, tablespaces, List.of());
    }

    /**
     * With what PostgreSQL does not find any more after the copy: where the disk went away meanwhile, nobody knows what
     * was read of it.
     *
     * @param found the databases of which it finds files in a tablespace
     */
    public UnreadTablespaces afterwards(Set<DatabaseOfTablespace> found) {
        List<RelationOfTablespace> all = new ArrayList<>(relations);
        before.relations().stream()
                .filter(each -> !found.contains(each.inDatabase()) && !relations.contains(each))
                .forEach(all::add);
        return new UnreadTablespaces(before, tablespaces, all);
    }

    /**
     * Decides what it means, of what still exists: WAL has whatever was dropped meanwhile.
     *
     * @param after what the catalogs say after the copy; empty if nobody said it
     * @param read the tablespaces that the backup has, with their locations
     * @return warnings about tablespaces that nothing uses
     * @throws UserFacingException {@link ExitCode#BACKUP_FAILED} if the backup lacks something
     */
    public List<String> judge(Optional<ListedTablespaces> after, List<TablespaceInfo> read) {
        List<String> warnings = new ArrayList<>();
        for (long oid : tablespaces) {
            if (after.isEmpty() || after.get().names().containsKey(oid)) {
                String place = place(oid, read);
                String missing = problem(String.valueOf(before.names().get(oid)), place);
                if (after.isEmpty() || after.get().isUsed(oid)) {
                    throw failed(missing, place);
                }
                if (!after.get().unasked().isEmpty()) {
                    throw failed(
                            missing + "; it may be in use, since "
                                    + names(after.get().unasked()),
                            place);
                }
                warnings.add(missing + ". Nothing is lost, since no database uses it; but PostgreSQL cannot create"
                        + " anything in it. Is its disk mounted?");
            }
        }
        for (RelationOfTablespace each : relations) {
            if (after.isEmpty() || after.get().relations().contains(each)) {
                String place = place(each.tablespace(), read);
                throw failed(
                        "database '" + before.database(each.database()) + "' has tables or indexes in tablespace '"
                                + before.names().get(each.tablespace()) + "' whose files were not all read: there is no"
                                + " file '" + each.database() + "/" + each.number() + "' in '" + place + "'",
                        place);
            }
        }
        return warnings;
    }

    /** What is wrong with a tablespace of which nothing was read. */
    public static String problem(String name, String place) {
        return "tablespace '" + name + "' was not read: there is no directory of this version of PostgreSQL in '"
                + place + "'";
    }

    /** The failure of a database whose directory was in a tablespace, and is not found there after the copy. */
    public static UserFacingException away(
            BackupFacts.Database database, ListedTablespaces before, List<TablespaceInfo> read) {
        String place = place(database.tablespace(), read);
        return failed(
                "database '" + database.name() + "' is in tablespace '"
                        + before.names().get(database.tablespace()) + "', and PostgreSQL does not find its directory '"
                        + database.oid() + "' in '" + place + "' any more",
                place);
    }

    private static String place(long oid, List<TablespaceInfo> read) {
        return read.stream()
                .filter(each -> each.oid() == oid)
                .map(TablespaceInfo::location)
                .findFirst()
                .orElse("pg_tblspc/" + oid);
    }

    /** The warning about databases that did not say what they have in tablespaces; empty if there is none. */
    public Optional<String> uncompared() {
        return before.unasked().isEmpty()
                ? Optional.empty()
                : Optional.of("not compared with PostgreSQL's catalogs: what "
                        + Amounts.count(before.unasked().size(), "database has", "databases have")
                        + " in tablespaces; " + names(before.unasked()));
    }

    private static String names(Map<String, String> unasked) {
        return unasked.entrySet().stream()
                        .sorted(Map.Entry.comparingByKey())
                        .limit(MAX_NAMED)
                        .map(each -> "'" + each.getKey() + "' could not be asked: " + each.getValue())
                        .collect(Collectors.joining("; "))
                + (unasked.size() > MAX_NAMED ? "; ..." : "");
    }

    private static UserFacingException failed(String problem, String place) {
        return new UserFacingException(
                ExitCode.BACKUP_FAILED,
                problem + "; there is no backup",
                "Is its disk mounted? Mount it at '" + place + "', and take the backup again. If the disk is lost,"
                        + " earlier backups have the tablespace: tidemark list-backup");
    }
}
