// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.server;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.tidemark.backup.server.BackupFacts.Database;
import org.tidemark.backup.server.ListedTablespaces.RelationOfTablespace;
import org.tidemark.catalog.backup.ManifestEntry;
import org.tidemark.catalog.backup.ManifestEntry.DirectoryEntry;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/**
 * Checks that a server can start from the received files and has its databases. PostgreSQL's own manifest cannot show
 * this: what PostgreSQL leaves out of a base backup, it leaves out of the manifest as well. Not thread-safe.
 */
public final class RequiredFiles {
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

    /** Files that PostgreSQL never leaves empty. */
    private static final List<String> FILES = List.of("PG_VERSION", "global/pg_filenode.map");

    private static final Pattern TABLESPACE = Pattern.compile("pg_tblspc/([0-9]{1,10})/PG_[0-9]+_[0-9]+");

    private static final Pattern DATABASE = Pattern.compile(
            "(?:base|pg_tblspc/([0-9]{1,10})/PG_[0-9]+_[0-9]+)/([0-9]{1,10})/(PG_VERSION|pg_filenode[.]map)");

    private static final Pattern RELATION =
            Pattern.compile("pg_tblspc/([0-9]{1,10})/PG_[0-9]+_[0-9]+/([0-9]{1,10})/([0-9]{1,10})(?:_init)?");

    private static final List<String> CONFIGURATION = List.of("postgresql.conf", "pg_hba.conf", "pg_ident.conf");

    /** The OID of {@code pg_default}, which is {@code base}. */
    private static final long DEFAULT_TABLESPACE = 1663;

    /** A file of a database that PostgreSQL never leaves empty. */
    private record DatabaseFile(long tablespace, long database, String name) {}

    private final Set<String> missing = new HashSet<>(DIRECTORIES);
    private final Set<String> missingFiles = new HashSet<>(FILES);
    private final Set<String> outside = new HashSet<>(CONFIGURATION);
    private final Set<DatabaseFile> databases = new HashSet<>();
    private Optional<ListedTablespaces> listed = Optional.empty();
    private final Set<Long> tablespaces = new HashSet<>();
    private final Set<RelationOfTablespace> relations = new HashSet<>();

    /** Before anything arrives: what the catalogs say of tablespaces. */
    public void expect(ListedTablespaces catalogs) {
        listed = Optional.of(catalogs);
        relations.addAll(catalogs.relations());
    }

    /** Before anything arrives: files of the server's configuration, if they are no links. */
    public void expectConfiguration(Stream<String> paths) {
        paths.forEach(outside::add);
    }

    public void add(ManifestEntry entry) {
        if (entry instanceof DirectoryEntry) {
            missing.remove(entry.path());
            Matcher tablespace = TABLESPACE.matcher(entry.path());
            if (tablespace.matches()) {
                tablespaces.add(Long.parseLong(tablespace.group(1)));
            }
        }
    }

    /** A file has arrived. */
    public void addFile(String path, long size) {
        outside.remove(path);
        if (size > 0) {
            missingFiles.remove(path);
            Matcher file = DATABASE.matcher(path);
            if (file.matches()) {
                long tablespace = file.group(1) == null ? DEFAULT_TABLESPACE : Long.parseLong(file.group(1));
                databases.add(new DatabaseFile(tablespace, Long.parseLong(file.group(2)), file.group(3)));
            }
        }
        if (!relations.isEmpty()) {
            Matcher file = RELATION.matcher(path);
            if (file.matches()) {
                relations.remove(new RelationOfTablespace(
                        Long.parseLong(file.group(1)), Long.parseLong(file.group(2)), Long.parseLong(file.group(3))));
            }
        }
    }

    /** What did not arrive of what {@link #expect} named; empty if it was not called. */
    public Optional<UnreadTablespaces> unread() {
        return listed.map(catalogs -> new UnreadTablespaces(
                catalogs,
                catalogs.names().keySet().stream()
                        .filter(oid -> !hasTablespace(oid))
                        .sorted()
                        .toList(),
                List.copyOf(relations)));
    }

    /** Whether the directory of PostgreSQL's version in a tablespace arrived. */
    public boolean hasTablespace(long oid) {
        return tablespaces.contains(oid);
    }

    /**
     * Requires every file that PostgreSQL does not start without.
     *
     * @throws UserFacingException {@link ExitCode#BACKUP_FAILED} if something did not arrive, or a file was empty
     */
    public void requireWhole() {
        for (String directory : DIRECTORIES) {
            if (missing.contains(directory)) {
                throw failed("the directory '" + directory + "'");
            }
        }
        for (String file : FILES) {
            if (missingFiles.contains(file)) {
                throw failed("anything in the file '" + file + "'");
            }
        }
    }

    /**
     * Requires the directory of each database.
     *
     * @param expected those that were there before the backup, and still are after it
     * @throws UserFacingException {@link ExitCode#BACKUP_FAILED} if the directory of one did not arrive
     */
    public void requireDatabases(Collection<Database> expected) {
        for (Database database : expected) {
            for (String file : List.of("PG_VERSION", "pg_filenode.map")) {
                if (!databases.contains(new DatabaseFile(database.tablespace(), database.oid(), file))) {
                    throw failed("database '" + database.name() + "' (directory " + database.oid() + "), of which '"
                            + file + "' is missing or empty");
                }
            }
        }
    }

    /** Whether the server's main configuration files were among the files. */
    public boolean hasConfiguration() {
        return CONFIGURATION.stream().allMatch(this::hasConfiguration);
    }

    /** Whether a file arrived that {@link #expectConfiguration} named. */
    public boolean hasConfiguration(String path) {
        return !outside.contains(path);
    }

    private static UserFacingException failed(String what) {
        return new UserFacingException(
                ExitCode.BACKUP_FAILED,
                "PostgreSQL's base backup does not contain " + what + "; there is no backup",
                "If it was moved and a link was left in its place, stop PostgreSQL and move it back. If it is lost, see"
                        + " what PostgreSQL's log says about it. Then run: tidemark backup");
    }
}
