// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.several;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresServerBuilder;
import org.tidemark.testkit.PostgresWait;
import org.tidemark.testkit.Rounds;

/** Two servers archived to one cluster, or an object is damaged; the right server goes on with {@code wal-resolve}. */
@InTurn
class WalResolveTest {
    private static final Duration LIMIT = Duration.ofMinutes(3);

    private final PostgresBinaries binaries = PostgresBinaries.oneOfThisRun().getFirst();
    private final TidemarkHost host = new TidemarkHost();
    /** Each command takes more than a second. */
    private final boolean isCampaign = Rounds.of(1, 2) == 2;

    @AfterEach
    void close() {
        host.close();
    }

    /** A clone archives three segments and takes a backup; then the original is in conflict, until it is resolved. */
    @Test
    void theOriginalGoesOnAfterACloneHasArchivedFirst() throws IOException {
        String[] repositories = isCampaign ? new String[] {"one", "two"} : new String[] {"one"};
        try (PostgresServer original = server().start()) {
            configure(original, repositories);
            host.must("init");
            host.must("backup");
            original.sql("CREATE TABLE rows AS SELECT 1 AS n");
            original.archiveCurrentSegment(LIMIT);
            original.stopFast();
            try (PostgresServer clone =
                    PostgresServer.of(binaries).from(original.dataDirectory()).create()) {
                configure(clone, repositories);
                clone.start();
                clone.sql("INSERT INTO rows VALUES (1000)");
                String segment = clone.archiveCurrentSegment(LIMIT);
                if (isCampaign) {
                    host.must("backup");
                }
                clone.sql("INSERT INTO rows VALUES (1001)");
                clone.archiveCurrentSegment(LIMIT);

                configure(original, repositories);
                original.start();
                original.sql("INSERT INTO rows VALUES (2)", "SELECT pg_switch_wal()");
                PostgresWait.until(
                        "the original is refused",
                        LIMIT,
                        original,
                        () -> names(original.log(), "wal-resolve", segment + " --later"));
                // PostgreSQL counts the failure after the command has said it.
                PostgresWait.until(
                        "check says so",
                        LIMIT,
                        original,
                        () -> Pattern.compile("wal-resolve .*" + segment + " --later")
                                .matcher(host.run("check").data())
                                .find());
                List<String> before = files();

                Outcome plan = host.must("wal-resolve", segment, "--later");

                assertThat(files()).as("a plan changes nothing").isEqualTo(before);
                for (String repository : repositories) {
                    assertThat(plan.data()).contains("'" + repository + "' stores other content as " + segment);
                }
                assertThat(plan.data()).contains("would be rejected: ");
                if (isCampaign) {
                    assertThat(plan.data()).contains("needs some of it: if it was taken from the other server");
                }
                assertThat(plan.talk()).containsPattern("wal-resolve .*" + segment + " --later --confirm");
                assertThat(original.isArchived(segment)).isFalse();

                Path seen = host.directory().resolve("spool/repositories");
                FileTime atFirst = Files.getLastModifiedTime(seen);
                Outcome done = host.must("wal-resolve", segment, "--later", "--confirm");

                assertThat(done.data()).contains("it is rejected now", "is archived in its place");
                assertThat(files()).as("nothing is deleted").containsAll(before);
                assertThat(Files.getLastModifiedTime(seen))
                        .as("no note of before counts")
                        .isGreaterThan(atFirst);
                // What is rejected counts as never archived; it is the segment that the original writes now.
                host.must(
                        "wal-receive",
                        "--no-loop",
                        "--endpos",
                        original.walPosition().toString());
                original.sql("INSERT INTO rows VALUES (3)");
                String later = original.archiveCurrentSegment(LIMIT);
                original.sql("INSERT INTO rows VALUES (4)");
                original.archiveCurrentSegment(LIMIT);

                for (String repository : repositories) {
                    assertRestores(original, repository);
                }
                if (isCampaign) {
                    assertFetched(original, later);
                    configure(clone, repositories);
                    String path =
                            clone.dataDirectory().resolve("pg_wal/" + later).toString();
                    assertThat(host.run("wal-push", path).status()).isEqualTo(21);
                }
            }
        }
    }

    /** Two standbys of one primary are promoted: both take timeline 2, and the wrong one archives first. */
    @Test
    void theRightOneOfTwoStandbysThatTookATimelineGoesOn() throws IOException {
        try (PostgresServer primary = server().start()) {
            configure(primary, "one");
            host.must("init");
            host.must("backup");
            primary.sql("CREATE TABLE rows AS SELECT 1 AS n");
            primary.archiveCurrentSegment(LIMIT);
            primary.stopFast();
            try (PostgresServer right = PostgresServer.of(binaries)
                    .from(primary.dataDirectory())
                    .standby("/bin/false")
                    .create()) {
                // The other one receives more, so its history has another position.
                primary.start();
                primary.sql("INSERT INTO rows VALUES (1000)");
                primary.archiveCurrentSegment(LIMIT);
                primary.stopFast();
                takeTheSameTimeline(primary, right);
            }
        }
    }

    private void takeTheSameTimeline(PostgresServer primary, PostgresServer right) throws IOException {
        try (PostgresServer wrong = PostgresServer.of(binaries)
                .from(primary.dataDirectory())
                .standby("/bin/false")
                .create()) {
            configure(wrong, "one");
            wrong.start();
            wrong.promote();
            wrong.awaitRecoveryEnd(LIMIT);
            wrong.sql("INSERT INTO rows VALUES (1001)");
            wrong.archiveCurrentSegment(LIMIT);
            wrong.stopFast();

            configure(right, "one");
            right.start();
            right.promote();
            right.awaitRecoveryEnd(LIMIT);
            right.sql("INSERT INTO rows VALUES (2)", "SELECT pg_switch_wal()");
            PostgresWait.until(
                    "the right one is refused",
                    LIMIT,
                    right,
                    () -> names(right.log(), "wal-resolve", "00000002.history --later"));

            host.must("wal-resolve", "00000002.history", "--later", "--confirm");

            right.sql("INSERT INTO rows VALUES (3)");
            String segment = right.archiveCurrentSegment(LIMIT);
            assertFetched(right, segment);
            assertFetched(right, "00000002.history");
            if (isCampaign) {
                assertRestores(right, "one");
            }
        }
    }

    /** The header of a segment is damaged, whose file is still in pg_wal, and PostgreSQL hands it over again. */
    @Test
    void aDamagedSegmentIsReplacedByTheOneInPgWal() throws IOException {
        try (PostgresServer server = server().start()) {
            configure(server, "one");
            host.must("init");
            if (isCampaign) {
                host.must("backup");
            }
            server.sql("CREATE TABLE rows AS SELECT 1 AS n");
            String segment = server.archiveCurrentSegment(LIMIT);
            Path object = object("one", segment);
            byte[] bytes = Files.readAllBytes(object);
            bytes[300] ^= 1;
            Files.write(object, bytes);
            Path kept = server.dataDirectory().resolve("pg_wal/" + segment);
            Outcome refused = host.run("wal-push", kept.toString());
            assertThat(refused.status()).isEqualTo(30);
            assertThat(refused.talk()).contains("tidemark wal-resolve --config " + host.config() + " " + segment);

            assertThat(host.run("wal-resolve", segment, "--later").status()).isEqualTo(2);
            assertThat(host.must("wal-resolve", segment).data()).contains("stores a damaged " + segment);
            Path copy = Files.copy(kept, server.newDirectory("elsewhere").resolve(segment));
            OperatingUser.current().own(copy);
            host.must("wal-resolve", copy.toString(), "--confirm");

            host.must("wal-push", kept.toString());
            host.must("verify", "--all");
            if (isCampaign) {
                server.sql("INSERT INTO rows VALUES (2)");
                server.archiveCurrentSegment(LIMIT);
                assertRestores(server, "one");
                assertThat(host.must("wal-resolve", segment).data()).contains("stores " + segment + " of this server");
            }
        }
    }

    private PostgresServerBuilder server() {
        return PostgresServer.of(binaries).initdb("--wal-segsize=1").archiving(host.archiveCommand());
    }

    private void assertFetched(PostgresServer server, String file) throws IOException {
        Path directory = server.newDirectory("fetched-" + file);
        OperatingUser.current().own(directory);
        Path target = directory.resolve(file);
        host.must("wal-fetch", file, target.toString());
        assertThat(target).hasSameBinaryContentAs(server.dataDirectory().resolve("pg_wal/" + file));
    }

    private void assertRestores(PostgresServer right, String repository) {
        SortedMap<String, String> rows = right.tableHashes();
        Path restored = host.directory().resolve("restored-" + repository);
        host.must(
                "recover",
                "--repository",
                repository,
                "--to",
                restored.toString(),
                "--backup",
                "oldest",
                "--target-action",
                "promote");
        try (PostgresServer copy = PostgresServer.of(binaries).from(restored).start()) {
            copy.awaitRecoveryEnd(LIMIT);
            assertThat(copy.tableHashes()).as(copy.log()).isEqualTo(rows);
        }
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.walk(host.directory().resolve("repositories"))) {
            return files.filter(Files::isRegularFile)
                    .map(Path::toString)
                    .sorted()
                    .toList();
        }
    }

    private Path object(String repository, String name) throws IOException {
        try (Stream<Path> files =
                Files.walk(host.directory().resolve("repositories").resolve(repository))) {
            Optional<Path> found = files.filter(each -> each.endsWith(name)).findFirst();
            return found.orElseThrow();
        }
    }

    /** A second repository is encrypted, so that equal content is not stored as equal bytes. */
    private void configure(PostgresServer server, String... repositories) throws IOException {
        StringBuilder toml = new StringBuilder();
        for (String repository : repositories) {
            toml.append("[repository.")
                    .append(repository)
                    .append("]\nurl = '")
                    .append(host.directory()
                            .resolve("repositories")
                            .resolve(repository)
                            .toUri())
                    .append("'\n");
            if (repository.equals("two")) {
                toml.append(keys());
            }
        }
        host.configure(toml + "[cluster.main]\nconninfo = '" + server.conninfo() + "'\ndata-directory = '"
                + server.dataDirectory() + "'\n");
    }

    private String keys() throws IOException {
        Path encryptTo = host.directory().resolve("encrypt-to");
        Path file = host.directory().resolve("private.key");
        if (Files.notExists(file)) {
            OperatingUser.current().own(host.directory());
            Files.writeString(
                    encryptTo, host.must("init", "--make-key", file.toString()).data());
        }
        return Files.readString(encryptTo) + "decrypt-with = ['" + file + "']\n";
    }

    /** Whether a line has the command with these arguments, and the cluster and the configuration between them. */
    private boolean names(String log, String command, String arguments) {
        return log.contains("tidemark " + command + " --cluster main --config " + host.config() + " " + arguments);
    }
}
