// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.server;

import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tidemark.backup.configuration.ConfigurationQuery;
import org.tidemark.backup.configuration.ServerConfiguration;
import org.tidemark.backup.configuration.ServerConfiguration.Places;
import org.tidemark.backup.server.BackupFacts.Database;
import org.tidemark.backup.server.ListedTablespaces.DatabaseOfTablespace;
import org.tidemark.backup.server.ListedTablespaces.RelationOfTablespace;
import org.tidemark.backup.source.WalSummaries;
import org.tidemark.core.ExitCode;
import org.tidemark.core.HostFiles;
import org.tidemark.core.LongWaits;
import org.tidemark.core.LongWaits.Wait;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.postgres.ClosedSegment;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.ConnectionSettings.TargetSession;
import org.tidemark.postgres.SqlConnection;
import org.tidemark.postgres.WalSender;

/** Questions that only SQL answers. A role that may not use SQL still gets its backup, with fewer facts in it. */
public interface ServerQueries extends WalSummaries {
    /** Gives a row only on the server whose process sends the data; a role sees all columns of its own processes. */
    String FROM_SOURCE =
            " FROM pg_stat_activity WHERE pid = ? AND backend_type = 'walsender' AND usename = session_user";

    Duration LIMIT = Duration.ofSeconds(30);

    /** Of ten terabytes with 1 % changed, a query takes some seconds. */
    Duration SUMMARIES_LIMIT = Duration.ofMinutes(10);

    /** PostgreSQL writes a summary soon after the checkpoint that ends it. */
    Duration SUMMARIES_LAG = Duration.ofSeconds(10);

    /** Summaries of a timeline that was left may be of later positions. */
    String TIMELINE = "(SELECT timeline_id FROM pg_control_checkpoint())";

    /** What the summaries after a position say of the main forks. */
    String SUMMARIZED = "SELECT f.start_lsn, reltablespace AS tablespace, reldatabase AS database,"
            + " relfilenode AS number, relblocknumber AS page, is_limit_block AS is_limit"
            + " FROM pg_available_wal_summaries() f,"
            + " LATERAL pg_wal_summary_contents(f.tli, f.start_lsn, f.end_lsn) WHERE f.end_lsn > '%s'"
            + " AND relforknumber = 0";

    /** The time on PostgreSQL's host, never before a commit that it has; empty if it could not be asked. */
    Optional<Instant> now();

    /** How far a standby has replayed; empty on a primary, or if it could not be asked. */
    Optional<StandbyReplay> replay();

    /** A transaction id that no transaction has yet, 64 bits; empty if it could not be asked. */
    Optional<Long> nextXid();

    /**
     * The redo position of the latest checkpoint, or of the latest restartpoint of a standby; empty if it could not be
     * asked. A backup that begins later does not start before it: it starts at the redo position of the checkpoint or
     * restartpoint that is then the latest one, and PostgreSQL never replaces one by an earlier one, neither on a
     * standby nor when a standby is promoted.
     */
    Optional<Lsn> redo();

    /** Without those that DROP DATABASE could not finish. Empty if it could not be asked. */
    Optional<List<Database>> databases();

    /** The version of glibc, by whose rules text is sorted; empty if no locale of it is known, or it was not asked. */
    Optional<String> glibc();

    /** What the catalogs say of tablespaces; empty if it could not be asked. */
    Optional<ListedTablespaces> tablespaces();

    /** The databases of which PostgreSQL finds files in a tablespace now; empty if it could not be asked. */
    Optional<Set<DatabaseOfTablespace>> databasesWithFiles();

    /** The names of the tablespaces by OID; empty if it could not be asked. */
    Map<Long, String> tablespaceNames();

    /**
     * Closes the current WAL segment, so that PostgreSQL archives it now; empty on a standby, where the role may not do
     * it, or where it could not be asked.
     */
    Optional<WalFile.Segment> switchWal();

    /**
     * Closes the current WAL segment of the primary, if that is one of the hosts of conninfo, is of this system, and
     * the role may do it; otherwise does nothing.
     */
    void closeSegmentOfPrimary(SystemIdentifier system);

    /** Whether archive_mode was changed, and waits for a restart; false also if it could not be asked. */
    boolean archiveModeAwaitsRestart();

    /**
     * The latest failure of archiving, if archiving has failed since it last succeeded; empty also if the server could
     * not be asked.
     */
    Optional<String> archivingFailure();

    /**
     * What the server reads outside of its data directory.
     *
     * @param files of the server's host, if they can be read there; else the server is asked for their content
     */
    ServerConfiguration configuration(Optional<HostFiles> files);

    /**
     * Asks by a connection of its own each time: a backup takes longer than an idle connection may live. Only the
     * server that the data comes from is believed: where several are in the connection string, or share a name or
     * address, another may answer, whose clock or transaction ids lag.
     *
     * @param source the server that sends the data; its process runs until everything is asked
     */
    static ServerQueries of(ConnectionSettings settings, WalSender source, Consumer<String> warning) {
        return new ServerQueries() {
            @Override
            public Optional<Instant> now() {
                // Commits carry the primary's time, which may be ahead of a standby's clock.
                return ask(
                        "greatest(clock_timestamp(), pg_last_xact_replay_timestamp())",
                        row -> row.getObject(1, OffsetDateTime.class).toInstant());
            }

            @Override
            public Optional<StandbyReplay> replay() {
                Optional<StandbyReplay> replay = ask(
                                StandbyReplay.QUESTION,
                                row -> StandbyReplay.read(row, settings.session() == TargetSession.PREFER_STANDBY))
                        .flatMap(found -> found);
                // What it has just received it replays in a moment.
                boolean isMoment = replay.filter(each -> each.isLate() && !each.isHeldBack())
                        .flatMap(StandbyReplay::received)
                        .flatMap(end -> ask(
                                "(SELECT pg_last_wal_replay_lsn() >= '" + end + "'::pg_lsn FROM pg_sleep(1))",
                                row -> row.getBoolean(1)))
                        .orElse(false);
                return replay.map(each -> isMoment ? each.caughtUp() : each);
            }

            @Override
            public Optional<Long> nextXid() {
                return ask(
                        "pg_snapshot_xmax(pg_current_snapshot())::text",
                        row -> Long.parseUnsignedLong(row.getString(1)));
            }

            @Override
            public Optional<Lsn> redo() {
                return ask("(SELECT redo_lsn FROM pg_control_checkpoint())", row -> Lsn.parse(row.getString(1)));
            }

            @Override
            public Optional<List<Database>> databases() {
                return ask(
                        "ARRAY(SELECT concat_ws(' ', oid, dattablespace, xmin, datname)"
                                + " FROM pg_database WHERE datconnlimit <> -2 ORDER BY oid)",
                        row -> Stream.of((String[]) row.getArray(1).getArray())
                                .map(line -> line.split(" ", 4))
                                .map(word -> new Database(
                                        Long.parseLong(word[0]),
                                        Long.parseLong(word[1]),
                                        Long.parseLong(word[2]),
                                        word[3]))
                                .toList());
            }

            @Override
            public Optional<String> glibc() {
                // Null for the locales C, POSIX and C.*, which sort by bytes.
                return ask(
                                "coalesce((SELECT max(pg_collation_actual_version(oid))"
                                        + " FROM pg_collation WHERE collprovider = 'c'), '')",
                                row -> row.getString(1))
                        .filter(version -> !version.isEmpty());
            }

            @Override
            public Optional<ListedTablespaces> tablespaces() {
                return ask(TablespaceQuery.NAMES, TablespaceQuery::names).flatMap(names -> {
                    Map<Long, String> outside = new TreeMap<>(names);
                    outside.keySet().removeAll(TablespaceQuery.OF_THE_DATA_DIRECTORY);
                    return outside.isEmpty()
                            ? Optional.of(ListedTablespaces.NONE)
                            : ask(TablespaceQuery.DATABASES, TablespaceQuery::databases)
                                    .map(databases -> TablespaceQuery.listed(outside, databases, this::relations));
                });
            }

            @Override
            public Optional<Set<DatabaseOfTablespace>> databasesWithFiles() {
                return ask(TablespaceQuery.WITH_FILES, TablespaceQuery::withFiles);
            }

            private Optional<Set<RelationOfTablespace>> relations(TablespaceQuery.Database database) {
                return ask(
                                LIMIT,
                                settings.withDatabase(database.name()),
                                TablespaceQuery.RELATIONS,
                                row -> TablespaceQuery.relations(row, database))
                        .stream()
                        .findFirst();
            }

            @Override
            public Map<Long, String> tablespaceNames() {
                return ask(TablespaceQuery.NAMES, TablespaceQuery::names).orElse(Map.of());
            }

            @Override
            public Optional<WalFile.Segment> switchWal() {
                // Asked first: a role may not even name a function in a branch that is not taken, if it may not call
                // it.
                boolean allowed = ask(
                                "NOT pg_is_in_recovery() AND has_function_privilege('pg_switch_wal()', 'execute')",
                                row -> row.getBoolean(1))
                        .orElse(false);
                // A segment to which nothing was written cannot be closed; the message is written even to a quiet one.
                return allowed
                        ? ask(
                                "CASE WHEN pg_logical_emit_message(false, 'tidemark', 'before a backup') IS NOT NULL"
                                        + " THEN " + ClosedSegment.CLOSE + " END",
                                row -> ClosedSegment.parse(row.getString(1)))
                        : Optional.empty();
            }

            @Override
            public void closeSegmentOfPrimary(SystemIdentifier system) {
                if (settings.addresses().size() == 1) {
                    return;
                }
                try (SqlConnection primary = SqlConnection.open(settings.withSession(TargetSession.PRIMARY))) {
                    boolean allowed = primary.query(
                                    LIMIT,
                                    row -> row.getBoolean(1),
                                    "SELECT has_function_privilege('pg_switch_wal()', 'execute')"
                                            + " AND system_identifier = ? FROM pg_control_system()",
                                    system.value())
                            .getFirst();
                    if (allowed) {
                        primary.query(LIMIT, row -> row.getString(1), "SELECT " + ClosedSegment.CLOSE);
                    }
                } catch (UserFacingException e) {
                    if (e.exitCode() == ExitCode.INTERRUPTED) {
                        throw e;
                    }
                    // While the WAL is awaited, it is said what to do on the primary.
                }
            }

            @Override
            public boolean archiveModeAwaitsRestart() {
                return ask(
                                "(SELECT pending_restart FROM pg_settings WHERE name = 'archive_mode')",
                                row -> row.getBoolean(1))
                        .orElse(false);
            }

            @Override
            public Optional<String> archivingFailure() {
                return ask(
                                "(SELECT format('%L, the last time at %s, %s failures in all', last_failed_wal,"
                                        + " to_char(last_failed_time AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SSZ'),"
                                        + " failed_count) FROM pg_stat_archiver"
                                        + " WHERE last_failed_time > coalesce(last_archived_time, '-infinity'))",
                                row -> Optional.ofNullable(row.getString(1)))
                        .flatMap(text -> text);
            }

            @Override
            public ServerConfiguration configuration(Optional<HostFiles> files) {
                Optional<Optional<Places>> places = ask(ConfigurationQuery.PLACES, ConfigurationQuery::places);
                if (places.isEmpty()) {
                    return ServerConfiguration.NONE; // The question was not answered, which was said.
                }
                return ConfigurationQuery.read(places.get(), files, settings.at(source.address()), settings.user());
            }

            @Override
            public Optional<Truncations> truncationsAfter(Lsn from) {
                awaitSummaries();
                // Asked first: a summary that appears meanwhile is then after it.
                return ask(
                                "coalesce((SELECT max(end_lsn) FROM pg_available_wal_summaries()" + " WHERE tli = "
                                        + TIMELINE + "), '" + from + "')",
                                row -> Lsn.parse(row.getString(1)))
                        .flatMap(until -> ask(
                                SUMMARIES_LIMIT,
                                "ARRAY(SELECT concat_ws(' ', tablespace, database, number, min(page)) FROM ("
                                        + SUMMARIZED.formatted(from) + ") s WHERE is_limit AND page > 0"
                                        + " GROUP BY tablespace, database, number)",
                                row -> new Truncations(
                                        until,
                                        Stream.of((String[]) row.getArray(1).getArray())
                                                .map(line -> line.split(" ", -1))
                                                .collect(Collectors.toMap(
                                                        word -> String.join("/", word[0], word[1], word[2]),
                                                        word -> Long.parseLong(word[3]))))));
            }

            // Up to the last checkpoint: a later summary could force a full backup.
            private void awaitSummaries() {
                long end = System.nanoTime() + SUMMARIES_LAG.toNanos();
                try (Wait _ = LongWaits.on("PostgreSQL's WAL summarizer")) {
                    while (!ask(
                                            "coalesce((SELECT max(end_lsn) FROM pg_available_wal_summaries() WHERE tli = "
                                                    + TIMELINE
                                                    + ") >= (SELECT redo_lsn FROM pg_control_checkpoint()), true)",
                                            row -> row.getBoolean(1))
                                    .orElse(true)
                            && System.nanoTime() < end) {
                        Thread.sleep(100);
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt(); // The next query ends with it.
                }
            }

            @Override
            public Optional<Boolean> isRegrownAfter(Lsn from) {
                return ask(
                        SUMMARIES_LIMIT,
                        "EXISTS (WITH s AS MATERIALIZED (" + SUMMARIZED.formatted(from) + ") SELECT FROM s"
                                + " JOIN s later USING (tablespace, database, number)"
                                + " WHERE s.is_limit AND s.page > 0 AND NOT later.is_limit AND later.page >= s.page"
                                + " AND later.start_lsn > s.start_lsn)",
                        row -> row.getBoolean(1));
            }

            private <T> Optional<T> ask(String value, SqlConnection.RowReader<T> reader) {
                return ask(LIMIT, value, reader);
            }

            private <T> Optional<T> ask(Duration limit, String value, SqlConnection.RowReader<T> reader) {
                try {
                    List<T> rows = ask(limit, settings, value, reader);
                    if (rows.isEmpty()) {
                        warning.accept(
                                "the server at " + source.address() + " is not the one that sends the data, so the"
                                        + " backup is taken without SQL queries;"
                                        + " name that server itself in conninfo");
                    }
                    return rows.stream().findFirst();
                } catch (UserFacingException e) {
                    if (e.exitCode() == ExitCode.INTERRUPTED) {
                        throw e;
                    }
                    warning.accept("SQL queries failed, so the backup is taken without them: " + e.getMessage());
                    return Optional.empty();
                }
            }

            private <T> List<T> ask(
                    Duration limit, ConnectionSettings where, String value, SqlConnection.RowReader<T> reader) {
                try (SqlConnection connection = SqlConnection.open(where.at(source.address()))) {
                    return connection.query(limit, reader, "SELECT " + value + FROM_SOURCE, source.processId());
                }
            }
        };
    }
}
