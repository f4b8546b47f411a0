// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.stores;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
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
 * Archive, backup, more rows, an accident, a restore to the moment before: through the launcher, with PostgreSQL
 * calling it. Extended by one class for each store.
 */
abstract class StoreStory {
    private static final int WRITERS = 8;
    private static final int RACE_BYTES = 20_000;
    private static final Duration LIMIT = Duration.ofMinutes(3);

    /** The server of this store; closed after the story. */
    protected abstract StoreHost startHost() throws Exception;

    @Test
    void aTableThatWasDroppedComesBackWithEveryRow() throws Exception {
        PostgresBinaries binaries = PostgresBinaries.oldestAndNewest().getLast();
        try (StoreHost storeHost = startHost();
                TidemarkHost host = new TidemarkHost();
                PostgresServer server = PostgresServer.of(binaries)
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            StoreSite site = storeHost.newSite(host.directory());
            host.configure(site.toml("store") + "[cluster.main]\nconninfo = '" + server.conninfo()
                    + "'\ndata-directory = '" + server.dataDirectory() + "'\n");
            host.must("init");
            host.must("init", "--test");
            server.sql("CREATE TABLE ticks AS SELECT i, md5(i::text) AS t FROM generate_series(1, 20000) i");
            String backup = host.must("backup").data().strip();
            server.sql("INSERT INTO ticks SELECT i, md5(i::text) FROM generate_series(20001, 40000) i");
            SortedMap<String, String> before = server.tableHashes();
            String moment = server.query("SELECT pg_current_wal_lsn()");
            server.sql("DROP TABLE ticks");
            server.archiveCurrentSegment(LIMIT);

            assertThat(host.must("list-backup").data()).contains(backup);
            host.must("verify", "--all");
            Path restored = host.directory().resolve("restored");
            host.must(
                    "recover",
                    "--to",
                    restored.toString(),
                    "--target-lsn",
                    moment,
                    "--exclusive",
                    "--target-action",
                    "promote");
            try (PostgresServer copy =
                    PostgresServer.of(binaries).from(restored).start()) {
                copy.awaitRecoveryEnd(LIMIT);
                assertThat(copy.tableHashes()).as(copy.log()).isEqualTo(before);
            }
            for (String secret : site.secrets()) {
                assertThat(host.printed()).doesNotContain(secret);
                assertThat(server.log()).doesNotContain(secret);
            }
        }
    }

    /** Whoever is told success finds his own content there; where the store promises it, that is exactly one. */
    @Test
    void ofSeveralProcessesThatWriteOneKeyExactlyOneWinsAndEveryOtherKnows() throws Exception {
        int rounds = Rounds.of(5, 200);
        // Where the libraries are of stores that have some of their own.
        System.setProperty("tidemark.home", InstalledTidemark.home().toString());
        Path directory = OperatingUser.current().newTemporaryDirectory("tidemark-race");
        try (StoreHost storeHost = startHost()) {
            StoreSite site = storeHost.newSite(directory);
            RaceWriter.createRoot(site);
            OperatingUser.current().own(directory);
            try (ObjectStore store = RaceWriter.open(site);
                    RacingProcesses processes = new RacingProcesses(site, directory, WRITERS, RACE_BYTES)) {
                for (int round = 0; round < rounds; round++) {
                    String key = "race/" + round;
                    List<String> answers = processes.race(key);
                    byte[] stored = StoreAccess.read(store, key);
                    List<Integer> winners = IntStream.range(0, WRITERS)
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
}
