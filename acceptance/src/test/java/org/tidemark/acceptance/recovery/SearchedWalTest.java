// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.core.ExitCode;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresServer;

/** What verify has searched is not read again by a plan. */
@InTurn
final class SearchedWalTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final String NOT_SEARCHED = "not searched for tablespaces";
    private static final String DAMAGED = "damaged wherever it is";
    private final TidemarkHost host = new TidemarkHost();
    private final PostgresServer server = host.newServer();

    @BeforeEach
    void archive() throws IOException {
        server.start();
        host.configure(server.conninfo(), server.dataDirectory());
        host.must("init");
        server.sql("CREATE TABLE t (n int)");
        host.must("backup");
    }

    @AfterEach
    void close() {
        server.close();
        host.close();
    }

    private String archived() {
        server.sql("INSERT INTO t VALUES (1)");
        return server.archiveCurrentSegment(LIMIT);
    }

    private Path object(String segment) throws IOException {
        try (Stream<Path> files = Files.walk(host.directory().resolve("repository"))) {
            return files.filter(each -> each.getFileName().toString().equals(segment))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private TidemarkHost.Outcome plan() {
        return host.run(
                "recover",
                "--dry-run",
                "--to",
                host.directory().resolve("restored").toString());
    }

    /** A plan that reads a damaged segment says so: whether it says so shows whether it read. */
    @Test
    void onlyWalThatTheRepositoryListsAsItDidCountsAsSearched() throws IOException {
        Path middle = object(archived());
        archived();
        archived();
        byte[] content = Files.readAllBytes(middle);
        byte[] damaged = content.clone();
        Arrays.fill(damaged, content.length / 4, content.length, (byte) 0);
        Files.write(middle, damaged);
        assertThat(plan().data()).contains(DAMAGED);
        Files.write(middle, content);
        host.must("wal-verify");

        Files.write(middle, damaged);
        assertThat(plan().data()).doesNotContain(DAMAGED);
        Files.write(middle, Arrays.copyOf(damaged, damaged.length - 1));
        assertThat(plan().data()).contains(DAMAGED);
    }

    @Test
    void aTablespaceInWalThatVerifyHasReadIsStillFound() throws IOException {
        archived();
        Path fast = Files.createDirectory(host.directory().resolve("fast"));
        OperatingUser.current().own(fast);
        server.sql("CREATE TABLESPACE fast LOCATION '" + fast + "'");
        server.sql("CREATE TABLE u TABLESPACE fast AS SELECT 1 AS n");
        archived();
        archived();
        host.must("wal-verify");

        TidemarkHost.Outcome plan = plan();

        assertThat(plan.status()).isEqualTo(ExitCode.NO.status());
        assertThat(plan.data()).contains("the replay creates tablespace").doesNotContain(NOT_SEARCHED);
        assertThat(marks()).as("wal-verify notes what no mark says").isEqualTo(1);
        host.must("wal-verify");
        assertThat(marks()).isEqualTo(1);
    }

    private long marks() throws IOException {
        try (Stream<Path> files = Files.walk(host.directory().resolve("repository"))) {
            return files.filter(each -> each.toString().contains("/mark/wal/"))
                    .filter(SearchedWalTest::isOfSearched)
                    .count();
        }
    }

    private static boolean isOfSearched(Path file) {
        try {
            return Files.isRegularFile(file) && Files.readString(file).contains("\"searched\"");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
