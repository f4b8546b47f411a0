// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.acceptance.InstalledTidemark;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.age.AgeIdentity;
import org.tidemark.cli.Program;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.config.Environment;
import org.tidemark.core.ClusterName;
import org.tidemark.core.DiskSpace;
import org.tidemark.core.Finding.Severity;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.filesystem.FileSystemStoreProvider;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresWait;
import org.tidemark.testkit.TemporaryTree;
import org.tidemark.watch.check.Subject;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A protected cluster, of which one thing after the other is broken and repaired: {@code check} names each, and is
 * content before and after. One server, one plain repository, and one that is encrypted.
 */
@InTurn
class BreakAndRepairTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final String LIMITS = "free-space = '0%'\nreplication-lag = '2MiB'\n";

    /** Subjects that other tests break and repair, or that are never bad. */
    private static final Set<Subject> ELSEWHERE = EnumSet.of(
            Subject.CHECKSUMS, // never bad
            Subject.CONFIGURATION, // WrongConfigurationStoryTest
            Subject.BACKUP_CONFIGURATION, // LinkedConfigurationTest
            Subject.TABLESPACES, // UnmountedTablespaceTest
            Subject.SSH_HOST, // SshSourceTest
            Subject.SUMMARIZE_WAL, // SentChangesTest
            Subject.BACKUP_SIZE, // IncrementalBackupsTest
            Subject.SYNCHRONOUS, // SynchronousCheckTest
            Subject.ARCHIVING_AHEAD, // ArchivingAheadCheckTest
            Subject.STORE, // StoreRemarksCheckTest, and the stores' own tests
            Subject.CONFLICT, // ClonedServerTest
            Subject.TIMELINE, // CheckSeverityTest
            Subject.RESTORE_COMMAND, // CheckSeverityTest
            Subject.HISTORY, // CheckSeverityTest
            Subject.RECOVERY, // CheckSeverityTest
            Subject.RESTORE_TIME, // RestoreForecastTest
            Subject.DRILL, // ProofCommandTest
            Subject.RECEIVER, // CheckedReceiverTest
            Subject.DAMAGE, // DamageTest
            Subject.SPOOL, // DamageTest
            Subject.GIVEN_UP, // GivenUpWalTest
            Subject.BACKLOG, // SeveralRepositoriesStoryTest
            Subject.BACKUPS, // SeveralRepositoriesStoryTest
            Subject.AWAITED, // AwaitedTest
            Subject.SERVICE, // ServeTest
            Subject.LOG, // LogTest
            Subject.NOTIFY); // NotifyCheckTest

    @SuppressWarnings("NullAway.Init")
    private CheckedCluster cluster;

    @SuppressWarnings("NullAway.Init")
    private PostgresServer server;

    private Clock clock = Clock.systemUTC();
    private final AgeIdentity key = AgeIdentity.generate(new SecureRandom());
    private final Set<Subject> broken = EnumSet.noneOf(Subject.class);
    private final List<String> failures = new ArrayList<>();

    static List<PostgresBinaries> versions() {
        return PostgresBinaries.oneOfThisRun();
    }

    /** What a test does to the cluster. */
    private interface Step {
        void run() throws Exception;
    }

    /** Some seconds after others have written WAL, it adds a record of which transactions run. */
    private void withoutBackgroundWriter(Step step) throws Exception {
        String writer = server.query("SELECT pid FROM pg_stat_activity WHERE backend_type = 'background writer'");
        server.run(List.of("sh", "-c", "kill -STOP " + writer));
        try {
            step.run();
        } finally {
            server.run(List.of("sh", "-c", "kill -CONT " + writer));
        }
    }

    @ParameterizedTest
    @MethodSource("versions")
    void eachThingIsFoundWhenItBreaksAndGoneWhenItIsRepaired(PostgresBinaries binaries) throws Exception {
        try (CheckedCluster started = new CheckedCluster(binaries, "local")) {
            cluster = started;
            server = started.server();
            writeKey(key);
            configure("", LIMITS);
            cluster.host().must("init");
            cluster.archive();
            cluster.host().must("backup");
            cluster.archive();

            SortedMap<Path, String> before = stored();
            withoutBackgroundWriter(() -> {
                String position = server.query("SELECT pg_current_wal_insert_lsn()");
                assertThat(problems()).as("right after setup and backup").isEmpty();
                assertThat(server.query("SELECT pg_current_wal_insert_lsn()")).isEqualTo(position);
            });
            assertThat(stored()).as("check stores nothing").isEqualTo(before);
            assertThat(cluster.host().must("check").data()).contains("main · protected");
            for (Step each : List.<Step>of(
                    this::settings,
                    this::serverItself,
                    this::slotsAndStandbys,
                    this::repositories,
                    this::backups,
                    this::pages,
                    this::encryption,
                    this::switchWal,
                    this::restarts)) {
                collect(each);
            }
        }
        assertThat(failures).isEmpty();
        Set<Subject> rest = EnumSet.allOf(Subject.class);
        rest.removeAll(broken);
        assertThat(rest).as("every subject has a case").isEqualTo(ELSEWHERE);
    }

    /** What fails in one part hides nothing of the others. */
    private void collect(Step part) throws Exception {
        try {
            part.run();
        } catch (AssertionError e) {
            failures.add(e.toString());
        }
    }

    /** Every file and directory of the repositories, with its size and when it was changed. */
    private SortedMap<Path, String> stored() throws IOException {
        SortedMap<Path, String> found = new TreeMap<>();
        for (String name : List.of("local", "vault")) {
            try (Stream<Path> files = Files.walk(cluster.directory(name))) {
                for (Path file : files.toList()) {
                    found.put(file, Files.size(file) + " " + Files.getLastModifiedTime(file));
                }
            }
        }
        return found;
    }

    /** Breaks, looks, repairs, looks. */
    private void expect(Severity severity, Subject subject, String words, Step breaks, Step repairs) throws Exception {
        broken.add(subject);
        breaks.run();
        List<String> found = problems();
        if (found.stream()
                .noneMatch(each -> each.startsWith(severity + " " + subject.text() + " ") && each.contains(words))) {
            failures.add(severity + " " + subject.text() + ": '" + words + "' is not in " + found);
        }
        repairs.run();
        List<String> left = problems();
        if (!left.isEmpty()) {
            failures.add("after " + subject.text() + ": '" + words + "' was repaired: " + left);
        }
    }

    private void settings() throws Exception {
        expect(Severity.WARNING, Subject.FSYNC, "fsync is off", () -> set("fsync", "off"), () -> reset("fsync"));
        expect(
                Severity.WARNING,
                Subject.FULL_PAGE_WRITES,
                "full_page_writes is off",
                () -> set("full_page_writes", "off"),
                () -> reset("full_page_writes"));
        expect(
                Severity.WARNING,
                Subject.ARCHIVE_TIMEOUT,
                "archive_timeout is 0",
                () -> set("archive_timeout", "0"),
                () -> reset("archive_timeout"));
        expect(
                Severity.WARNING,
                Subject.SETTINGS,
                "max_wal_senders",
                () -> set("max_wal_senders", "9"),
                () -> reset("max_wal_senders"));
        expect(
                Severity.CRITICAL,
                Subject.ARCHIVING,
                "does not call tidemark wal-push",
                () -> set("archive_command", "cp %p /somewhere/%f"),
                () -> reset("archive_command"));
    }

    private void serverItself() throws Exception {
        expect(
                Severity.CRITICAL,
                Subject.ARCHIVER,
                "fails",
                () -> {
                    set("archive_command", "exit 1; tidemark wal-push %p");
                    server.sql("SELECT txid_current()", "SELECT pg_switch_wal()");
                    PostgresWait.until(
                            "archiving fails",
                            LIMIT,
                            server,
                            () -> !server.query("SELECT last_failed_wal FROM pg_stat_archiver")
                                    .isEmpty());
                },
                () -> {
                    reset("archive_command");
                    cluster.archive();
                    // Before 15, PostgreSQL's statistics are up to half a second late.
                    PostgresWait.until(
                            "the success is counted",
                            LIMIT,
                            server,
                            () -> server.query("SELECT last_archived_time > last_failed_time FROM pg_stat_archiver")
                                    .equals("t"));
                });
        expect(
                Severity.WARNING,
                Subject.ROLE,
                "may not see all settings",
                () -> {
                    server.sql("CREATE ROLE limited LOGIN REPLICATION");
                    configure(server.conninfo() + " user=limited", LIMITS);
                },
                () -> server.sql(
                        "GRANT pg_monitor TO limited", "GRANT EXECUTE ON FUNCTION pg_switch_wal() TO limited"));
        expect(
                Severity.CRITICAL,
                Subject.REPLICATION,
                "replication",
                () -> server.sql("ALTER ROLE limited NOREPLICATION"),
                () -> configure("", LIMITS));
        expect(
                Severity.CRITICAL,
                Subject.SERVER,
                "connect",
                () -> configure("host=127.0.0.1 port=1 user=postgres dbname=postgres", LIMITS),
                () -> configure("", LIMITS));
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            configure("host=127.0.0.1 port=" + silent.getLocalPort() + " user=postgres dbname=postgres", LIMITS);
            assertThat(problems("--timeout", "10s"))
                    .as("half of the time is for the server, and the rest is still told")
                    .singleElement()
                    .isEqualTo("CRITICAL server the server did not answer within 5s");
            configure("", LIMITS);
        }
        expect(
                Severity.CRITICAL,
                Subject.DATA_DIRECTORY,
                "no such directory",
                () -> configure("", LIMITS, Path.of("/nowhere/at/all")),
                () -> configure("", LIMITS));
        expect(
                Severity.WARNING,
                Subject.CLOCK,
                "the clock of the server is ",
                () -> clock = Clock.offset(Clock.systemUTC(), Duration.ofMinutes(7)),
                () -> clock = Clock.systemUTC());
        String full = "free-space = '100%'\nreplication-lag = '2MiB'\n";
        expect(
                ofRoom(),
                Subject.PG_WAL,
                "of the file system of pg_wal is free",
                () -> configure("", full),
                () -> configure("", LIMITS));
        expect(
                ofRoom(),
                Subject.FREE_SPACE,
                "of the disk of 'vault' is free",
                () -> configure("", full),
                () -> configure("", LIMITS));
    }

    /** A third of everything is wanted where everything is. */
    private Severity ofRoom() {
        return DiskSpace.of(server.dataDirectory()).orElseThrow().freePercent() < 33
                ? Severity.CRITICAL
                : Severity.WARNING;
    }

    private void slotsAndStandbys() throws Exception {
        expect(
                Severity.WARNING,
                Subject.SLOTS,
                "slot 'forgotten' is inactive and holds ",
                () -> {
                    server.sql("SELECT pg_create_physical_replication_slot('forgotten', true)");
                    write(4);
                },
                () -> server.sql("SELECT pg_drop_replication_slot('forgotten')"));
        expect(
                Severity.WARNING,
                Subject.SLOTS,
                "slot 'forgotten' is lost",
                () -> {
                    server.sql("SELECT pg_create_physical_replication_slot('forgotten', true)");
                    set("max_slot_wal_keep_size", "1MB");
                    write(4);
                    server.sql("CHECKPOINT");
                },
                () -> {
                    server.sql("SELECT pg_drop_replication_slot('forgotten')");
                    reset("max_slot_wal_keep_size");
                });
        try (PostgresServer standby = PostgresServer.of(server.binaries())
                .standbyOf(server)
                .from(server.takeBaseBackup(server.newDirectory("standby")).dataDirectory())
                .autoSetting("restore_command", "false")
                .setting("fsync", "on")
                .start()) {
            PostgresWait.until(
                    "it streams",
                    LIMIT,
                    standby,
                    () -> !standby.query("SELECT pid FROM pg_stat_wal_receiver").isEmpty());
            Step resume = () -> {
                standby.sql("SELECT pg_wal_replay_resume()");
                String written = server.query("SELECT pg_current_wal_lsn()");
                PostgresWait.until(
                        "it replays",
                        LIMIT,
                        standby,
                        () -> server.query("SELECT bool_and(replay_lsn >= '" + written + "') FROM pg_stat_replication")
                                .equals("t"));
            };
            expect(
                    Severity.WARNING,
                    Subject.REPLICATION_LAG,
                    "of WAL to replay",
                    () -> {
                        standby.sql("SELECT pg_wal_replay_pause()");
                        write(4);
                    },
                    resume);
            configure(standby.conninfo(), LIMITS, standby.dataDirectory());
            expect(
                    Severity.WARNING,
                    Subject.REPLICATION_LAG,
                    "its replay is paused",
                    () -> standby.sql("SELECT pg_wal_replay_pause()"),
                    resume);
            configure("", LIMITS);
        }
    }

    private void repositories() throws Exception {
        Path local = cluster.directory("local");
        Path aside = local.resolveSibling("aside");
        expect(
                Severity.CRITICAL,
                Subject.REPOSITORY,
                "there is no directory",
                () -> Files.move(local, aside),
                () -> Files.move(aside, local));
        String segment = cluster.archive();
        // Before PostgreSQL 15 the statistics come half a second later.
        PostgresWait.until("it is counted", LIMIT, server, () -> lastArchived().equals(segment));
        Path identity = cluster.stored("local", "cluster.json");
        Path other = cluster.host().directory().resolve("other");
        expect(
                Severity.CRITICAL,
                Subject.IDENTITY,
                "is not registered",
                () -> Files.move(identity, other),
                () -> Files.move(other, identity));
        Path newest = cluster.stored("local", segment);
        expect(
                Severity.CRITICAL,
                Subject.WAL,
                "PostgreSQL reports '" + segment + "' as archived",
                () -> Files.move(newest, other),
                () -> Files.move(other, newest));
        String last = cluster.archive();
        expect(
                Severity.WARNING,
                Subject.HOLES,
                segment + " is not archived in 'local'; 'vault' has it",
                () -> Files.move(newest, other),
                () -> Files.move(other, newest));
        FileTime stored = Files.getLastModifiedTime(newest);
        expect(
                Severity.WARNING,
                Subject.CLOCK,
                "which is in the future",
                () -> Files.setLastModifiedTime(
                        cluster.stored("local", last),
                        FileTime.from(Instant.now().plus(Duration.ofHours(1)))),
                () -> Files.setLastModifiedTime(cluster.stored("local", last), stored));
        Path temporary = newest.resolveSibling(".tmp-0123456789abcdef");
        expect(
                Severity.WARNING,
                Subject.TEMPORARY_FILES,
                "1 temporary file older than a day",
                () -> {
                    Files.writeString(temporary, "half a segment");
                    age(temporary, Duration.ofHours(25));
                },
                () -> Files.delete(temporary));
        expect(
                Severity.WARNING,
                Subject.OTHER_SERVERS,
                "another server archives as cluster 'main' in 'local'",
                () -> registerAnother(local, newest),
                () -> TemporaryTree.delete(local.resolve("main").resolve("4711")));
        mayNotWrite(newest);
    }

    /** As the operating user, who is not root. */
    private void mayNotWrite(Path segment) throws IOException {
        Path folder = segment.resolveSibling(".").normalize();
        Set<PosixFilePermission> before = Files.getPosixFilePermissions(folder);
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("r-xr-xr-x"));
        Outcome refused = cluster.host().run("check");
        Files.setPosixFilePermissions(folder, before);
        assertThat(refused.data()).contains("CRITICAL repository       'local' cannot be written: ");
    }

    /** Another system identifier under the name of the cluster, with WAL that comes after the first of this one. */
    private void registerAnother(Path repository, Path wal) throws IOException {
        SystemIdentifier system = new SystemIdentifier(4711);
        Repository.open(new FileSystemStoreProvider().open(repository.toUri(), Map.of()), Optional.empty())
                .register(
                        new ClusterIdentity(
                                new ClusterName("main"),
                                system,
                                new WalSegmentSize(1 << 20),
                                8192,
                                server.binaries().major()),
                        clock);
        Path own =
                repository.resolve("main").resolve(server.query("SELECT system_identifier FROM pg_control_system()"));
        Path copy = own.resolveSibling("4711").resolve(own.relativize(wal));
        Files.createDirectories(copy.resolveSibling("."));
        Files.copy(wal, copy);
        OperatingUser.current().own(repository);
    }

    private void backups() throws Exception {
        Path document = cluster.stored("local", "backup.json");
        Path aside = cluster.host().directory().resolve("aside");
        expect(
                Severity.CRITICAL,
                Subject.BACKUP,
                "there is no backup in 'local'",
                () -> Files.move(document, aside),
                () -> Files.move(aside, document));
        expectLater(Duration.ofHours(27), Severity.WARNING, Subject.BACKUP, "1d03h old");
        expectLater(Duration.ofDays(36), Severity.WARNING, Subject.VERIFICATION, "been verified for more than 35d00h");
        configure("", LIMITS + "[cluster.main.schedule]\nbackup = '0 * * * *'\n");
        expectLater(Duration.ofHours(3), Severity.WARNING, Subject.SCHEDULE, "the backup that was due at ");
        configure("", LIMITS);
        clock = Clock.offset(Clock.systemUTC(), Duration.ofDays(36));
        inThisProcess("verify", "--all");
        assertThat(problems()).noneMatch(each -> each.contains(" verification "));
        clock = Clock.systemUTC();
        Path later = document.resolveSibling("../20991231T235959Z").normalize();
        expect(
                Severity.WARNING,
                Subject.UNFINISHED,
                "backup 20991231T235959Z in 'local' was interrupted: its last object is 2h",
                () -> {
                    Files.createDirectory(later);
                    Files.copy(document.resolveSibling("intent.json"), later.resolve("intent.json"));
                    age(later.resolve("intent.json"), Duration.ofMinutes(121));
                    OperatingUser.current().own(later);
                },
                () -> TemporaryTree.delete(later));
        expect(
                Severity.WARNING,
                Subject.RETENTION,
                "its minimum-redundancy is 2",
                () -> configure("", LIMITS, server.dataDirectory(), "minimum-redundancy = 2\n"),
                () -> configure("", LIMITS));
    }

    /** A page of a table that a backup reads from the disk. */
    private void pages() throws Exception {
        expect(
                Severity.CRITICAL,
                Subject.PAGES,
                "1 damaged page in the cluster itself",
                () -> {
                    server.sql("CREATE TABLE damaged AS SELECT 1 AS i", "CHECKPOINT");
                    Path file = server.dataDirectory().resolve(server.query("SELECT pg_relation_filepath('damaged')"));
                    byte[] page = Files.readAllBytes(file);
                    page[page.length - 1] ^= 1;
                    Files.write(file, page);
                    cluster.host().run("backup");
                },
                () -> {
                    server.sql("DROP TABLE damaged", "CHECKPOINT");
                    cluster.host().must("backup");
                });
    }

    /** Time passes, and comes back. Other findings may appear as well. */
    private void expectLater(Duration later, Severity severity, Subject subject, String words) throws Exception {
        expect(
                severity,
                subject,
                words,
                () -> clock = Clock.offset(Clock.systemUTC(), later),
                () -> clock = Clock.systemUTC());
    }

    private void encryption() throws Exception {
        expect(
                Severity.CRITICAL,
                Subject.ENCRYPTION,
                "could not be read with the private keys of this host",
                () -> writeKey(AgeIdentity.generate(new SecureRandom())),
                () -> writeKey(key));
        Path stored = cluster.stored("vault", cluster.archive());
        byte[] good = Files.readAllBytes(stored);
        byte[] bad = good.clone();
        bad[bad.length - 1] ^= 1;
        Files.write(stored, bad);
        assertThat(problems("--decrypt")).singleElement().asString().startsWith("CRITICAL encryption ");
        Files.write(stored, good);
        assertThat(problems("--decrypt")).isEmpty();
    }

    private void switchWal() throws Exception {
        broken.add(Subject.SWITCH_WAL);
        server.sql("CREATE TABLE t (i int)");
        assertThat(problems("--switch-wal")).isEmpty();
        set("archive_command", "sleep 4; " + cluster.ownCommand());
        server.sql("DROP TABLE t");
        assertThat(problems("--switch-wal", "--timeout", "3s"))
                .anyMatch(
                        each -> each.startsWith("CRITICAL switch-wal ") && each.contains("did not arrive in 'vault'"));
        reset("archive_command");
        cluster.archive();
        assertThat(problems("--switch-wal")).isEmpty();
    }

    private void restarts() throws Exception {
        expect(
                Severity.CRITICAL,
                Subject.WAL_LEVEL,
                "wal_level is minimal",
                () -> {
                    server.sql(
                            "ALTER SYSTEM SET wal_level = minimal",
                            "ALTER SYSTEM SET archive_mode = off",
                            "ALTER SYSTEM SET max_wal_senders = 0");
                    server.restart();
                },
                () -> {
                    server.sql("ALTER SYSTEM RESET ALL");
                    server.restart();
                    cluster.archive();
                });
    }

    private void set(String name, String value) throws Exception {
        server.sql("ALTER SYSTEM SET " + name + " = '" + value + "'", "SELECT pg_reload_conf()");
        inForce(name, value);
    }

    private void reset(String name) throws Exception {
        server.sql("ALTER SYSTEM RESET " + name, "SELECT pg_reload_conf()");
        PostgresWait.until(
                name + " is reset",
                LIMIT,
                server,
                () -> server.query("SELECT count(*) FROM pg_settings WHERE name = '" + name
                                + "' AND (pending_restart OR sourcefile LIKE '%auto.conf')")
                        .equals("0"));
    }

    private void inForce(String name, String value) {
        PostgresWait.until(
                name + " is " + value,
                LIMIT,
                server,
                () -> server.query("SELECT count(*) FROM pg_settings WHERE name = '" + name
                                + "' AND (pending_restart OR" + " sourcefile LIKE '%auto.conf')")
                        .equals("1"));
    }

    /** Some segments of WAL, which the archiver then archives. */
    private void write(int segments) {
        for (int i = 0; i < segments; i++) {
            cluster.archive();
        }
    }

    private String lastArchived() {
        return server.query("SELECT last_archived_wal FROM pg_stat_archiver");
    }

    private static void age(Path file, Duration age) throws IOException {
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(age)));
    }

    private void writeKey(AgeIdentity identity) throws IOException {
        Path file = cluster.host().directory().resolve("vault.key");
        Files.write(file, identity.encode());
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        OperatingUser.current().own(file);
    }

    private void configure(String conninfo, String limits) throws IOException {
        configure(conninfo, limits, server.dataDirectory());
    }

    private void configure(String conninfo, String limits, Path dataDirectory) throws IOException {
        configure(conninfo, limits, dataDirectory, "");
    }

    private void configure(String conninfo, String limits, Path dataDirectory, String ofLocal) throws IOException {
        Path vault = cluster.directory("vault");
        Files.createDirectories(vault);
        cluster.host().configure("""
                push-timeout = '20s'
                [repository.local]
                url = '%s'
                %s
                [repository.vault]
                url = '%s'
                encrypt-to = ['%s']
                decrypt-with = ['%s']
                [cluster.main]
                conninfo = '%s'
                data-directory = '%s'
                [cluster.main.check]
                %s
                """.formatted(
                        cluster.directory("local").toUri(),
                        ofLocal,
                        vault.toUri(),
                        key.recipient(),
                        cluster.host().directory().resolve("vault.key"),
                        conninfo.isEmpty() ? server.conninfo() : conninfo,
                        dataDirectory,
                        limits));
    }

    /** Severity, subject and message of each finding that is not OK. */
    private List<String> problems(String... options) {
        List<String> arguments = new ArrayList<>(List.of("check", "--json"));
        arguments.addAll(List.of(options));
        JsonNode report = JsonMapper.shared().readTree(inThisProcess(arguments.toArray(String[]::new)));
        return new ArrayList<>(new TreeSet<>(report.get("findings")
                .valueStream()
                .map(each -> each.get("severity").asString() + " "
                        + each.get("subject").asString() + " "
                        + each.get("message").asString())
                .filter(each -> !each.startsWith("OK "))
                .toList()));
    }

    /** What a command prints, in this process: a process of its own takes ten times as long. */
    private String inThisProcess(String... arguments) {
        System.setProperty("tidemark.home", InstalledTidemark.home().toString());
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--config", cluster.host().config().toString()));
        Path directory = cluster.host().directory();
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        ByteArrayOutputStream talk = new ByteArrayOutputStream();
        try (PrintStream out = new PrintStream(data, true, StandardCharsets.UTF_8);
                PrintStream err = new PrintStream(talk, true, StandardCharsets.UTF_8)) {
            Environment environment = new Environment(
                    Map.of("PATH", String.valueOf(System.getenv("PATH"))), directory, directory, directory);
            new Program(new CommandContext(environment, clock, out, err, false, false)).run(all.toArray(String[]::new));
        }
        assertThat(talk.toString(StandardCharsets.UTF_8))
                .as(String.join(" ", all))
                .doesNotContain("ERROR");
        return data.toString(StandardCharsets.UTF_8);
    }
}
