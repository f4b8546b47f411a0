// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Sha256;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.TemporaryTree;

/**
 * {@code drill} beside a server that runs, with a tablespace and an encrypted repository: what it proves, whose fault a
 * failure is, and that nothing stays.
 */
@InTurn
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class DrillTest {
    /**
     * A moment that is chosen by chance must not be one at which another test has broken something: these come first.
     */
    private static final int BY_CHANCE = 1;

    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Optional<PostgresBinaries> MACHINE = PostgresBinaries.ofMachine();
    private static final Path CHECKOUT =
            Path.of(System.getProperty("tidemark.root", "..")).toAbsolutePath().normalize();
    private static final TidemarkHost HOST = new TidemarkHost();
    private static Optional<PostgresServer> original = Optional.empty();
    private static String toml = "";
    private final Path parent = HOST.directory().resolve("drills");
    private final Path objects = HOST.directory().resolve("repository");
    private final PostgresServer server = original.orElseThrow();

    @BeforeAll
    static void archive() throws IOException {
        assumeTrue(MACHINE.isPresent(), "no PostgreSQL of Debian: apt-get install postgresql-15");
        PostgresServer server = PostgresServer.of(MACHINE.get())
                .initdb("--wal-segsize=1", "--data-checksums")
                .archiving(HOST.archiveCommand())
                .start();
        original = Optional.of(server);
        Path key = HOST.directory().resolve("key");
        String repository = "[repository.local]\nurl = '"
                + HOST.directory().resolve("repository").toUri() + "'\n";
        String cluster = "[cluster.main]\nconninfo = '" + server.conninfo() + "'\ndata-directory = '"
                + server.dataDirectory() + "'\n";
        HOST.configure(repository + cluster);
        String encryptTo = HOST.must("init", "--make-key", key.toString()).data();
        toml = repository + encryptTo + "decrypt-with = ['" + key + "']\n" + cluster;
        HOST.configure(toml);
        HOST.must("init");
        Path fast = Files.createDirectory(HOST.directory().resolve("fast"));
        OperatingUser.current().own(fast);
        server.sql("CREATE TABLESPACE fast LOCATION '" + fast + "'");
        server.sql("CREATE TABLE t TABLESPACE fast AS SELECT 1 AS n", "CREATE DATABASE shop TEMPLATE postgres");
        HOST.must("backup");
        for (int n = 2; n < 40; n++) {
            server.sql("INSERT INTO t VALUES (" + n + ")");
        }
        server.archiveCurrentSegment(LIMIT);
    }

    @AfterAll
    static void close() {
        original.ifPresent(PostgresServer::close);
        HOST.close();
    }

    @AfterEach
    void nothingStays() throws IOException {
        HOST.configure(toml);
        if (Files.exists(parent)) {
            assertThat(parent).isEmptyDirectory();
        }
    }

    private Outcome drill(String... options) {
        List<String> line = new ArrayList<>(List.of("drill", "--to", parent.toString()));
        line.addAll(List.of(options));
        return HOST.run(line.toArray(String[]::new));
    }

    private List<Path> stored() throws IOException {
        try (Stream<Path> files = Files.walk(objects)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> !file.toString().contains("/mark/"))
                    .toList();
        }
    }

    private long notes() throws IOException {
        try (Stream<Path> files = Files.walk(objects)) {
            return files.filter(file -> file.toString().contains("/mark/wal/")).count();
        }
    }

    private static void ask(String... questions) throws IOException {
        HOST.configure(toml + String.join("", questions));
    }

    private static String question(String name, String sql, String expect) {
        return "[drill.question." + name + "]\nsql = '" + sql + "'\nexpect = '" + expect + "'\n";
    }

    @Test
    @Order(BY_CHANCE)
    void aMomentByChanceIsProvenWhileTheServerWrites() throws IOException {
        List<Path> before = stored();
        AtomicBoolean writes = new AtomicBoolean(true);
        Thread writer = Thread.ofVirtual().unstarted(() -> {
            while (writes.get()) {
                server.sql("INSERT INTO w VALUES (1)");
            }
        });
        server.sql("CREATE TABLE w (n int)");
        writer.start();
        ask(question("rows", "SELECT count(*) FROM public.t", ">= 1"));
        long seed = Rounds.random().nextInt(1_000_000);

        Outcome outcome = drill("--seed", Long.toString(seed));

        writes.set(false);
        await().atMost(LIMIT).until(() -> !writer.isAlive());

        assertThat(outcome.status())
                .as("seed " + seed + outcome.talk() + outcome.data())
                .isZero();
        assertThat(outcome.data()).startsWith("main · PROVEN to ").contains("--seed " + seed, "passed  question rows");
        assertThat(outcome.data()).contains("passed  moment: ", "passed  pages: ", "2 databases answer");
        assertThat(stored()).containsAll(before);
        assertThat(stored().stream().map(file -> objects.relativize(file).toString()))
                .as("of the timeline of the copy")
                .noneMatch(file -> !file.contains("/drill/") && file.contains("00000002"));
        assertThat(server.query("SELECT count(*) FROM t")).isEqualTo("39");
        assertThat(server.query("SELECT count(*) FROM pg_stat_replication")).isEqualTo("0");
    }

    @Test
    void theNewestStateIsProvenAndMeasured() throws IOException {
        long before = notes();

        Outcome outcome = drill("--target", "latest", "--output", "json");

        assertThat(outcome.status()).as(outcome.talk() + outcome.data()).isZero();
        assertThat(outcome.data())
                .contains("\"proven\" : true", "the newest that is archived", "\"target\" : \"latest\"");
        assertThat(notes()).as("the note of the measured restore").isEqualTo(before + 1);
    }

    @Test
    void aSeedRepeatsTheMomentAndAPlanWritesNothing() {
        String plan = drill("--seed", "4711", "--dry-run").data();

        assertThat(plan.lines().findFirst())
                .hasValueSatisfying(first -> assertThat(first).contains("main · a drill of ", "--seed 4711"));
        assertThat(drill("--seed", "4711", "--dry-run").data().lines().findFirst())
                .isEqualTo(plan.lines().findFirst());
        assertThat(drill("--seed", "1", "--target", "latest").status()).isEqualTo(ExitCode.USAGE.status());
    }

    @Test
    void aTimeIsProvenAndACopyThatIsKeptIsHarmlessHoweverItIsStarted() throws Exception {
        String moment =
                server.query("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US\"Z\"')");
        server.sql("INSERT INTO t VALUES (100)", "DELETE FROM t WHERE n = 100");
        server.archiveCurrentSegment(LIMIT);

        Outcome outcome = drill("--target", moment, "--timeline", "1", "--keep");

        assertThat(outcome.status()).as(outcome.talk() + outcome.data()).isZero();
        assertThat(outcome.data())
                .startsWith("main · PROVEN to ")
                .contains("again: ", " --target '" + moment.substring(0, 19), "' --timeline 1")
                .contains("passed  moment: replayed exactly to ");
        Path kept;
        try (Stream<Path> all = Files.list(parent)) {
            kept = all.findFirst().orElseThrow();
        }
        Path data = kept.resolve("data");
        String control = MACHINE.orElseThrow().programs() + "/pg_ctl -D " + data;
        OwnersShell.shell(control + " -w -l " + kept + "/log start");
        try {
            assertThat(OwnersShell.ask(data, "SHOW archive_mode")).isEqualTo("off");
            assertThat(OwnersShell.ask(data, "SHOW listen_addresses")).isEmpty();
            assertThat(OwnersShell.ask(data, "SELECT count(*) FROM t")).isEqualTo("39");
        } finally {
            OwnersShell.shell(control + " -m immediate stop; rm -rf " + kept);
        }
    }

    @Test
    void aQuestionWithAnotherAnswerIsTheFaultOfTheQuestion() throws IOException {
        ask(
                question("rows", "SELECT count(*) FROM public.t", "38"),
                question("writes", "DELETE FROM public.t RETURNING n", "1"));

        Outcome outcome = drill("--target", "latest");

        assertThat(outcome.status()).isEqualTo(ExitCode.NO.status());
        assertThat(outcome.data())
                .startsWith("main · NOT PROVEN: the answer is 39, and expected is '38' · the fault is of the question")
                .contains("FAILED  question writes: ", "read-only transaction", "passed  pages");
        String stored = Files.readString(evidence().getLast());
        assertThat(stored)
                .contains("{\"name\":\"question rows\",\"passed\":false,\"fault\":\"question\",\"asked\":\"")
                .contains("\"proven\": false", "\"name\":\"pages\",\"passed\":true", "\"postgresVersion\": 1")
                .contains("\"backupDigest\": ", "\"walLast\": ", "\"reached\": ", "\"lastKept\": ")
                .doesNotContain("the answer is");
        assertThat(HOST.run("proof").data())
                .contains("FAILED question rows, not answered as expected")
                .containsPattern("\nrows +20[-0-9]+ [0-9:]+ +20[-0-9]+ [0-9:]+Z +FAILED, not answered as expected\n");
    }

    @Test
    void anAnswerThatMustNotChangeIsComparedWithTheDrillBefore() throws IOException {
        String since = "since = '2026-01-15 00:00:00Z'\n";
        String ask = question("old", "SELECT count(*) FROM public.t WHERE n < 10", "unchanged");
        ask(ask + "since = '2126-01-15 00:00:00Z'\n");
        assertThat(drill("--target", "latest").talk())
                .contains("question 'old' is not asked: the copy is not known to be of 2126-01-15 00:00:00Z or later");
        ask(ask + since);

        assertThat(drill("--target", "latest").data())
                .contains("passed  question old: the answer is 9; the next drill compares");
        assertThat(drill("--target", "latest").data())
                .contains("passed  question old: the answer is 9, as in the drill of 20");
        assertThat(Files.readString(evidence().getLast()))
                .contains("\"name\":\"question old\",\"passed\":true,\"question\":\"", "\"answer\":\"");
        server.sql("DELETE FROM t WHERE n = 5");
        server.archiveCurrentSegment(LIMIT);
        try {
            for (int n = 0; n < 2; n++) {
                assertThat(drill("--target", "latest").data())
                        .startsWith("main · NOT PROVEN: the answer is 8, and was another one in the drill of 20")
                        .contains("the fault is of the question");
            }
        } finally {
            server.sql("INSERT INTO t VALUES (5)");
            server.archiveCurrentSegment(LIMIT);
        }
        ask(question("old", "SELECT count(*) FROM public.t WHERE n < 11", "unchanged") + since);
        assertThat(drill("--target", "latest").data()).contains("the answer is 10; the next drill compares");
    }

    /** In this host's order, an index of texts may be wrong and in that of another host right. */
    @Test
    void anIndexOfTextsInAnotherOrderIsTheFaultOfTheHost() throws IOException {
        String order = "CREATE OR REPLACE FUNCTION public.text_order(text, text) RETURNS int LANGUAGE sql IMMUTABLE AS"
                + " 'SELECT %s pg_catalog.bttextcmp($1, $2)'";
        server.sql(
                order.formatted(""),
                "CREATE OPERATOR CLASS public.by_text FOR TYPE text USING btree AS OPERATOR 1 < (text, text),"
                        + " OPERATOR 2 <= (text, text), OPERATOR 3 = (text, text), OPERATOR 4 >= (text, text),"
                        + " OPERATOR 5 > (text, text), FUNCTION 1 public.text_order(text, text)",
                "CREATE COLLATION public.sorted (provider = icu, locale = 'de')",
                "CREATE TABLE words AS SELECT n::text COLLATE public.sorted AS w FROM generate_series(1, 20) n",
                "CREATE INDEX worded ON public.words (w public.by_text)",
                order.formatted("-"));
        server.archiveCurrentSegment(LIMIT);
        try {
            assertThat(drill("--target", "latest").data())
                    .startsWith("main · NOT PROVEN: index 'public.worded' of database 'postgres' has another order than"
                            + " this host sorts in: ")
                    .contains("FAILED  amcheck: ", "the fault is of this host", "passed  pages: ");
        } finally {
            server.sql(
                    "DROP OPERATOR FAMILY public.by_text USING btree CASCADE",
                    "DROP FUNCTION public.text_order",
                    "DROP TABLE words",
                    "DROP COLLATION public.sorted");
            server.archiveCurrentSegment(LIMIT);
        }
    }

    /** An order that PostgreSQL does not have: of the index when it was made, and not of the function after that. */
    @Test
    void anIndexInAnotherOrderIsFoundByAmcheck() throws IOException {
        String order = "CREATE OR REPLACE FUNCTION public.in_order(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS"
                + " 'SELECT %s pg_catalog.btint4cmp($1, $2)'";
        server.sql(
                order.formatted(""),
                "CREATE OPERATOR CLASS public.by_order FOR TYPE int USING btree AS OPERATOR 1 < (int, int),"
                        + " OPERATOR 2 <= (int, int), OPERATOR 3 = (int, int), OPERATOR 4 >= (int, int),"
                        + " OPERATOR 5 > (int, int), FUNCTION 1 public.in_order(int, int)",
                "CREATE INDEX ordered ON public.t (n public.by_order)");
        server.archiveCurrentSegment(LIMIT);
        try {
            assertThat(drill("--target", "latest").data())
                    .startsWith("main · PROVEN to ")
                    .containsPattern("passed  amcheck: [0-9]{3,} tables and [0-9]{3,} indexes are sound\n");
            server.sql(order.formatted("-"));
            server.archiveCurrentSegment(LIMIT);

            assertThat(drill("--target", "latest").data())
                    .startsWith("main · NOT PROVEN: index 'public.ordered' of database 'postgres' is not sound: ")
                    .contains("FAILED  amcheck: ", "the fault is of the backup", "passed  pages: ");
        } finally {
            server.sql("DROP OPERATOR FAMILY public.by_order USING btree CASCADE", "DROP FUNCTION public.in_order");
            server.archiveCurrentSegment(LIMIT);
        }
    }

    /** In the order of the numbers. */
    private List<Path> evidence() throws IOException {
        return stored().stream()
                .filter(file -> file.toString().contains("/drill/"))
                .filter(file -> !file.toString().contains("/run/drill/"))
                .sorted()
                .toList();
    }

    /** Such as the server's current one, in a segment that is not archived yet. */
    @Test
    void aPositionAfterTheArchivedWalIsNoFailure() throws IOException {
        int before = evidence().size();

        Outcome outcome = drill("--target", "7F/0");

        assertThat(outcome.status()).isNotZero();
        assertThat(outcome.data() + outcome.talk()).contains("later than the end of the archived WAL");
        assertThat(evidence()).hasSize(before);
    }

    @Test
    void aDrillWhoseEvidenceNoRepositoryTakesSaysSo() throws IOException {
        drill("--target", "latest");
        Path chain = chain();
        int before = evidence().size();
        Files.setPosixFilePermissions(chain, PosixFilePermissions.fromString("r-x------"));
        try {
            Outcome outcome = drill("--target", "latest");

            assertThat(outcome.status()).as(outcome.talk()).isEqualTo(ExitCode.STORE_DENIED.status());
            assertThat(outcome.data()).startsWith("main · PROVEN to ").doesNotContain("evidence");
            assertThat(outcome.talk()).contains("the evidence of this drill is not stored in 'local': ");
        } finally {
            Files.setPosixFilePermissions(chain, PosixFilePermissions.fromString("rwx------"));
        }
        assertThat(evidence()).hasSize(before);
    }

    /** PostgreSQL asks for the next timeline when the copy opens, and in what is away it may be. */
    @Test
    void aDrillDoesNotWaitForARepositoryThatIsAway() throws IOException {
        Path away = HOST.directory().resolve("away");
        Path moved = away.resolveSibling("moved");
        String position = server.query("SELECT pg_current_wal_lsn()");
        server.sql("INSERT INTO t VALUES (0)", "DELETE FROM t WHERE n = 0");
        server.archiveCurrentSegment(LIMIT);
        HOST.configure("[repository.away]\nurl = '" + away.toUri() + "'\n" + toml);
        HOST.must("init", "--repository", "away");
        Files.move(away, moved);
        try {
            Outcome outcome = drill("--target", position, "--timeline", "1");

            assertThat(outcome.data()).as(outcome.talk()).startsWith("main · PROVEN to ");
            assertThat(outcome.talk()).contains("the evidence of this drill is not stored in 'away'");
        } finally {
            TemporaryTree.delete(moved);
        }
    }

    /** The folder of all of it: there are one host and one repository. */
    private Path chain() throws IOException {
        return Objects.requireNonNull(evidence().getLast().getParent());
    }

    private static String checkChain(Path chain, Path... key) throws IOException {
        String page = Files.readString(CHECKOUT.resolve("docs/restore/auditor.md"));
        int begin = page.indexOf("#!/bin/sh");
        Path script = Files.writeString(
                HOST.directory().resolve("check-chain.sh"), page.substring(begin, page.indexOf("```", begin)));
        return OwnersShell.shell("sh " + script + " " + chain + (key.length == 0 ? "" : " " + key[0]) + " || true");
    }

    /** The script of the page, with jq and sha256sum alone. */
    @Test
    void anAuditorChecksTheChainWithoutTidemark() throws Exception {
        ask(question("rows", "SELECT count(*) FROM public.t", "38"));
        for (int n = 0; n < 3; n++) {
            drill("--target", "latest");
        }
        List<Path> all = evidence();
        Path chain = chain();
        Path middle = all.get(all.size() - 2);
        assertThat(checkChain(chain)).isEqualTo("whole, from number 1 to number " + all.size() + "\n");
        assertThat(HOST.run("proof").data()).contains(", no gap, none changed").doesNotContain("BROKEN");

        Path aside = HOST.directory().resolve("aside.json");
        Files.move(middle, aside);
        assertThat(checkChain(chain))
                .isEqualTo("the document before " + all.getLast().getFileName() + " is missing\n");

        String changed = Files.readString(aside)
                .replace("\"passed\":false,\"fault\":\"question\"", "\"passed\":true")
                .replace("\"proven\": false", "\"proven\": true");
        writeWithDigest(middle, content(changed));
        assertThat(checkChain(chain))
                .isEqualTo("the document before " + all.getLast().getFileName() + " was changed\n");
        Outcome proof = HOST.run("proof");
        assertThat(proof.status()).isEqualTo(ExitCode.NO.status());
        assertThat(proof.data()).contains(middle.getFileName() + "' was changed");

        Files.writeString(middle, changed);
        assertThat(checkChain(chain)).contains(middle.getFileName() + " is damaged\n");
        Files.move(aside, middle, StandardCopyOption.REPLACE_EXISTING);
        OperatingUser.current().own(middle);
        assertThat(checkChain(chain)).startsWith("whole");
    }

    private static void writeWithDigest(Path document, String content) throws IOException {
        Files.writeString(
                document,
                content + "\"sha256\": \""
                        + Sha256.of(content.getBytes(StandardCharsets.UTF_8)).hex() + "\"}\n");
        OperatingUser.current().own(document);
    }

    private static String content(String document) {
        return document.substring(0, document.indexOf("\"sha256\": "));
    }

    /** Somebody who may write in the repository makes every digest again, and cannot make a signature. */
    @Test
    void anAuditorFindsByTheSignatureWhatNoDigestTells() throws Exception {
        Path key = HOST.directory().resolve("drill.key");
        Path pem = HOST.directory().resolve("drill.pem");
        String settings = HOST.must("keys", "new-signing", key.toString()).data();
        OwnersShell.shell("openssl pkey -pubout -in " + key + " -out " + pem);
        drill("--target", "latest");
        int unsigned = evidence().size();
        Path nobodys = Files.createDirectory(HOST.directory().resolve("nobodys"));
        assertThat(checkChain(nobodys)).isEqualTo("no document is here\n");
        OperatingUser.current().own(Files.copy(evidence().getLast(), nobodys.resolve("00000009.json")));
        assertThat(checkChain(nobodys)).isEqualTo("whole, from number 9 to number 9\n");
        assertThat(checkChain(nobodys, pem)).isEqualTo("no document is signed here\n");
        ask("[drill]\n" + settings);
        drill("--target", "latest");
        drill("--target", "latest");
        List<Path> all = evidence();
        assertThat(all).hasSize(unsigned + 2);
        String last = "whole, from number 1 to number " + all.size();
        assertThat(checkChain(chain())).isEqualTo(last + "\n");
        assertThat(checkChain(chain(), pem)).startsWith(last + ", 2 signed by this key, of main/");
        assertThat(HOST.run("proof").data())
                .contains(", no gap, none changed, 2 of " + all.size() + " signed by a key that this host knows")
                .doesNotContain("BROKEN");

        Path first = all.get(unsigned);
        byte[] before = Files.readAllBytes(first);
        byte[] after = Files.readAllBytes(all.getLast());
        writeWithDigest(first, content(Files.readString(first)).replace("\"passed\":true", "\"passed\": true"));
        writeWithDigest(
                all.getLast(),
                content(Files.readString(all.getLast()))
                        .replace(
                                Sha256.of(before).hex(),
                                Sha256.of(Files.readAllBytes(first)).hex()));
        try {
            assertThat(checkChain(chain())).as("without the key").isEqualTo(last + "\n");
            assertThat(checkChain(chain(), pem))
                    .isEqualTo(first.getFileName() + " is not signed by this key, or was changed\n"
                            + all.getLast().getFileName() + " is not signed by this key, or was changed\n");
            Outcome proof = HOST.run("proof");
            assertThat(proof.status()).isEqualTo(ExitCode.NO.status());
            assertThat(proof.data()).contains(first.getFileName() + "' in 'local' was changed: its signature");
        } finally {
            Files.write(first, before);
            Files.write(all.getLast(), after);
        }
    }

    @Test
    void aDrillWithAWrongSigningKeyRestoresNothing() throws IOException {
        int before = evidence().size();
        Path key = Files.writeString(HOST.directory().resolve("wrong.key"), "no key");
        OperatingUser.current().own(key);
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
        ask("[drill]\nsigning-key = '" + key + "'\n");

        Outcome outcome = drill("--target", "latest");

        assertThat(outcome.status()).as(outcome.talk()).isEqualTo(ExitCode.USAGE.status());
        assertThat(outcome.talk()).contains("is not its owner's alone", "chmod 600");
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        assertThat(drill("--target", "latest").talk()).contains("is not a PEM file with a private key of Ed25519");
        assertThat(evidence()).hasSize(before);
    }

    @Test
    void aMomentThatIsNotThereIsNotProvenAndSaysNothingOfTheArchive() throws IOException {
        int before = evidence().size();
        Outcome outcome = drill("--target", "FF/0");

        assertThat(outcome.status()).as(outcome.talk()).isEqualTo(ExitCode.NO.status());
        assertThat(outcome.data()).contains("NOT PROVEN: ", "FAILED  plan: ").doesNotContain("the fault is of");
        assertThat(outcome.talk()).doesNotContain("wal-verify");
        assertThat(evidence()).hasSize(before);
    }

    @Test
    void aPlaceInTheDataDirectoryOrInTheRepositoryIsRefused() {
        for (Path place : List.of(server.dataDirectory(), objects)) {
            Outcome outcome = HOST.run("drill", "--to", place.resolve("drills").toString(), "--target", "latest");
            assertThat(outcome.status())
                    .as(outcome.talk() + outcome.data())
                    .isEqualTo(ExitCode.RESTORE_REFUSED.status());
            assertThat(place.resolve("drills")).doesNotExist();
        }
    }

    /** Objects that are lost or foreign are put back afterwards. */
    private Outcome without(Path object, Optional<Path> instead, String... options) throws IOException {
        Path aside = HOST.directory().resolve("aside");
        Files.move(object, aside);
        try {
            if (instead.isPresent()) {
                Files.copy(instead.get(), object);
                OperatingUser.current().own(object);
            }
            return drill(options);
        } finally {
            Files.move(aside, object, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** Turns one bit; the object as it was is returned. */
    private static Path damage(Path object) throws IOException {
        Path aside = Files.move(object, HOST.directory().resolve("aside"));
        byte[] damaged = Files.readAllBytes(aside);
        damaged[damaged.length / 2] ^= 1;
        Files.write(object, damaged);
        OperatingUser.current().own(object);
        return aside;
    }

    private Path object(String part) throws IOException {
        return stored().stream()
                .filter(file -> objects.relativize(file).toString().contains(part))
                .sorted()
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + part + " in " + objects));
    }

    @Test
    void aLostBundleIsTheFaultOfTheBackup() throws IOException {
        Outcome outcome = without(object("/bundle/"), Optional.empty(), "--target", "latest");

        assertThat(outcome.status()).as(outcome.talk()).isEqualTo(ExitCode.NO.status());
        assertThat(outcome.data()).contains("NOT PROVEN: ", "the fault is of the backup");
    }

    /** A report relies for a day on a listing that showed everything. */
    @Test
    void aSeedDoesNotChooseByWhatWasThereBefore() throws IOException {
        String newer = HOST.must("backup").data().strip();
        HOST.must("list-backup");
        Path bundles = object("/bundles");
        Path aside = Files.move(bundles, HOST.directory().resolve("aside"));
        try {
            String first = drill("--seed", "4711", "--dry-run").data();
            String second = drill("--seed", "4711", "--dry-run").data();

            assertThat(second.lines().findFirst()).isEqualTo(first.lines().findFirst());
        } finally {
            Files.move(aside, bundles);
            HOST.must("delete", newer, "--force");
        }
    }

    @Test
    void damageThatAnotherRepositoryStandsInForIsInTheEvidence() throws IOException {
        Path other = HOST.directory().resolve("other");
        String keys = toml.substring(toml.indexOf('\n', toml.indexOf("url = ")), toml.indexOf("[cluster.main]"));
        HOST.configure(toml + "[repository.other]\nurl = '" + other.toUri() + "'" + keys);
        HOST.must("init", "--repository", "other");
        HOST.must("sync");
        Path bundle = object("/bundle/");
        Path aside = damage(bundle);
        try {
            Outcome outcome = drill("--target", "latest");

            String told = "every file matches the manifest of the backup; 'local' has no good copy, and 'other' was"
                    + " read instead: ";
            assertThat(outcome.data()).as(outcome.talk()).contains("PROVEN to ", "  passed  files: " + told);
            assertThat(Files.readString(evidence().getLast())).contains(told);
        } finally {
            Files.move(aside, bundle, StandardCopyOption.REPLACE_EXISTING);
            TemporaryTree.delete(other);
            HOST.configure(toml);
            HOST.must("verify", "--all");
        }
    }

    /** Each insert is in the last segments; the backup needs none of those. */
    private Path lastSegment() throws IOException {
        return stored().stream()
                .filter(file -> objects.relativize(file).toString().contains("/wal/"))
                .max(Path::compareTo)
                .orElseThrow();
    }

    @Test
    void aHoleInTheWalIsTheFaultOfTheWal() throws IOException {
        String position = server.query("SELECT pg_current_wal_lsn()");
        server.sql("INSERT INTO t VALUES (0)", "DELETE FROM t WHERE n = 0");
        Path hole = lastSegment();
        server.archiveCurrentSegment(LIMIT);
        server.sql("INSERT INTO t VALUES (0)", "DELETE FROM t WHERE n = 0");
        server.archiveCurrentSegment(LIMIT);

        Outcome outcome = without(hole, Optional.empty(), "--target", position);

        assertThat(outcome.status()).as(outcome.talk()).isEqualTo(ExitCode.NO.status());
        assertThat(outcome.data()).contains("NOT PROVEN: ", hole.getFileName().toString(), "the fault is of the WAL");
    }

    @Test
    void aSegmentOfAnotherClusterIsTheFaultOfTheWalAndTheLastGoodBackupStays() throws IOException {
        Outcome before = drill("--target", "latest");
        assertThat(before.status()).as(before.talk()).isZero();
        server.sql("INSERT INTO t VALUES (0)", "DELETE FROM t WHERE n = 0");
        String position = server.query("SELECT pg_current_wal_lsn()");
        String name = server.query("SELECT pg_walfile_name('" + position + "')");
        server.archiveCurrentSegment(LIMIT);
        server.sql("INSERT INTO t VALUES (0)", "DELETE FROM t WHERE n = 0");
        server.archiveCurrentSegment(LIMIT);
        try (TidemarkHost other = new TidemarkHost();
                PostgresServer stranger = PostgresServer.of(MACHINE.orElseThrow())
                        .initdb("--wal-segsize=1")
                        .archiving(other.archiveCommand())
                        .start()) {
            Path key = HOST.directory().resolve("key");
            Path foreign = other.directory().resolve("repository");
            String recipients = toml.lines()
                    .filter(line -> line.startsWith("encrypt-to"))
                    .findFirst()
                    .orElseThrow();
            other.configure("[repository.local]\nurl = '" + foreign.toUri() + "'\n" + recipients
                    + "\ndecrypt-with = ['" + key + "']\n[cluster.main]\nconninfo = '" + stranger.conninfo()
                    + "'\ndata-directory = '" + stranger.dataDirectory() + "'\n");
            other.must("init");
            stranger.sql("CREATE TABLE x (n int)");
            await().atMost(LIMIT).until(() -> {
                stranger.sql("INSERT INTO x VALUES (1)");
                return stranger.archiveCurrentSegment(LIMIT).compareTo(name) >= 0;
            });
            Path theirs;
            try (Stream<Path> files = Files.walk(foreign)) {
                theirs = files.filter(file -> file.getFileName().toString().startsWith(name))
                        .findFirst()
                        .orElseThrow();
            }

            Outcome outcome = without(object(name), Optional.of(theirs), "--target", position);

            assertThat(outcome.status()).as(outcome.talk()).isEqualTo(ExitCode.NO.status());
            assertThat(outcome.data()).contains("NOT PROVEN: ", "the fault is of the WAL");
            assertThat(outcome.talk()).contains("is kept in 'local' until ", ": an earlier drill of it passed");
            assertThat(HOST.must("list-backup").data()).contains("a drill failed; this backup was restored by");
            HOST.must("keep", "latest", "--release");
            // What the drill's verify has noted counts until the right segment is read.
            HOST.must("wal-verify");
        }
    }

    @Test
    void aLibraryThatIsMissingIsTheFaultOfThisHost() {
        server.sql("ALTER SYSTEM SET shared_preload_libraries = 'not_installed_here'");
        HOST.must("backup", "--name", "broken");
        server.sql("ALTER SYSTEM RESET shared_preload_libraries");
        server.archiveCurrentSegment(LIMIT);
        try {
            Outcome outcome = drill("--target", "latest");

            assertThat(outcome.status()).isEqualTo(ExitCode.NO.status());
            assertThat(outcome.data()).contains("NOT PROVEN: ", "not_installed_here", "the fault is of this host");
        } finally {
            HOST.must("delete", "broken");
        }
    }

    /** Libraries of functions and files of foreign tables are read only if a question asks for them. */
    @Test
    void aFileOutsideOfTheClusterThatAQuestionMissesIsTheFaultOfThisHost() throws IOException {
        server.sql(
                "CREATE EXTENSION file_fdw",
                "CREATE FUNCTION lost() RETURNS int LANGUAGE c AS '$libdir/file_fdw', 'file_fdw_handler'",
                "UPDATE pg_proc SET probin = 'not_installed_here' WHERE proname = 'lost'",
                "CREATE SERVER files FOREIGN DATA WRAPPER file_fdw",
                "CREATE FOREIGN TABLE outside (n int) SERVER files OPTIONS (filename '/nowhere/a.csv')");
        server.archiveCurrentSegment(LIMIT);
        ask(question("library", "SELECT public.lost()", "1"), question("file", "SELECT n FROM public.outside", "1"));
        try {
            Outcome outcome = drill("--target", "latest");

            assertThat(outcome.status()).as(outcome.talk()).isEqualTo(ExitCode.NO.status());
            assertThat(outcome.data())
                    .contains("FAILED  question library: ", "not_installed_here", "FAILED  question file: ")
                    .contains("the fault is of this host");
            assertThat(Files.readString(evidence().getLast())).doesNotContain("\"fault\":\"backup\"");
        } finally {
            server.sql("DROP FUNCTION lost()", "DROP EXTENSION file_fdw CASCADE");
            server.archiveCurrentSegment(LIMIT);
        }
    }

    @Test
    void aLocaleThatIsMissingIsTheFaultOfThisHost() {
        server.sql(
                "CREATE DATABASE klingon TEMPLATE postgres",
                "UPDATE pg_database SET datcollate = 'tlh_KL.utf8', datctype = 'tlh_KL.utf8' WHERE datname = 'klingon'");
        server.archiveCurrentSegment(LIMIT);
        try {
            Outcome outcome = drill("--target", "latest");

            assertThat(outcome.status()).as(outcome.talk()).isEqualTo(ExitCode.NO.status());
            assertThat(outcome.data())
                    .contains("FAILED  databases: nobody can use database 'klingon'", "the fault is of this host");
        } finally {
            server.sql("DROP DATABASE klingon");
            server.archiveCurrentSegment(LIMIT);
        }
    }

    private TidemarkHost.Running running() {
        TidemarkHost.Running running = HOST.start("drill", "--to", parent.toString(), "--target", "latest");
        await().atMost(LIMIT).until(() -> {
            try (Stream<Path> drills = Files.isDirectory(parent) ? Files.list(parent) : Stream.empty()) {
                return drills.anyMatch(each -> Files.exists(each.resolve("data/postmaster.pid")));
            }
        });
        return running;
    }

    @Test
    void whatAKilledDrillLeavesIsStoppedAndRemovedByTheNext() throws Exception {
        running().kill();
        assertThat(parent).isNotEmptyDirectory();

        Outcome outcome = drill("--target", "latest");

        assertThat(outcome.status()).as(outcome.talk()).isZero();
        assertThat(outcome.talk()).contains("removed what an interrupted drill had left: '" + parent);
        assertThat(OwnersShell.shell("ps -eo args | grep -c '[/]drills/drill-' || true")
                        .strip())
                .isEqualTo("0");
        assertThat(server.isRunning()).isTrue();
    }

    @Test
    void oneThatIsInterruptedRemovesItself() {
        TidemarkHost.Running running = running();
        running.signal("TERM");

        assertThat(running.await().status()).isEqualTo(ExitCode.INTERRUPTED.status());
    }

    private String scheduled(String times) {
        return toml + "[drill]\ndirectory = '" + parent + "'\n[cluster.main.schedule]\nverify = 'never'\ndrill = '"
                + times + "'\n";
    }

    @Test
    @Order(BY_CHANCE)
    void oneThatIsScheduledIsHeldOnceByOneOfTwoHosts() throws IOException {
        try (TidemarkHost other = new TidemarkHost()) {
            String schedule = scheduled("0 0 1 1 *");
            HOST.configure(schedule);
            other.configure(schedule);

            Outcome first = HOST.run("cron");
            Outcome again = HOST.run("cron");
            Outcome elsewhere = other.run("cron");

            assertThat(first.status()).as(first.talk()).isZero();
            assertThat(first.talk()).contains("cluster 'main': drill: PROVEN to ", ", from backup ");
            assertThat(again.talk() + elsewhere.talk()).doesNotContain("drill");
            assertThat(other.must("cron", "--dry-run").data()).containsPattern("main +drill +all .* done for ");
        }
    }

    @Test
    void oneThatFindsADamagedBackupHasItVerifiedAndIsNotTriedAgain() throws IOException {
        HOST.configure(scheduled("0 0 2 1 *"));
        Path bundle = object("/bundle/");
        Path aside = damage(bundle);
        try {
            Outcome outcome = HOST.run("cron");
            Outcome again = HOST.run("cron");

            assertThat(outcome.status()).as(outcome.talk()).isEqualTo(ExitCode.NO.status());
            assertThat(outcome.talk())
                    .contains("drill: NOT PROVEN: ", "the fault is of the backup", "/bundle/00000001: ");
            assertThat(again.status()).as(again.talk()).isZero();
        } finally {
            Files.move(aside, bundle, StandardCopyOption.REPLACE_EXISTING);
            HOST.configure(toml);
            HOST.must("verify", "--all");
        }
    }
}
