// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.stores;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.Rounds;

/**
 * The commands that send many requests at once, each a new JVM, on one processor and on two: a thread that waits for a
 * class of a store's library may keep the processor that another one needs. The stores are those with a large library.
 */
@InTurn
class ManyRequestsTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    @TempDir
    private static Path home;

    /** Starts the server of a store. */
    interface Start {
        StoreHost host() throws Exception;
    }

    static Stream<Named<Start>> stores() {
        List<Named<Start>> all = List.of(
                Named.<Start>of("gs", () -> new GcsStoryTest().startHost()),
                Named.<Start>of("s3", () -> S3StoryTest.host(home)),
                Named.<Start>of("azure", () -> new AzureStoryTest().startHost()),
                Named.<Start>of("swift", () -> new SwiftStoryTest().startHost()));
        return Rounds.oneOrAll(all).stream();
    }

    @ParameterizedTest
    @MethodSource("stores")
    void pushesBackupAndSyncEnd(Start start) throws Exception {
        int rounds = Rounds.of(1, 100);
        int first = Rounds.random().nextInt(2);
        try (StoreHost store = start.host();
                TidemarkHost host = TidemarkHost.ofProcesses();
                PostgresServer server = PostgresServer.of(PostgresBinaries.newestEmbedded())
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            host.configure(store.newSite(host.directory()).toml("store")
                    + "retention = 'REDUNDANCY 2'\n[repository.copy]\nurl = 'file://"
                    + host.directory().resolve("copy") + "'\n[cluster.main]\nrepositories = ['store']\nconninfo = '"
                    + server.conninfo() + "'\ndata-directory = '" + server.dataDirectory() + "'\n");
            host.must("init");
            host.must("init", "--repository", "copy");
            for (int round = 0; round < rounds; round++) {
                host.onProcessors(1 + (first + round) % 2);
                for (int segment = 0; segment < 8; segment++) {
                    server.sql("SELECT pg_logical_emit_message(false, 'segment', 'next')");
                    server.sql("SELECT pg_switch_wal()");
                }
                server.archiveCurrentSegment(LIMIT);
                host.must("backup", "--jobs", "16");
                host.must("sync", "store", "copy", "--quick", "--jobs", "16");
                host.must("expire", "--confirm");
            }
        }
    }
}
