// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.tidemark.core.Lsn;

/**
 * A real PostgreSQL server with directories of its own ({@link TestDirectories}), a free TCP port on 127.0.0.1 and a
 * unix socket. Everybody may log in without a password; the superuser is {@code postgres}. {@link #close} stops it and
 * removes everything. Not thread-safe.
 */
public final class PostgresServer implements AutoCloseable {
    private final PostgresBinaries binaries;
    private final Path home;
    private final ServerProcess process;

    PostgresServer(PostgresBinaries binaries, Path home, Map<String, String> environment) {
        this.binaries = binaries;
        this.home = home;
        this.process = new ServerProcess(binaries, home, environment);
    }

    public static PostgresServerBuilder of(PostgresBinaries binaries) {
        return new PostgresServerBuilder(binaries);
    }

    public PostgresBinaries binaries() {
        return binaries;
    }

    public Path dataDirectory() {
        return home.resolve("data");
    }

    public Path socketDirectory() {
        return home.resolve("socket");
    }

    public int port() {
        return process.port();
    }

    /** A new directory outside the data directory that belongs to the server's user, such as for a tablespace. */
    public Path newDirectory(String name) {
        try {
            Path directory = Files.createDirectory(home.resolve(name));
            OperatingUser.current().own(directory);
            return directory;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Puts the configuration outside of the data directory, as Debian does; of a server that does not run. */
    public Path moveConfigurationOut() {
        Path directory = newDirectory(ServerProcess.ETC);
        try {
            for (String name : List.of("postgresql.conf", "pg_hba.conf", "pg_ident.conf")) {
                Files.move(dataDirectory().resolve(name), directory.resolve(name));
            }
            Files.writeString(
                    directory.resolve("postgresql.conf"),
                    "\ndata_directory = '" + dataDirectory() + "'\nhba_file = '" + directory
                            + "/pg_hba.conf'\nident_file = '" + directory + "/pg_ident.conf'\n",
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return directory;
    }

    /** Starts, and waits until it takes connections: with recovery, until it is consistent. */
    public void start() {
        launch();
        awaitConnections(PostgresWait.DEFAULT_LIMIT);
    }

    /** Starts without waiting, for a recovery that may end in any way. */
    public void launch() {
        process.launch();
    }

    public void awaitConnections(Duration limit) {
        PostgresWait.until("PostgreSQL takes connections", limit, this, () -> {
            if (!process.isRunning()) {
                throw new IllegalStateException("PostgreSQL has ended:\n" + log());
            }
            return process.takesConnections();
        });
    }

    /** Rolls back what runs, writes a checkpoint, ends. Without effect on a server that does not run. */
    public void stopFast() {
        process.stop("INT");
    }

    /** Ends at once, as a crash would. Without effect on a server that does not run. */
    public void stopImmediately() {
        process.stop("QUIT");
    }

    public void restart() {
        stopFast();
        start();
    }

    /** Makes a standby, or a recovery that pauses at its target, a primary, and waits for it. */
    public void promote() {
        sql("SELECT pg_promote(true, 60)");
        awaitRecoveryEnd(PostgresWait.DEFAULT_LIMIT);
    }

    /** From now on each commit waits for this standby, which must be connected. */
    public void awaitStandbyAtCommit(String applicationName) {
        sql("ALTER SYSTEM SET synchronous_standby_names = '" + applicationName + "'", "SELECT pg_reload_conf()");
        PostgresWait.until(
                "commits wait for the standby",
                PostgresWait.DEFAULT_LIMIT,
                this,
                () -> query("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'")
                        .equals("1"));
    }

    public boolean isRunning() {
        return process.isRunning();
    }

    /** Whether it runs, and has said that it is ready: with recovery, that it is consistent. */
    public boolean takesConnections() {
        return process.isRunning() && process.takesConnections();
    }

    /** Waits until the server has ended by itself. */
    public void awaitDown(Duration limit) {
        PostgresWait.until("PostgreSQL ends", limit, this, () -> !process.isRunning());
    }

    /** Waits until the database is open for writing. */
    public void awaitRecoveryEnd(Duration limit) {
        awaitConnections(limit);
        PostgresWait.until("recovery ends", limit, this, () -> !isInRecovery());
    }

    public boolean isInRecovery() {
        return query("SELECT pg_is_in_recovery()").equals("t");
    }

    /** Finishes the current segment and waits until archive_command has taken it. Returns its name. */
    public String archiveCurrentSegment(Duration limit) {
        sql("SELECT txid_current()");
        String segment = query("SELECT pg_walfile_name(pg_switch_wal())");
        PostgresWait.until("'" + segment + "' is archived", limit, this, () -> isArchived(segment));
        return segment;
    }

    /** Whether archive_command has taken a file, as PostgreSQL has noted it. */
    public boolean isArchived(String walFile) {
        return Files.exists(dataDirectory().resolve("pg_wal/archive_status/" + walFile + ".done"))
                || !Files.exists(dataDirectory().resolve("pg_wal/" + walFile));
    }

    /** The end of the WAL that was written; of the WAL that was replayed while in recovery. */
    public Lsn walPosition() {
        return Lsn.parse(query(
                "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END"));
    }

    /** Executes statements one by one, each in a transaction of its own, in one session of the database postgres. */
    public void sql(String... statements) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage() + "\n" + log(), e);
        }
    }

    /** The first column of the first row, as text; empty if there is no row, or if it is null. */
    public String query(String sql) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            if (!rows.next()) {
                return "";
            }
            String value = rows.getString(1);
            return rows.wasNull() ? "" : value;
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage() + "\n" + log(), e);
        }
    }

    /** A connection to the database postgres as its superuser, to be closed by the caller. */
    public Connection connect() throws SQLException {
        return DriverManager.getConnection(jdbcUrl());
    }

    public String jdbcUrl() {
        return "jdbc:postgresql://127.0.0.1:" + port() + "/postgres?user=postgres&connectTimeout=10&socketTimeout=120";
    }

    /** As libpq reads it, by TCP. */
    public String conninfo() {
        return "host=127.0.0.1 port=" + port() + " user=postgres dbname=postgres";
    }

    /** As libpq reads it, by the unix socket. */
    public String socketConninfo() {
        return "host=" + socketDirectory() + " port=" + port() + " user=postgres dbname=postgres";
    }

    /** A hash of the ordered rows of every table in the database postgres, by the table's qualified name. */
    public SortedMap<String, String> tableHashes() {
        return TableHashes.of(this);
    }

    /** Copies the running server with the low-level interface for backups, into a new directory {@code to}. */
    public BaseBackupCopy takeBaseBackup(Path to) {
        return BaseBackupCopy.take(this, to);
    }

    /** Everything that the server has written to its log since it was created. */
    public String log() {
        return process.log();
    }

    /** A program of this installation, or of the machine's, run against this server as its user; its output. */
    public String run(List<String> command) {
        return Commands.run(OperatingUser.current().command(command));
    }

    @Override
    public void close() {
        process.close();
        TemporaryTree.delete(home);
    }

    @Override
    public String toString() {
        return binaries + " in " + dataDirectory();
    }
}
