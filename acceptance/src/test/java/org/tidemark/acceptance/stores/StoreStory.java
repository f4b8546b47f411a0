// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.stores;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.tidemark.acceptance.InstalledTidemark;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StoreTraits.ExclusiveCreate;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.StoreAccess;
import org.tidemark.testkit.TemporaryTree;

/**
 * Archive, backup, more rows, an accident, a restore to the moment before, another backup, expiry of the first: through
 * the launcher, with PostgreSQL calling it. Extended by one class for each store.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class StoreStory {
    private static final Pattern BACKUP_ID = Pattern.compile("[0-9]{8}T[0-9]{6}Z(-[0-9]+)?");
    private static final int RACE_BYTES = 20_000;
    private static final Duration LIMIT = Duration.ofMinutes(3);

    /** Before the backup, and after it again. */
    private static final int ROWS = Rounds.of(2_000, 20_000);

    /** How many backups the policy keeps. */
    private static final int KEPT = Rounds.of(1, 2);

    /** Every second is a day on which a backup and an expiry are due. */
    private static final String SCHEDULE = """
            [cluster.main.schedule]
            backup = '* * * * * ?'
            expire = '* * * * * ?'
            verify = 'never'
            """;

    private @Nullable StoreHost storeHost;

    /** The server of this store; closed after the last story. */
    protected abstract StoreHost startHost() throws Exception;

    @BeforeAll
    void start() throws Exception {
        storeHost = startHost();
        // Where the libraries are of stores that have some of their own.
        System.setProperty("tidemark.home", InstalledTidemark.home().toString());
    }

    @AfterAll
    void stop() {
        if (storeHost != null) {
            storeHost.close();
        }
    }

    private StoreSite newSite(Path directory) throws Exception {
        return requireNonNull(storeHost).newSite(directory);
    }

    /** Whether what is stored is encrypted as well; the host has the private key then, to restore. */
    protected boolean encrypted() {
        return false;
    }

    /** Whether the story goes on after its restore, with backups by the schedule; in a build at one store only. */
    protected boolean isWhole() {
        return Rounds.atEachStore();
    }

    @Test
    void aTableThatWasDroppedComesBackWithEveryRowAndNoSecretIsShown() throws Exception {
        PostgresBinaries binaries = PostgresBinaries.oldestAndNewest().getLast();
        try (TidemarkHost host = TidemarkHost.ofFirstProcesses();
                PostgresServer server = PostgresServer.of(binaries)
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            StoreSite site = newSite(host.directory());
            List<String> secrets = new ArrayList<>(site.secrets());
            String keys = encrypted() ? newKeys(host, secrets) : "";
            host.configure(
                    site.toml("store") + keys + "retention = 'REDUNDANCY " + KEPT + "'\n[cluster.main]\nconninfo = '"
                            + server.conninfo() + "'\ndata-directory = '" + server.dataDirectory() + "'\n" + SCHEDULE);
            // Its own name is in the arguments of each command: found, it shows that the watch sees them.
            String shown = host.config().toString();
            try (ProcessWatch watch = new ProcessWatch(concat(secrets, shown))) {
                tell(host, server, binaries);

                assertThat(watch.found()).as("in the list of processes").containsExactly(shown);
            }
            String restored = Files.readString(restored(host).resolve("postgresql.auto.conf"));
            for (String secret : secrets) {
                assertThat(host.printed()).doesNotContain(secret);
                assertThat(server.log()).doesNotContain(secret);
                assertThat(restored).doesNotContain(secret);
            }
        }
    }

    private void tell(TidemarkHost host, PostgresServer server, PostgresBinaries binaries) throws Exception {
        host.must("init");
        host.must("init", "--test");
        assertThat(host.must("init", "--output", "json").data()).contains("\"store\"");
        assertThat(host.must("config").data()).contains("repository.store.url");
        assertThat(host.must("config", "--output", "json").data()).contains("repository.store.url");
        server.sql("CREATE TABLE ticks AS SELECT i, md5(i::text) AS t FROM generate_series(1, " + ROWS + ") i");
        String backup = host.must("backup").data().strip();
        server.sql("INSERT INTO ticks SELECT i, md5(i::text) FROM generate_series(1, " + ROWS + ") i");
        SortedMap<String, String> before = server.tableHashes();
        String moment = server.query("SELECT pg_current_wal_lsn()");
        server.sql("DROP TABLE ticks");
        server.archiveCurrentSegment(LIMIT);

        assertThat(host.must("list-backup").data()).contains(backup);
        assertThat(host.must("list-backup", "--output", "json").data()).contains(backup);
        // Whether all is well is not the matter here: of a store for a single writer it says that this is one.
        assertThat(host.run("check", "--output", "json").data()).contains("formatVersion");
        host.must("verify", "--all", "--verbose");
        host.must(
                "recover",
                "--to",
                restored(host).toString(),
                "--target-lsn",
                moment,
                "--exclusive",
                "--target-action",
                "promote");
        try (PostgresServer copy =
                PostgresServer.of(binaries).from(restored(host)).start()) {
            copy.awaitRecoveryEnd(LIMIT);
            assertThat(copy.tableHashes()).as(copy.log()).isEqualTo(before);
        }
        if (isWhole()) {
            liveByTheSchedule(host, server, binaries, backup);
        }
    }

    /** What was there after a backup, and where in the WAL that was. */
    private record Day(String backup, String lsn, SortedMap<String, String> rows) {}

    /** Each day there are new rows, and no more backups than are kept; what they reach can be restored. */
    private static void liveByTheSchedule(
            TidemarkHost host, PostgresServer server, PostgresBinaries binaries, String first) throws Exception {
        List<Day> days = new ArrayList<>();
        int count = Rounds.of(1, 10);
        for (int day = 1; day <= count; day++) {
            server.sql("CREATE TABLE day" + day + " AS SELECT generate_series(1, 1000) AS i");
            String backup = host.must("cron").data().strip();
            // One that verify has read stays until it has read the newest.
            host.must("verify", "--all");
            host.must("expire", "--confirm");
            server.sql("INSERT INTO day" + day + " SELECT generate_series(1, 100)");
            days.add(new Day(backup, server.query("SELECT pg_current_wal_lsn()"), server.tableHashes()));
            assertThat(backup).isNotEmpty();
            assertThat(backups(host)).contains(backup).hasSizeLessThanOrEqualTo(KEPT);
        }
        List<Day> reachable = days.subList(count - KEPT, count);
        assertThat(backups(host))
                .containsExactlyElementsOf(reachable.stream().map(Day::backup).toList());
        host.must("verify", "--all");
        assertThat(host.run("show-backup", first).status()).isNotZero();
        server.archiveCurrentSegment(LIMIT);
        // A restore for each of them takes its time, and the story has restored once already.
        for (Day day : reachable.subList(0, Rounds.of(0, KEPT))) {
            TemporaryTree.delete(restored(host));
            host.must(
                    "recover",
                    "--to",
                    restored(host).toString(),
                    "--target-lsn",
                    day.lsn(),
                    "--target-action",
                    "promote");
            try (PostgresServer copy =
                    PostgresServer.of(binaries).from(restored(host)).start()) {
                copy.awaitRecoveryEnd(LIMIT);
                assertThat(copy.tableHashes()).as(copy.log()).isEqualTo(day.rows());
            }
        }
    }

    private static List<String> backups(TidemarkHost host) {
        return host.must("list-backup")
                .data()
                .lines()
                .map(BACKUP_ID::matcher)
                .filter(Matcher::lookingAt)
                .map(Matcher::group)
                .sorted()
                .toList();
    }

    private static Path restored(TidemarkHost host) {
        return host.directory().resolve("restored");
    }

    /** Makes a pair as an operator does; the lines of the configuration that name it. */
    private static String newKeys(TidemarkHost host, List<String> secrets) throws IOException {
        Path file = host.directory().resolve("private.key");
        OperatingUser.current().own(host.directory());
        String encryptTo = host.must("init", "--make-key", file.toString()).data();
        secrets.addAll(Files.readAllLines(file).stream()
                .filter(line -> line.startsWith("AGE-SECRET-KEY-"))
                .toList());
        assertThat(secrets).as("private keys").isNotEmpty();
        return encryptTo + "decrypt-with = ['" + file + "']\n";
    }

    private static List<String> concat(List<String> some, String one) {
        return Stream.concat(some.stream(), Stream.of(one)).toList();
    }

    /** A writer that gets success finds its own content; where the store promises it, exactly one writer does. */
    @Test
    void ofSeveralProcessesThatWriteOneKeyExactlyOneWinsAndEveryOtherKnows() throws Exception {
        int rounds = Rounds.of(5, 200);
        int writers = Rounds.of(4, 8);
        Path directory = OperatingUser.current().newTemporaryDirectory("tidemark-race");
        try {
            StoreSite site = newSite(directory);
            StoreProcess.createRoot(site);
            OperatingUser.current().own(directory);
            try (ObjectStore store = StoreProcess.open(site);
                    RacingProcesses processes = new RacingProcesses(site, directory, writers, RACE_BYTES)) {
                for (int round = 0; round < rounds; round++) {
                    String key = "race/" + round;
                    List<String> answers = processes.race(key);
                    byte[] stored = StoreAccess.read(store, key);
                    List<Integer> winners = IntStream.range(0, writers)
                            .filter(writer -> answers.get(writer).equals(RaceWriter.WON))
                            .boxed()
                            .toList();

                    assertThat(winners.stream()
                                    .filter(writer -> Arrays.equals(stored, RaceWriter.content(writer, RACE_BYTES))))
                            .as("round %d: %s", round, answers)
                            .hasSize(1);
                    if (store.traits().exclusiveCreate() == ExclusiveCreate.ATOMIC) {
                        assertThat(answers)
                                .containsOnly(RaceWriter.WON, RaceWriter.LOST)
                                .containsOnlyOnce(RaceWriter.WON);
                    }
                }
            }
        } finally {
            TemporaryTree.delete(directory);
        }
    }

    /** With one processor and with two: a thread that waits for a class may keep the processor of another. */
    @Test
    void aProcessWhoseFirstRequestsAreManyAtOnceEnds() throws Exception {
        int processes = Rounds.of(1, 200);
        Path directory = OperatingUser.current().newTemporaryDirectory("tidemark-requests");
        try {
            StoreSite site = newSite(directory);
            StoreProcess.createRoot(site);
            OperatingUser.current().own(directory);
            try (ObjectStore store = StoreProcess.open(site)) {
                StoreAccess.put(store, RequestsAtOnce.STORED, RequestsAtOnce.STORED.getBytes(UTF_8));
            }
            Path settings = StoreProcess.write(site, directory);
            for (int number = 0; number < processes; number++) {
                int processors = 1 + number % 2;
                Process process = StoreProcess.of(
                                RequestsAtOnce.class,
                                List.of("-XX:ActiveProcessorCount=" + processors),
                                settings,
                                Integer.toString(number))
                        .start();
                if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    throw new AssertionError("process " + number + " on " + processors + " processors stands still");
                }
                assertThat(process.exitValue()).as("process %d", number).isZero();
            }
        } finally {
            TemporaryTree.delete(directory);
        }
    }
}
