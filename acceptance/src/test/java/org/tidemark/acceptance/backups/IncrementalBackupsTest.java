// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.backups;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.core.ExitCode;
import org.tidemark.core.JsonObject;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OpenSshServer;
import org.tidemark.testkit.OpenSshServer.Serves;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresServerBuilder;
import org.tidemark.testkit.Rounds;

/** {@code backup --type incremental}: whatever is deleted, each backup that remains gives the rows of its moment. */
@ParameterizedClass
@MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
@Order(1) // among the longest
@InTurn
final class IncrementalBackupsTest {
    private static final int FIRST_WITH_SUMMARIES = 17;
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final List<String> WORK = List.of(
            "INSERT INTO a SELECT i, md5(i::text) FROM generate_series(1, 3000) i",
            "UPDATE a SET t = md5(t) WHERE n % 97 = 0",
            "DELETE FROM a WHERE n % 3 = 0",
            "TRUNCATE b",
            "INSERT INTO b SELECT i, md5(i::text) FROM generate_series(1, 20000) i",
            "DROP TABLE IF EXISTS c",
            "CREATE TABLE IF NOT EXISTS c AS SELECT i AS n FROM generate_series(1, 5000) i",
            "VACUUM FULL a",
            "VACUUM b",
            "REINDEX TABLE a",
            "ALTER TABLE b SET TABLESPACE fast",
            "ALTER TABLE b SET TABLESPACE pg_default",
            "SELECT lo_from_bytea(0, decode(repeat('ab', 100000), 'hex'))",
            "CREATE UNLOGGED TABLE IF NOT EXISTS u AS SELECT i AS n FROM generate_series(1, 4000) i",
            "ALTER TABLE IF EXISTS u SET LOGGED",
            "CHECKPOINT");

    @Parameter
    PostgresBinaries binaries = PostgresBinaries.embedded().getLast();

    @Test
    void eachBackupThatRemainsGivesTheRowsOfItsMoment() throws Exception {
        Random random = Rounds.random();
        Optional<OpenSshServer> ssh = OpenSshServer.ofOrdinaryUser(Serves.READ_ONLY_SFTP);
        try {
            for (int round = 0; round < Rounds.of(1, 25); round++) {
                try (TidemarkHost host = new TidemarkHost();
                        PostgresServer server = summarizing(
                                        PostgresServer.of(binaries).initdb("--wal-segsize=1"))
                                .archiving(host.archiveCommand())
                                .start()) {
                    new History(host, server, ssh, random).run();
                }
            }
        } finally {
            ssh.ifPresent(OpenSshServer::close);
        }
    }

    /** By {@code stream}, PostgreSQL then sends only what has changed. */
    private PostgresServerBuilder summarizing(PostgresServerBuilder server) {
        return binaries.major() >= FIRST_WITH_SUMMARIES ? server.setting("summarize_wal", "on") : server;
    }

    /** A cluster and its backups. */
    private final class History {
        private final TidemarkHost host;
        private final PostgresServer server;
        private final Optional<OpenSshServer> ssh;
        private final Random random;
        private final Map<String, SortedMap<String, String>> moments = new LinkedHashMap<>();
        /** Whether the repositories have other keys than each other, and so each its own backups. */
        private final boolean isMixed;

        private final Map<String, List<String>> repositories = new LinkedHashMap<>();

        History(TidemarkHost host, PostgresServer server, Optional<OpenSshServer> ssh, Random random) {
            this.host = host;
            this.server = server;
            this.ssh = ssh;
            this.random = random;
            this.isMixed = random.nextInt(3) == 0;
        }

        void run() throws IOException {
            host.configure("[repository.local]\nurl = '"
                    + host.directory().resolve("repository").toUri() + "'\n[repository.offsite]\nurl = '"
                    + host.directory().resolve("offsite").toUri() + "'\n" + (isMixed ? keys() : "")
                    + (random.nextInt(3) == 0 ? "max-reference-age = '4s'\n" : "")
                    + "[cluster.main]\nconninfo = '"
                    + server.conninfo() + "'\ndata-directory = '" + server.dataDirectory() + "'\n"
                    + (ssh.isPresent()
                            ? SshSourceTest.sshHost(host, ssh.get(), ssh.get().user())
                            : ""));
            host.must("init");
            server.sql(
                    "CREATE TABLESPACE fast LOCATION '" + server.newDirectory("fast") + "'",
                    "CREATE TABLE a AS SELECT i AS n, md5(i::text) AS t FROM generate_series(1, 40000) i",
                    "CREATE INDEX ON a (n)",
                    "CREATE TABLE b (n int, t text)",
                    "CREATE TABLE empty (n int)");
            Outcome first = backup("incremental");
            assertThat(first.talk()).contains("full: there is no backup to refer to");
            for (int step = 0; step < 6; step++) {
                for (int i = random.nextInt(4); i > 0; i--) {
                    server.sql(WORK.get(random.nextInt(WORK.size())));
                }
                backup(random.nextInt(5) == 0 ? "full" : "incremental");
                if (random.nextInt(3) == 0 && moments.size() > 2) {
                    delete();
                }
            }
            host.must("sync");
            assertThat(host.must("verify", "--all").talk()).doesNotContain("ERROR");
            for (String id : List.copyOf(moments.keySet())) {
                restore(id);
            }
        }

        private Outcome backup(String type) {
            List<String> methods = ssh.isPresent() ? List.of("stream", "local", "ssh") : List.of("stream", "local");
            List<String> line = new ArrayList<>(List.of("backup", "--type", type, "--method", choice(methods)));
            Outcome outcome = host.must(line.toArray(String[]::new));
            SortedMap<String, String> rows = new TreeMap<>(server.tableHashes());
            if (server.query("SELECT relpersistence FROM pg_class WHERE relname = 'u' UNION ALL SELECT 'none' LIMIT 1")
                    .equals("u")) {
                // It is empty after every restore.
                rows.put("public.u", rows.get("public.empty"));
            }
            List<String> ids = outcome.data().strip().lines().toList();
            ids.forEach(id -> moments.put(id, rows));
            repositories.put(ids.getFirst(), isMixed ? List.of("local") : List.of("local", "offsite"));
            if (isMixed) {
                repositories.put(ids.getLast(), List.of("offsite"));
            }
            return outcome;
        }

        private String keys() throws IOException {
            Path file = host.directory().resolve("private.key");
            OperatingUser.current().own(host.directory());
            return host.must("init", "--make-key", file.toString()).data() + "decrypt-with = ['" + file + "']\n";
        }

        private <T> T choice(List<T> of) {
            return of.get(random.nextInt(of.size()));
        }

        /** The objects that others refer to stay. */
        private void delete() {
            String id = List.copyOf(moments.keySet()).get(random.nextInt(moments.size()));
            Outcome outcome = host.run("delete", id);
            if (outcome.status() == ExitCode.DONE.status()) {
                moments.remove(id);
            }
        }

        private void restore(String id) throws IOException {
            String from = choice(Objects.requireNonNull(repositories.get(id)));
            try (RestoredBackup backup = RestoredBackup.of(host, id, "--repository", from);
                    PostgresServer restored =
                            PostgresServer.of(binaries).from(backup.directory()).start()) {
                restored.awaitRecoveryEnd(LIMIT);
                assertThat(restored.tableHashes()).as(id).isEqualTo(moments.get(id));
            }
        }
    }

    @Test
    void whatHasNotChangedIsNotStoredAgain() throws IOException {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = PostgresServer.of(binaries)
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            host.configure(server.conninfo(), server.dataDirectory());
            host.must("init");
            server.sql("CREATE TABLE a AS SELECT i AS n, md5(i::text) AS t FROM generate_series(1, 200000) i");
            server.sql("VACUUM FREEZE a", "CHECKPOINT");
            host.must("backup");
            long full = bundles(host);

            host.must("backup", "--type", "incremental");

            assertThat(bundles(host) - full).isLessThan(full / 4);
        }
    }

    /** The first backup after each time of {@code full} is full, and stays the one though it is deleted. */
    @Test
    void theScheduleSaysWhichBackupsAreFull() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = PostgresServer.of(binaries)
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            host.configure(server.conninfo(), server.dataDirectory());
            host.must("init");
            assertThat(typeOf(host, backup(host))).as("nothing is configured").isEqualTo("full");
            assertThat(typeOf(host, backup(host))).isEqualTo("full");
            Thread.sleep(1_100);
            ZonedDateTime due = ZonedDateTime.now(ZoneOffset.UTC);
            Files.writeString(
                    host.config(),
                    "[cluster.main.schedule]\nfull = '" + due.getSecond() + " " + due.getMinute() + " " + due.getHour()
                            + " * * ?'\n",
                    StandardOpenOption.APPEND);

            String full = backup(host);
            assertThat(typeOf(host, full)).isEqualTo("full");
            assertThat(typeOf(host, backup(host))).isEqualTo("incremental");
            host.must("delete", full);
            assertThat(typeOf(host, backup(host))).isEqualTo("incremental");
            assertThat(typeOf(host, backup(host, "--type", "full"))).isEqualTo("full");
        }
    }

    /** Files that are put together from pages as well: an increment of an increment is restored over itself. */
    @Test
    void aDeltaOverTheSameBackupWritesNearlyNothing() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = PostgresServer.of(binaries)
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            host.configure(server.conninfo(), server.dataDirectory());
            host.must("init");
            server.sql("CREATE TABLE a AS SELECT i AS n, md5(i::text) AS t FROM generate_series(1, 300000) i");
            backup(host);
            for (int day = 0; day < 3; day++) {
                server.sql("UPDATE a SET t = md5(t) WHERE n % 20000 = " + day);
                backup(host, "--type", "incremental");
            }
            String to = host.directory().resolve("restored").toString();
            host.must("recover", "--to", to);

            String again = host.must("recover", "--to", to, "--delta").talk();

            assertThat(again).containsPattern("[0-9]+ MiB were in place, and [0-9.]+ (?:Ki)?B were written");
        }
    }

    @Test
    void checkTellsWhenMuchMoreHasChangedThanUsual() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = PostgresServer.of(binaries)
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            host.configure(server.conninfo(), server.dataDirectory());
            host.must("init");
            server.sql(
                    "CREATE TABLE a AS SELECT i AS n, repeat(md5(i::text), 4) AS t FROM generate_series(1, 90000) i");
            backup(host);
            for (int day = 0; day < 4; day++) {
                backup(host, "--type", "incremental");
            }
            assertThat(host.run("check", "--verbose").data()).contains("has about the usual size");

            server.sql("UPDATE a SET t = md5(random()::text) || md5(random()::text) || md5(random()::text)");
            backup(host, "--type", "incremental");
            assertThat(host.run("check").data()).contains("much more has changed than usual");
        }
    }

    /** Also without a retention policy. */
    @Test
    void whatIsLeftOfADeletedBackupGoesWithTheLastThatUsesIt() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = PostgresServer.of(binaries)
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            host.configure(server.conninfo(), server.dataDirectory());
            host.must("init");
            String full = backup(host);
            String increment = backup(host, "--type", "incremental");
            assertThat(host.run("check", "--verbose").data())
                    .contains(
                            "'local' is " + increment,
                            "; the oldest data that it refers to was stored by backup " + full);
            backup(host, "--type", "full");
            Outcome plan = host.must("delete", full, "--dry-run");
            assertThat(plan.data() + plan.talk()).contains("more stay, which other backups use");
            host.must("delete", full);
            assertThat(objectsOf(host, full)).isPositive();
            assertThat(host.must("list-backup").data()).contains("expire deletes what is left once no backup needs it");

            host.must("delete", increment);
            assertThat(objectsOf(host, full)).isZero();
            assertThat(objectsOf(host, increment)).isZero();
        }
    }

    private static long objectsOf(TidemarkHost host, String id) throws IOException {
        try (Stream<Path> files = Files.walk(host.directory().resolve("repository"))) {
            return files.filter(file -> file.toString().contains("/backup/" + id + "/"))
                    .filter(Files::isRegularFile)
                    .count();
        }
    }

    private static String backup(TidemarkHost host, String... options) {
        List<String> line = new ArrayList<>(List.of("backup"));
        line.addAll(List.of(options));
        return host.must(line.toArray(String[]::new)).data().strip();
    }

    private static String typeOf(TidemarkHost host, String id) {
        return JsonObject.parse(host.must("show-backup", id, "--output", "json").data())
                .object("backup")
                .text("type");
    }

    /**
     * Bytes that something other than PostgreSQL has changed are not in an increment, but for those that it compares.
     */
    @Test
    void whatNobodyHasWrittenIsNotReadButForAFewFiles() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = PostgresServer.of(binaries)
                        .initdb("--wal-segsize=1", "--data-checksums")
                        .setting("autovacuum", "off")
                        .archiving(host.archiveCommand())
                        .start()) {
            host.configure(server.conninfo(), server.dataDirectory());
            host.must("init");
            List<Path> idle = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                server.sql("CREATE TABLE idle" + i + " AS SELECT 1 AS n");
                idle.add(server.dataDirectory().resolve(server.query("SELECT pg_relation_filepath('idle" + i + "')")));
            }
            server.sql("CHECKPOINT");
            Thread.sleep(2_500); // until the parent believes the times
            host.must("backup");

            int failed = 0;
            while (failed < 4) {
                flip(idle.get(failed));
                Outcome outcome = host.run("backup", "--type", "incremental", "--method", "local");
                flip(idle.get(failed));
                if (!outcome.talk().contains("the backup is full")) {
                    break;
                }
                failed++;
            }
            assertThat(failed)
                    .as("three of four, by accident: one in 64 is read")
                    .isLessThan(4);
            for (Path each : idle) {
                flip(each);
            }
            Outcome outcome = host.run("backup", "--type", "incremental", "--method", "local");
            assertThat(outcome.talk()).contains("has the same size and the same time", "the backup is full");
            assertThat(outcome.status()).as("all of it is read").isEqualTo(ExitCode.DAMAGED_PAGES.status());

            for (Path each : idle) {
                flip(each);
            }
            host.must("backup", "--type", "incremental", "--method", "local");
            SortedMap<String, String> rows = server.tableHashes();
            Path to = host.directory().resolve("restored");
            host.must("recover", "--to", to.toString());
            try (PostgresServer restored = PostgresServer.of(binaries).from(to).start()) {
                restored.awaitRecoveryEnd(LIMIT);
                assertThat(restored.tableHashes())
                        .as("where the parent has damaged pages, the file is read")
                        .isEqualTo(rows);
            }
        }
    }

    /** Changes a byte in the first page, or changes it back; the file's time stays. */
    private static void flip(Path file) throws IOException {
        FileTime time = Files.getLastModifiedTime(file);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, 8_000);
            channel.write(one.put(0, (byte) (one.get(0) ^ 1)).flip(), 8_000);
        }
        Files.setLastModifiedTime(file, time);
    }

    private static long bundles(TidemarkHost host) throws IOException {
        try (Stream<Path> files = Files.walk(host.directory().resolve("repository"))) {
            long sum = 0;
            for (Path each : files.filter(file -> file.toString().contains("/bundle/"))
                    .filter(Files::isRegularFile)
                    .toList()) {
                sum += Files.size(each);
            }
            return sum;
        }
    }
}
