// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.names;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.core.Lsn;
import org.tidemark.postgres.ControlFile;
import org.tidemark.testkit.BaseBackupCopy;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.TemporaryTree;

/** The names out of the files are those that SQL gives. */
class RelationNamesTest {
    private static final System.Logger LOG = System.getLogger(RelationNamesTest.class.getName());

    @TempDir
    Path directory;

    static List<PostgresBinaries> some() {
        return Rounds.oneOrAll(PostgresBinaries.embedded());
    }

    @ParameterizedTest
    @MethodSource("some")
    void namesOfAServerAtRestAreThoseOfSql(PostgresBinaries binaries) throws IOException, SQLException {
        Random random = Rounds.random();
        try (PostgresServer server = server(binaries)) {
            try (RandomDdl ddl = new RandomDdl(server, random, "a", true)) {
                ddl.createDatabases();
                int failed = ddl.run(500);
                assertThat(failed).isLessThan(250);
                ddl.leaveTransactions();
                ddl.awaitClosed();
                server.sql("CHECKPOINT");

                assertSame(server, NamesBySql.ask(server, false), "with open transactions, " + failed + " failed");
            }
            NamesBySql expected = NamesBySql.ask(server, false);
            server.stopFast();

            RelationNames names = assertSame(server, expected, "after a clean shutdown");
            assertLookups(names);
            assertSegments(server.dataDirectory(), names);
            assertThatThrownBy(() -> new NamesReader(
                                    ClusterFiles.of(server.dataDirectory()),
                                    ControlFile.read(server.dataDirectory()),
                                    redo(server),
                                    names.relations().size() - 1)
                            .read())
                    .isInstanceOf(RelationNames.TooManyRelationsException.class);
        }
    }

    @ParameterizedTest
    @MethodSource("some")
    void whatDoesNotChangeHasItsNameInABackupThatIsTakenWhileOthersChange(PostgresBinaries binaries)
            throws IOException, SQLException {
        Random random = Rounds.random();
        try (PostgresServer server = server(binaries);
                RandomDdl quiet = new RandomDdl(server, new Random(random.nextLong()), "quiet", false);
                RandomDdl wild = new RandomDdl(server, new Random(random.nextLong()), "wild", true)) {
            quiet.createDatabases();
            wild.createDatabases();
            quiet.run(100);
            wild.run(100);
            AtomicBoolean isDone = new AtomicBoolean();
            List<CompletableFuture<Void>> running = Stream.of(quiet, wild)
                    .map(each -> CompletableFuture.runAsync(() -> {
                        while (!isDone.get()) {
                            each.step();
                        }
                    }))
                    .toList();
            try {
                for (int round = 0; round < Rounds.of(2, 6); round++) {
                    NamesBySql before = NamesBySql.ask(server, true);
                    BaseBackupCopy copy = server.takeBaseBackup(directory.resolve("copy" + round));
                    NamesBySql after = NamesBySql.ask(server, true);
                    linkTablespaces(copy.dataDirectory());
                    assertUnchanged(binaries, copy, before, after);
                }
            } finally {
                isDone.set(true);
                running.forEach(CompletableFuture::join);
            }
        }
    }

    /**
     * Each page of the catalogs, of their maps and of pg_xact may be of another state. A row that was moved may be
     * missing: its new page may be of the time before, and its old one of the time after a vacuum. WAL has it then.
     */
    @ParameterizedTest
    @MethodSource("some")
    void whatDoesNotChangeHasItsNameInAnyMixtureOfStates(PostgresBinaries binaries) throws IOException, SQLException {
        Random random = Rounds.random();
        try (PostgresServer server = server(binaries);
                RandomDdl ddl = new RandomDdl(server, random, "m", true)) {
            ddl.createDatabases();
            ddl.run(150);
            List<ClusterFiles> states = new ArrayList<>();
            List<NamesBySql> names = new ArrayList<>();
            for (int state = 0; state < 4; state++) {
                ddl.awaitClosed();
                server.sql("CHECKPOINT");
                names.add(NamesBySql.ask(server, false));
                states.add(ClusterFiles.of(copy(server, directory.resolve("state" + state))));
                ddl.run(40);
            }
            ControlFile control = ControlFile.read(directory.resolve("state0"));
            NamesBySql first = names.getFirst();
            SortedMap<String, String> unchanged = new TreeMap<>(first.relations());
            Counts counts = new Counts();
            for (NamesBySql each : names) {
                unchanged.keySet().retainAll(first.unchangedUntil(each).keySet());
                first.places().forEach((key, place) -> {
                    if (!place.equals(each.places().get(key))) {
                        counts.moved.add(key);
                    }
                });
            }
            for (int round = 0; round < Rounds.of(20, 150); round++) {
                ClusterFiles mixed = DamagedFiles.mixed(states, control.pageSize(), random);
                RelationNames found =
                        RelationNames.read(mixed, control, control.checkpoint().redo());
                counts.add(found, unchanged);
            }
            LOG.log(System.Logger.Level.INFO, binaries + " mixed: " + counts);
            assertThat(counts.wrong).isEmpty();
            assertThat(counts.compared).isGreaterThan(counts.incomplete + counts.missing);
        }
    }

    private static final class Counts {
        private final SortedMap<String, String> wrong = new TreeMap<>();
        private final Set<String> moved = new HashSet<>();
        private long missing;
        private long compared;
        private long incomplete;
        private long uncertain;

        void add(RelationNames names, SortedMap<String, String> unchanged) {
            SortedMap<String, String> found = NamesBySql.of(names).relations();
            List<String> gaps =
                    names.gaps().stream().map(RelationNames.Gap::path).toList();
            uncertain +=
                    names.relations().stream().filter(each -> !each.isCertain()).count();
            for (Map.Entry<String, String> each : unchanged.entrySet()) {
                String directory = "/" + NamesBySql.database(each.getKey()) + "/";
                String text = found.getOrDefault(each.getKey(), "missing");
                compared++;
                if (gaps.stream().anyMatch(path -> (path + "/").contains(directory) || path.startsWith("global"))) {
                    incomplete++;
                } else if (moved.contains(each.getKey()) && !found.containsKey(each.getKey())) {
                    missing++;
                } else if (!text.equals(each.getValue())) {
                    wrong.put(each.getKey() + " " + each.getValue(), text + " " + names.gaps());
                }
            }
        }

        @Override
        public String toString() {
            return compared + " compared, " + incomplete + " in databases with gaps, " + missing
                    + " moved and missing, " + uncertain + " uncertain, wrong " + wrong;
        }
    }

    private static Path copy(PostgresServer server, Path to) throws IOException {
        TemporaryTree.copy(server.dataDirectory(), to);
        try (Stream<Path> links = Files.list(server.dataDirectory().resolve("pg_tblspc"))) {
            for (Path link : links.toList()) {
                Path copied = to.resolve("pg_tblspc").resolve(String.valueOf(link.getFileName()));
                Files.delete(copied);
                TemporaryTree.copy(link.toRealPath(), copied);
            }
        }
        return to;
    }

    private static void assertUnchanged(
            PostgresBinaries binaries, BaseBackupCopy copy, NamesBySql before, NamesBySql after) throws IOException {
        SortedMap<String, String> unchanged = before.unchangedUntil(after);
        RelationNames names = RelationNames.read(
                ClusterFiles.of(copy.dataDirectory()), ControlFile.read(copy.dataDirectory()), copy.start());
        SortedMap<String, String> found = NamesBySql.of(names).relations();
        SortedMap<String, String> wrong = new TreeMap<>(unchanged);
        wrong.entrySet().removeIf(each -> each.getValue().equals(found.get(each.getKey())));
        List<String> incomplete = names.gaps().stream()
                .map(RelationNames.Gap::path)
                .filter(each -> !each.startsWith("pg_xact"))
                .toList();
        LOG.log(
                System.Logger.Level.INFO,
                binaries + ": " + unchanged.size() + " of " + before.relations().size()
                        + " relations unchanged, found " + found.size() + ", uncertain "
                        + names.relations().stream()
                                .filter(each -> !each.isCertain())
                                .count() + ", wrong "
                        + wrong.size() + ", gaps " + names.gaps());
        // A catalog that is rewritten while it is copied is in the copy in part, or not at all; WAL has the rest.
        wrong.keySet()
                .removeIf(each -> before.databases()
                                .getOrDefault(NamesBySql.database(each), "")
                                .startsWith("wild")
                        && incomplete.stream()
                                .anyMatch(path -> (path + "/").contains("/" + NamesBySql.database(each) + "/")));
        assertThat(wrong).isEmpty();
    }

    private static RelationNames assertSame(PostgresServer server, NamesBySql expected, String when)
            throws IOException {
        Path data = server.dataDirectory();
        RelationNames names = RelationNames.read(ClusterFiles.of(data), ControlFile.read(data), redo(server));
        LOG.log(
                System.Logger.Level.INFO,
                server.binaries() + " " + when + ": " + expected.relations().size() + " relations in "
                        + expected.databases().size() + " databases, uncertain "
                        + names.relations().stream()
                                .filter(each -> !each.isCertain())
                                .toList());

        assertThat(names.gaps()).isEmpty();
        assertThat(NamesBySql.of(names).databases()).isEqualTo(expected.databases());
        // One that several transactions had locked, and one of them dropped, is there for who does not read
        // pg_multixact.
        Set<String> unsure = names.relations().stream()
                .filter(each -> !each.isCertain())
                .map(each -> each.database() + "/" + each.oid())
                .filter(each -> !expected.relations().containsKey(each))
                .collect(Collectors.toSet());
        assertThat(NamesBySql.of(names).relations().entrySet().stream()
                        .filter(each -> !unsure.contains(each.getKey()))
                        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)))
                .isEqualTo(expected.relations());
        assertThat(names.databases()).allMatch(RelationNames.Database::isCertain);
        return names;
    }

    private static Lsn redo(PostgresServer server) throws IOException {
        return ControlFile.read(server.dataDirectory()).checkpoint().redo();
    }

    private static void assertLookups(RelationNames names) {
        for (Relation each : names.relations()) {
            assertThat(names.relation(each.database(), each.oid())).hasValue(each);
            String quoted = "\"" + each.name().replace("\"", "\"\"") + "\"";
            String schema = "\"" + each.schema().orElseThrow().replace("\"", "\"\"") + "\"";
            String database = names.database(each.database()).orElseThrow().name();
            assertThat(names.named(quoted)).contains(each);
            assertThat(names.named("\"" + database + "\"." + schema + "." + quoted))
                    .containsExactly(each);
            if (each.file() != 0 && each.persistence() != Relation.Persistence.TEMPORARY) {
                assertThat(names.ofFile(each.tablespace(), each.databaseOfFile(), each.file())
                                .map(Relation::name))
                        .hasValue(each.name());
            }
        }
        assertThat(names.named("PG_Catalog.pg_CLASS")).hasSize(names.databases().size());
        assertThat(names.named("\"pg_CLASS\"")).isEmpty();
        assertThat(names.ofFile(1663, 1, 1)).isEmpty();
        assertThat(names.relation(1, 4_000_000_000L)).isEmpty();
    }

    /** As if the build of PostgreSQL had files of two pages. */
    private static void assertSegments(Path data, RelationNames names) throws IOException {
        ControlFile control = ControlFile.read(data);
        ClusterFiles cut = DamagedFiles.cutInto(ClusterFiles.of(data), 2 * control.pageSize());
        assertThat(RelationNames.read(
                                cut,
                                DamagedFiles.withSegments(control, 2),
                                control.checkpoint().redo())
                        .relations())
                .isEqualTo(names.relations());
    }

    private static PostgresServer server(PostgresBinaries binaries) {
        PostgresServer server = PostgresServer.of(binaries)
                .withTemplates()
                .setting("autovacuum", "off")
                .setting("max_prepared_transactions", "20")
                .start();
        RandomDdl.prepare(server);
        return server;
    }

    private static void linkTablespaces(Path data) throws IOException {
        Path map = data.resolve("tablespace_map");
        for (String line : Files.exists(map) ? Files.readAllLines(map) : List.<String>of()) {
            String[] parts = line.split(" ", 2);
            Files.createSymbolicLink(data.resolve("pg_tblspc").resolve(parts[0]), Path.of(parts[1]));
        }
    }
}
