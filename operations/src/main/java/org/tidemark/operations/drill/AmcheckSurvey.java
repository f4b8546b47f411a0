// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.drill;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.operations.drill.Judgement.Fault;
import org.tidemark.postgres.PostgresException;
import org.tidemark.postgres.SqlConnection;

/**
 * Looks into tables and B-tree indexes with PostgreSQL's extension amcheck, as pg_amcheck does: PostgreSQL 14 and newer
 * look into tables, all into indexes. Within its time it takes them by chance, so that other drills see others. What is
 * damaged is judged by SQLSTATE; that something could not be looked into says nothing of the backup. Used by one
 * thread.
 */
final class AmcheckSurvey {
    static final String NAME = "amcheck";

    /** The extension is made here where the cluster does not have it, and removed again. */
    private static final String SCHEMA = "tidemark_drill_amcheck";

    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** The words of amcheck where an index has another order than its comparison; {@code lc_messages} is C. */
    private static final Pattern OF_ORDER = Pattern.compile("\\binvariant violated\\b");

    /**
     * As pg_amcheck chooses them; and whether a key is sorted by the C library or by ICU, which is another one on
     * another host: of types without a collation, those are known that do not sort text.
     */
    private static final String RELATIONS = """
            SELECT c.oid::bigint, c.oid::regclass::text, c.relkind = 'i', EXISTS (
                SELECT FROM pg_attribute AS k
                    JOIN pg_type AS t ON t.oid = k.atttypid
                    LEFT JOIN pg_collation AS o ON o.oid = k.attcollation
                WHERE k.attrelid = i.indexrelid AND k.attnum <= i.indnkeyatts AND CASE coalesce(o.collprovider, 'n')
                    WHEN 'n' THEN t.typcategory NOT IN ('B', 'D', 'E', 'I', 'N', 'T', 'V')
                        AND t.oid <> ALL (ARRAY['uuid', 'bytea', 'pg_lsn', 'tid', '"char"', 'macaddr', 'oidvector',
                            'int2vector']::regtype[]::oid[])
                    WHEN 'b' THEN false
                    WHEN 'c' THEN o.collcollate NOT IN ('C', 'POSIX')
                    WHEN 'd' THEN CASE coalesce(to_jsonb(d) ->> 'datlocprovider', 'c')
                        WHEN 'b' THEN false
                        WHEN 'c' THEN d.datcollate NOT IN ('C', 'POSIX')
                        ELSE true END
                    ELSE true END)
            FROM pg_class AS c
                JOIN pg_database AS d ON d.datname = current_database()
                JOIN pg_am AS a ON a.oid = c.relam
                LEFT JOIN pg_index AS i ON i.indexrelid = c.oid
            WHERE c.relpersistence <> 't'
                AND (a.amname = 'heap' AND c.relkind IN ('r', 'm', 't') AND ?
                    OR a.amname = 'btree' AND c.relkind = 'i' AND i.indisvalid AND i.indisready AND i.indislive)
            ORDER BY random()
            """;

    private static final String EXTENSION =
            "SELECT quote_ident(nspname) FROM pg_extension JOIN pg_namespace AS n ON n.oid = extnamespace"
                    + " WHERE extname = 'amcheck'";

    private static final String TABLES =
            "SELECT proname FROM pg_proc WHERE proname = 'verify_heapam' AND pronamespace = ?::regnamespace";

    private final long endNanos;
    private final List<Judgement> otherOrders = new ArrayList<>();
    private int tables;
    private int indexes;
    private int left;
    private Optional<String> whyLeft = Optional.empty();
    private boolean isOver;

    private AmcheckSurvey(Duration limit) {
        this.endNanos = System.nanoTime() + limit.toNanos();
    }

    /** @param sortsByLocale whether another host may sort it otherwise */
    private record Relation(long oid, String name, boolean isIndex, boolean sortsByLocale) {}

    /**
     * Looks into what it has time for.
     *
     * @param limit of all of it
     * @param told is told why nothing was looked into
     * @return empty if nothing was
     */
    static Optional<Judgement> of(DrilledServer server, Duration limit, Consumer<String> told) {
        AmcheckSurvey survey = new AmcheckSurvey(limit);
        List<String> byChance = new ArrayList<>(server.databases());
        Collections.shuffle(byChance, new SecureRandom());
        for (String database : byChance) {
            Optional<Judgement> damage = survey.database(server, database);
            if (damage.isPresent()) {
                return damage;
            }
        }
        if (survey.tables + survey.indexes == 0) {
            told.accept("no table and no index was looked into: "
                    + survey.whyLeft.orElse("there was no time for one of them"));
            return Optional.empty();
        }
        return Optional.of(survey.result());
    }

    private Judgement result() {
        if (!otherOrders.isEmpty()) {
            Judgement first = otherOrders.getFirst();
            return otherOrders.size() == 1
                    ? first
                    : Judgement.failed(
                            NAME, Fault.HOST, first.detail() + " (and " + (otherOrders.size() - 1) + " more)");
        }
        String rest = whyLeft.map(why -> "; " + left + " could not be looked into: " + why)
                        .orElse("")
                + (isOver ? "; there was no time for all" : "");
        return Judgement.passed(
                NAME,
                Amounts.count(tables, "table", "tables") + " and " + Amounts.count(indexes, "index", "indexes")
                        + " are sound" + rest);
    }

    private Optional<Judgement> database(DrilledServer server, String database) {
        if (isOver()) {
            return Optional.empty();
        }
        try (SqlConnection connection = server.connect(database)) {
            // A setting of the role may have made it another one; no trigger is to run for what is made here.
            connection.execute(LIMIT, "RESET ROLE");
            connection.execute(LIMIT, "SET session_replication_role = replica");
            connection.execute(LIMIT, "SET default_transaction_read_only = off");
            connection.execute(LIMIT, "SET lock_timeout = '" + DrilledServer.LOCK_LIMIT.toSeconds() + "s'");
            Optional<String> own = connection.text(LIMIT, EXTENSION);
            if (own.isPresent()) {
                connection.execute(LIMIT, "ALTER EXTENSION amcheck UPDATE");
                return relations(connection, database, own.get());
            }
            if (connection
                    .text(LIMIT, "SELECT name FROM pg_available_extensions WHERE name = 'amcheck'")
                    .isEmpty()) {
                left("this host lacks PostgreSQL's extension amcheck");
                return Optional.empty();
            }
            return withExtension(connection, database);
        } catch (PostgresException e) {
            requireServer(e);
            if (DrilledServer.hasClass(e, DrilledServer.DAMAGE) && Judgement.ofFiles(e.getMessage()) == Fault.BACKUP) {
                return Optional.of(Judgement.failed(
                        NAME, Fault.BACKUP, "database '" + database + "' is damaged: " + e.getMessage()));
            }
            left("in database '" + database + "': " + e.getMessage());
            return Optional.empty();
        }
    }

    private Optional<Judgement> withExtension(SqlConnection connection, String database) {
        connection.execute(LIMIT, "CREATE SCHEMA " + SCHEMA);
        try {
            connection.execute(LIMIT, "CREATE EXTENSION amcheck SCHEMA " + SCHEMA);
            return relations(connection, database, SCHEMA);
        } finally {
            try {
                connection.execute(LIMIT, "DROP SCHEMA " + SCHEMA + " CASCADE");
            } catch (PostgresException e) {
                // It stays in a copy that is kept, and goes with every other one.
            }
        }
    }

    private boolean isOver() {
        isOver |= System.nanoTime() - endNanos >= 0;
        return isOver;
    }

    private void left(String why) {
        left++;
        whyLeft = whyLeft.or(() -> Optional.of(why));
    }

    private Optional<Judgement> relations(SqlConnection connection, String database, String schema) {
        List<Relation> relations = connection.query(
                LIMIT,
                row -> new Relation(row.getLong(1), row.getString(2), row.getBoolean(3), row.getBoolean(4)),
                RELATIONS,
                connection.text(LIMIT, TABLES, schema).isPresent());
        for (Relation each : relations) {
            if (isOver()) {
                return Optional.empty();
            }
            Optional<Judgement> damage;
            try {
                damage = damage(connection, schema, each).map(why -> failed(database, each, Fault.BACKUP, why));
            } catch (PostgresException e) {
                damage = judged(database, each, e);
            }
            if (damage.isPresent()) {
                return damage;
            }
        }
        return Optional.empty();
    }

    private Optional<String> damage(SqlConnection connection, String schema, Relation relation) {
        Duration limit = Duration.ofNanos(Math.max(Duration.ofSeconds(1).toNanos(), endNanos - System.nanoTime()));
        if (relation.isIndex()) {
            connection.execute(limit, "SELECT " + schema + ".bt_index_check(?::bigint::oid::regclass)", relation.oid());
            indexes++;
            return Optional.empty();
        }
        Optional<String> damage = connection.text(
                limit,
                "SELECT 'block ' || blkno || coalesce(', row ' || offnum, '') || ': ' || msg FROM " + schema
                        + ".verify_heapam(relation => ?::bigint::oid::regclass, on_error_stop => true) LIMIT 1",
                relation.oid());
        tables++;
        return damage;
    }

    /** Empty if it says nothing of the backup: a lock, the code of an operator class, the time. */
    private Optional<Judgement> judged(String database, Relation relation, PostgresException e) {
        if (e.exitCode() == ExitCode.TIMED_OUT) {
            isOver = true;
            return Optional.empty();
        }
        requireServer(e);
        boolean isOfOrder = OF_ORDER.matcher(e.getMessage()).find();
        if (DrilledServer.hasClass(e, DrilledServer.DAMAGE) && isOfOrder && relation.sortsByLocale()) {
            // The order of an index comes from the library of the host that has made it.
            otherOrders.add(failed(database, relation, Fault.HOST, e.getMessage()));
            return Optional.empty();
        }
        if (DrilledServer.hasClass(e, DrilledServer.DAMAGE)
                || (DrilledServer.hasClass(e, DrilledServer.FILES)
                        && Judgement.ofFiles(e.getMessage()) == Fault.BACKUP)) {
            return Optional.of(failed(database, relation, Fault.BACKUP, e.getMessage()));
        }
        left("'" + relation.name() + "' of database '" + database + "': " + DrilledServer.shortened(e.getMessage()));
        return Optional.empty();
    }

    /** A server that has ended, or has no room left, is judged as a whole; nobody judges after an interrupt. */
    private static void requireServer(PostgresException e) {
        if (e.exitCode() == ExitCode.POSTGRES_UNAVAILABLE || e.exitCode() == ExitCode.INTERRUPTED) {
            throw e;
        }
    }

    private static Judgement failed(String database, Relation relation, Fault fault, String why) {
        return Judgement.failed(
                NAME,
                fault,
                (relation.isIndex() ? "index '" : "table '") + relation.name() + "' of database '" + database
                        + (fault == Fault.HOST ? "' has another order than this host sorts in: " : "' is not sound: ")
                        + DrilledServer.shortened(why));
    }
}
