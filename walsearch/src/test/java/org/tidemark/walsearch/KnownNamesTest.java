// SPDX-License-Identifier: Apache-2.0
package org.tidemark.walsearch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.tidemark.core.Lsn;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.names.ClusterFiles;
import org.tidemark.postgres.names.RelationNames;
import org.tidemark.postgres.wal.change.Change;
import org.tidemark.postgres.wal.change.Change.Kind;
import org.tidemark.postgres.wal.change.EndedTransaction;
import org.tidemark.postgres.wal.change.EndedTransaction.Outcome;
import org.tidemark.postgres.wal.change.Moment;
import org.tidemark.postgres.wal.change.RelFileLocator;
import org.tidemark.postgres.wal.change.RowCounts;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.walsearch.KnownNames.Place;

/** The names of a real cluster, and changes as values. */
class KnownNamesTest {
    private static final long DEFAULT = 1663;
    private static final Moment MOMENT = new Moment(new Lsn(0x5000), new Lsn(0x4000));

    private static EndedTransaction transaction(long database, Change... changes) {
        return new EndedTransaction(
                700,
                Outcome.COMMITTED,
                Optional.empty(),
                List.of(),
                false,
                Instant.EPOCH,
                MOMENT,
                Optional.empty(),
                MOMENT,
                new Lsn(0x5100),
                OptionalLong.of(database),
                Map.of(),
                new RowCounts(0, 0, 0, 0),
                List.of(changes),
                Map.of(),
                Set.of());
    }

    private static Change change(Kind kind, List<Long> oids, RelFileLocator... newFiles) {
        return new Change(kind, oids, List.of(), List.of(newFiles), 0, true, MOMENT);
    }

    @Test
    void whatAnOperatorWouldNameIsShownAndATableIsFollowedToItsNewFiles() throws IOException {
        try (PostgresServer server = PostgresServer.of(
                        PostgresBinaries.oneOfThisRun().getFirst())
                .initdb()
                .start()) {
            server.sql(
                    "CREATE TABLE \"Orders\" (n int PRIMARY KEY, t text)",
                    "INSERT INTO \"Orders\" SELECT n, 'x' FROM generate_series(1, 300) AS n",
                    "CREATE TABLE plain (n int)",
                    "ANALYZE");
            long database =
                    Long.parseLong(server.query("SELECT oid FROM pg_database WHERE datname = current_database()"));
            long orders = oid(server, "\"Orders\"");
            long index = oid(server, "\"Orders_pkey\"");
            long plain = oid(server, "plain");
            long toast = Long.parseLong(
                    server.query("SELECT reltoastrelid FROM pg_class WHERE oid = '\"Orders\"'::regclass"));
            long toastFile = Long.parseLong(server.query("SELECT pg_relation_filenode(" + toast + ")"));
            server.stopFast();
            ControlFile control = ControlFile.read(server.dataDirectory());
            RelationNames read = RelationNames.read(
                    ClusterFiles.of(server.dataDirectory()),
                    control,
                    control.checkpoint().redo());
            KnownNames names = new KnownNames(List.of(
                    new KnownNames.AtBackup(new Lsn(0x100), RelationNames.NONE),
                    new KnownNames.AtBackup(new Lsn(0x1000), read)));
            Place table = new Place(database, orders);

            assertThat(names.named("\"Orders\"")).containsExactly(table);
            assertThat(names.named("orders")).isEmpty();
            assertThat(names.named(table, false).text()).isEqualTo("public.\"Orders\"");
            assertThat(names.named(new Place(database, 99_999), false).text()).isEqualTo("OID 99999");
            assertThat(names.named(new Place(database, 99_999), true).text()).isEqualTo("the table with file 99999");
            assertThat(names.rows(List.of(table), new Lsn(0x5000))).hasValue(300);
            assertThat(names.rows(List.of(table), new Lsn(0x500)))
                    .as("before that backup")
                    .isEmpty();
            assertThat(names.rows(List.of(table, new Place(database, 99_999)), new Lsn(0x5000)))
                    .isEmpty();

            Change dropped = change(Kind.DROP, List.of(index, toast, orders));
            assertThat(names.shown(transaction(database, dropped), dropped)).containsExactly(table);
            Change indexAlone = change(Kind.DROP, List.of(index));
            assertThat(names.shown(transaction(database, indexAlone), indexAlone))
                    .containsExactly(new Place(database, index));

            assertThat(names.ofFile(new RelFileLocator(DEFAULT, database, toastFile)))
                    .isEmpty();
            Change young = change(Kind.DROP, List.of(orders, 99_999L));
            assertThat(names.shown(transaction(database, young), young))
                    .as("one that no backup knows is told as well")
                    .containsExactly(table, new Place(database, 99_999));
            RelFileLocator moved = new RelFileLocator(DEFAULT, database, 70_000);
            assertThat(names.ofFile(moved)).as("one that nobody knows").hasValue(new Place(database, 70_000));
            names.follow(transaction(
                    database,
                    change(
                            Kind.TRUNCATE,
                            List.of(orders, toast, index),
                            new RelFileLocator(DEFAULT, database, 70_005),
                            moved)));
            assertThat(names.ofFile(new RelFileLocator(DEFAULT, database, 70_005)))
                    .as("that of its TOAST table or of an index")
                    .isNotEqualTo(Optional.of(table));
            assertThat(names.ofFile(moved)).hasValue(table);
            RelFileLocator either = new RelFileLocator(DEFAULT, database, 70_001);
            names.follow(transaction(database, change(Kind.TRUNCATE, List.of(orders, plain), either)));
            assertThat(names.ofFile(either)).as("that of one of two tables").hasValue(new Place(database, 70_001));
        }
    }

    private static long oid(PostgresServer server, String name) {
        return Long.parseLong(server.query("SELECT '" + name + "'::regclass::oid"));
    }
}
