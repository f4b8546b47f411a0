// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.tidemark.core.Lsn;

/**
 * A base backup taken with PostgreSQL's low-level interface and a plain copy of files: the oracle for tests of code
 * that takes backups otherwise. It needs WAL from an archive to become consistent. Immutable.
 *
 * @param dataDirectory the copy, with backup_label and, where there are tablespaces, tablespace_map
 * @param start where replay begins
 * @param stop where the copy is consistent
 * @see <a href="https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-LOWLEVEL-BASE-BACKUP">The
 *     low-level interface</a>
 */
public record BaseBackupCopy(Path dataDirectory, Lsn start, Lsn stop) {
    private static final Set<String> EMPTIED = Set.of(
            "pg_wal",
            "pg_replslot",
            "pg_dynshmem",
            "pg_notify",
            "pg_serial",
            "pg_snapshots",
            "pg_stat_tmp",
            "pg_subtrans");
    private static final Set<String> LEFT_OUT =
            Set.of("postmaster.pid", "postmaster.opts", "recovery.signal", "standby.signal", "pg_internal.init");

    static BaseBackupCopy take(PostgresServer server, Path to) {
        boolean old = server.binaries().major() <= 14;
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement()) {
            Lsn start = Lsn.parse(row(
                            statement,
                            old
                                    ? "SELECT pg_start_backup('copy', true, false)"
                                    : "SELECT pg_backup_start('copy', true)",
                            1)
                    .getFirst());
            Path data = Files.createDirectories(to).resolve("data");
            copy(server.dataDirectory(), data);
            String tablespaceMap = copyTablespaces(statement, to);
            List<String> stop = row(
                    statement,
                    "SELECT lsn, labelfile FROM " + (old ? "pg_stop_backup(false, false)" : "pg_backup_stop(false)"),
                    2);
            Files.writeString(data.resolve("backup_label"), stop.get(1));
            if (!tablespaceMap.isEmpty()) {
                Files.writeString(data.resolve("tablespace_map"), tablespaceMap);
            }
            OperatingUser.current().own(to);
            return new BaseBackupCopy(data, start, Lsn.parse(stop.getFirst()));
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage() + "\n" + server.log(), e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String copyTablespaces(Statement statement, Path to) throws SQLException, IOException {
        StringBuilder map = new StringBuilder();
        String oids = "SELECT coalesce(string_agg(oid || ' ' || pg_tablespace_location(oid), E'\\n'), '')"
                + " FROM pg_tablespace WHERE pg_tablespace_location(oid) <> ''";
        for (String line : row(statement, oids, 1).getFirst().lines().toList()) {
            String oid = line.substring(0, line.indexOf(' '));
            Path copied = to.resolve("tablespace-" + oid);
            copy(Path.of(line.substring(line.indexOf(' ') + 1)), copied);
            map.append(oid).append(' ').append(copied).append('\n');
        }
        return map.toString();
    }

    private static List<String> row(Statement statement, String sql, int columns) throws SQLException {
        try (ResultSet rows = statement.executeQuery(sql)) {
            if (!rows.next()) {
                throw new SQLException("no row from " + sql);
            }
            List<String> values = new ArrayList<>();
            for (int column = 1; column <= columns; column++) {
                values.add(rows.getString(column));
            }
            return values;
        }
    }

    /** Files may vanish while they are read; WAL puts them right again. */
    private static void copy(Path from, Path to) throws IOException {
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
                    throws IOException {
                Path copied = to.resolve(from.relativize(directory).toString());
                Files.createDirectory(copied);
                Files.setPosixFilePermissions(copied, PosixFilePermissions.fromString("rwx------"));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Path relative = from.relativize(file);
                boolean emptied = relative.getNameCount() > 1
                        && EMPTIED.contains(relative.getName(0).toString());
                if (!emptied
                        && !attributes.isSymbolicLink()
                        && !LEFT_OUT.contains(file.getFileName().toString())) {
                    try {
                        Files.copy(file, to.resolve(relative.toString()));
                    } catch (NoSuchFileException e) {
                        return FileVisitResult.CONTINUE;
                    }
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                if (e instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw e;
            }
        });
    }
}
