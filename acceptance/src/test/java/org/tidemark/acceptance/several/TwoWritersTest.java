// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.several;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/**
 * The primary dies, and is restored twice, on two hosts of which each reaches another repository: both servers write
 * timeline 2, and neither sees what the other archives.
 */
@InTurn
final class TwoWritersTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private final PostgresBinaries binaries = PostgresBinaries.oneOfThisRun().getFirst();

    @Test
    void whatTheyHaveWrittenIsNeverMixed() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                TidemarkHost first = new TidemarkHost();
                TidemarkHost second = new TidemarkHost()) {
            String nowhere = host.directory().resolve("nowhere").toString();
            Path one = host.directory().resolve("one");
            Path two = host.directory().resolve("two");
            String both = repository("one", one) + repository("two", two);
            try (PostgresServer primary = PostgresServer.of(binaries)
                    .initdb("--wal-segsize=1")
                    .archiving(host.archiveCommand())
                    .start()) {
                configure(host, both, primary);
                host.must("init");
                primary.sql("CREATE TABLE t (who text)");
                host.must("backup");
                primary.archiveCurrentSegment(LIMIT);
            }
            try (PostgresServer x = restored(first, repository("one", one));
                    PostgresServer y = restored(second, repository("two", two))) {
                configure(host, both, x);
                archive(x, "x");
                archive(y, "y");
                assertThat(host.must("recover", "--dry-run", "--to", nowhere, "--repository", "one")
                                .data())
                        .contains("timeline 2; reachable: yes");

                Outcome plan = host.run("recover", "--dry-run", "--to", nowhere);

                assertThat(plan.status()).isEqualTo(1);
                assertThat(plan.data() + plan.talk())
                        .containsPattern("'one' and 'two' hold different content under '00000002[0-9A-F]{16}'")
                        .contains("two servers have written timeline 2", "reachable: no", "--repository one");
                Outcome check = host.run("check");
                assertThat(check.data())
                        .containsPattern("CRITICAL conflict .*'one' and 'two' hold different content under '00000002");
            }
        }
    }

    private static String repository(String name, Path directory) {
        return "[repository." + name + "]\nurl = '" + directory.toUri() + "'\n";
    }

    private static void configure(TidemarkHost host, String repositories, PostgresServer server) throws IOException {
        host.configure(repositories + "[cluster.main]\nconninfo = '" + server.conninfo() + "'\ndata-directory = '"
                + server.dataDirectory() + "'\n");
    }

    /** A server on a host that reaches one repository alone. */
    private PostgresServer restored(TidemarkHost host, String repository) throws IOException {
        Path directory = host.directory().resolve("restored");
        host.configure(repository + "[cluster.main]\nconninfo = 'host=/nowhere'\n");
        host.must("recover", "--to", directory.toString());
        PostgresServer server = PostgresServer.of(binaries)
                .from(directory)
                .autoSetting("archive_mode", "on")
                .autoSetting("archive_command", host.archiveCommand())
                .create();
        configure(host, repository, server);
        server.launch();
        server.awaitRecoveryEnd(LIMIT);
        return server;
    }

    private static void archive(PostgresServer server, String who) {
        for (int i = 0; i < 3; i++) {
            server.sql("INSERT INTO t VALUES ('" + who + "')");
            server.archiveCurrentSegment(LIMIT);
        }
    }
}
