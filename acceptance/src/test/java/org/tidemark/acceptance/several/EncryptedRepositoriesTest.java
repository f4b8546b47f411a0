// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.several;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresWait;

/**
 * PostgreSQL archives to two directories, each encrypted for a key of its own; the host that archives has neither. What
 * is restored comes through the launcher, with one of the keys.
 */
@InTurn
class EncryptedRepositoriesTest {
    /** In a row and so in WAL and in a table's file. */
    private static final String WORDS = "nobody without a key reads these words";

    // Not compressed, so that what is in the clear could be found.
    private final TwoDisks disks = new TwoDisks("near", "far");
    private final TidemarkHost host = disks.host();
    private final PostgresServer server = disks.server();

    @BeforeEach
    void start() throws IOException {
        for (String name : List.of("near", "far")) {
            String key = host.must("init", "--make-key", key(name).toString()).data();
            disks.with(name, "compression = 'none'\n" + key);
        }
        host.must("init");
    }

    @AfterEach
    void stop() {
        disks.close();
    }

    private Path key(String name) {
        return host.directory().resolve(name + ".key");
    }

    @Test
    void eachIsRestoredWithItsOwnKeyAloneAndReplaysItsEncryptedWalToTheTarget() throws Exception {
        server.sql("CREATE TABLE words AS SELECT i, '" + WORDS + "'::text AS t FROM generate_series(1, 2000) i");
        List<String> backups = host.must("backup").data().lines().toList();
        assertThat(backups).as("one for each set of recipients").hasSize(2);
        for (int row = 0; row < 3; row++) {
            server.sql("INSERT INTO words VALUES (3000 + " + row + ", '" + WORDS + "')");
            server.archiveCurrentSegment(TwoDisks.LIMIT);
        }
        SortedMap<String, String> before = server.tableHashes();
        String moment = server.query("SELECT pg_current_wal_lsn()");
        server.sql("DROP TABLE words");
        server.archiveCurrentSegment(TwoDisks.LIMIT);

        for (String name : List.of("near", "far")) {
            assertThat(filesThatHold(disks.directory(name)))
                    .as("in the clear in " + name)
                    .isEmpty();
            String other = name.equals("near") ? "far" : "near";
            refuses(
                    name,
                    moment,
                    "none of the private keys opens",
                    "--decrypt-with",
                    key(other).toString());
            refuses(name, moment, "no private key is configured");
            restores(name, moment, before);
        }
        assertThat(host.must("list-backup", "--repository", "near").data())
                .contains(backups.get(0) + " ")
                .doesNotContain(backups.get(1) + " ");
        assertThat(host.must("list-backup", "--repository", "far").data())
                .contains(backups.get(1) + " ")
                .doesNotContain(backups.get(0) + " ");
        assertThat(host.printed()).doesNotContain("AGE-SECRET-KEY");
        assertThat(server.log()).doesNotContain("AGE-SECRET-KEY");
    }

    private void restores(String name, String moment, SortedMap<String, String> rows) throws IOException {
        Path restored = host.directory().resolve("restored-" + name);
        host.must(
                "recover",
                "--repository",
                name,
                "--decrypt-with",
                key(name).toString(),
                "--to",
                restored.toString(),
                "--target-lsn",
                moment,
                "--exclusive",
                "--target-action",
                "promote");
        assertThat(Files.readString(restored.resolve("postgresql.auto.conf")))
                .contains("--decrypt-with")
                .doesNotContain("AGE-SECRET-KEY");
        try (PostgresServer copy =
                PostgresServer.of(disks.binaries()).from(restored).start()) {
            copy.awaitRecoveryEnd(TwoDisks.LIMIT);
            assertThat(copy.log()).as("WAL came through restore_command").contains("restored log file");
            assertThat(copy.tableHashes()).as(copy.log()).isEqualTo(rows);
        }
    }

    private void refuses(String name, String moment, String message, String... keys) {
        Path target = host.directory().resolve("refused");
        List<String> arguments = new ArrayList<>(
                List.of("recover", "--repository", name, "--to", target.toString(), "--target-lsn", moment));
        arguments.addAll(List.of(keys));
        Outcome refused = host.run(arguments.toArray(String[]::new));
        assertThat(refused.status()).as(refused.data() + refused.talk()).isEqualTo(33);
        assertThat(refused.talk()).contains(message);
    }

    /** Files queued for a lagging repository are encrypted before they are queued. */
    @Test
    void whatIsKeptForALateOneIsEncryptedToo() throws Exception {
        server.sql("CREATE TABLE words AS SELECT 1 AS i");
        server.archiveCurrentSegment(TwoDisks.LIMIT);
        disks.unmount("far");
        server.sql("CREATE TABLE more AS SELECT '" + WORDS + "'::text FROM generate_series(1, 2000) i");
        String segment = server.archiveCurrentSegment(TwoDisks.LIMIT);

        Path kept = host.directory().resolve("spool/v1/pending");
        assertThat(names(kept)).anyMatch(name -> name.endsWith(segment));
        assertThat(filesThatHold(kept)).isEmpty();
        disks.mount("far");
        host.must("sync");

        assertThat(names(disks.directory("far"))).contains(segment);
        assertThat(names(kept)).isEmpty();
        host.must(
                "verify",
                "--all",
                "--repository",
                "far",
                "--decrypt-with",
                key("far").toString());
    }

    @Test
    void whatIsAdvisedForAHoleFillsIt() throws Exception {
        disks.with("plain", "compression = 'none'\n");
        host.must("init");
        host.must("backup");
        server.sql("CREATE TABLE words (i integer)");
        List<String> segments = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            server.sql("INSERT INTO words VALUES (1)");
            segments.add(server.archiveCurrentSegment(TwoDisks.LIMIT));
        }
        host.must("sync"); // nothing is queued
        assertThat(host.must("list-backup").data()).doesNotContain("lacks");
        remove("near", segments.get(1));

        String advice = "tidemark sync --config " + host.config() + " far near";
        assertThat(host.run("check").data()).contains(segments.get(1), advice);
        PostgresWait.until(
                "list-backup tells what is lacking",
                TwoDisks.LIMIT,
                server,
                () -> host.must("list-backup").data().contains(advice));
        host.must("sync", "far", "near");
        assertThat(host.run("check").data()).doesNotContain(segments.get(1));
        assertThat(host.must("list-backup").data()).doesNotContain("lacks");

        remove("near", segments.get(2));
        remove("far", segments.get(2));
        assertThat(host.run("check").data())
                .contains("'plain' has it")
                .contains("'near' takes only encrypted objects, but those of 'plain' are not")
                .doesNotContain(" plain near");
    }

    private void remove(String repository, String segment) throws IOException {
        for (Path file : disks.files(repository, segment)) {
            Files.delete(file);
        }
    }

    private static List<String> names(Path directory) throws IOException {
        return TwoDisks.filesBelow(directory).stream()
                .map(file -> String.valueOf(file.getFileName()))
                .toList();
    }

    private static List<Path> filesThatHold(Path directory) throws IOException {
        List<Path> found = new ArrayList<>();
        for (Path file : TwoDisks.filesBelow(directory)) {
            if (new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(WORDS)) {
                found.add(file);
            }
        }
        return found;
    }
}
