// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.lives;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** A cluster with one backup and bad luck: at each step its WAL is all that there is. */
@InTurn
final class TwoFailoversAndTwoRestoresTest {
    static Stream<PostgresBinaries> versions() {
        return ClusterLife.versions();
    }

    @ParameterizedTest
    @MethodSource("versions")
    void everyRowThatWasArchivedComesBackAndAllCommandsAgreeAtEachStep(PostgresBinaries binaries) throws Exception {
        try (ClusterLife life = new ClusterLife(binaries, "local")) {
            PostgresServer first = life.begin();
            life.archive(first, "a");
            life.mustAgree();

            PostgresServer second = life.standbyOf(first);
            life.streamed(first, second, "b");
            life.failOver(first, second);
            life.archive(second, "c");
            life.mustAgree();

            PostgresServer third = life.restore();
            life.mustHoldWhatWasArchived(third);
            life.archive(third, "d");
            life.mustAgree();

            PostgresServer fourth = life.standbyOf(third);
            life.streamed(third, fourth, "e");
            life.failOver(third, fourth);
            life.archive(fourth, "f");
            life.mustAgree();

            PostgresServer fifth = life.restore();
            life.mustHoldWhatWasArchived(fifth);
            life.archive(fifth, "g");
            life.mustAgree();

            eachOfTwoTimelinesComesBackWhole(life, fifth);
        }
    }

    /** A test copy is restored on another host, and somebody lets it archive to the same repository. */
    private static void eachOfTwoTimelinesComesBackWhole(ClusterLife life, PostgresServer primary) throws Exception {
        String timeline = timeline(primary);
        try (TidemarkHost elsewhere = new TidemarkHost()) {
            List<String> before = life.archived();
            PostgresServer copy = life.restored(life.host());
            String repository =
                    "[repository.local]\nurl = '" + life.directory("local").toUri() + "'\n";
            elsewhere.configure(repository + "[cluster.main]\nconninfo = '" + copy.conninfo() + "'\ndata-directory = '"
                    + copy.dataDirectory() + "'\n");
            elsewhere.must("setup", "primary");
            copy.restart();
            ClusterLife.write(copy, "test");
            copy.archiveCurrentSegment(ClusterLife.LIMIT);
            String other = timeline(copy);
            assertThat(other).isNotEqualTo(timeline);
            life.archive(primary, "h");
            life.mustAsk(timeline, other);

            ClusterLife.mustHold(life.restored(life.host(), "--timeline", timeline), life.archived());
            ClusterLife.mustHold(
                    life.restored(life.host(), "--timeline", other),
                    Stream.concat(before.stream(), Stream.of("test")).toList());

            copy.stopImmediately();
            life.putAside(other);
            life.mustAgree();
        }
    }

    private static String timeline(PostgresServer server) {
        return Integer.toString(Integer.parseInt(
                server.query("SELECT pg_walfile_name(pg_current_wal_lsn())").substring(0, 8), 16));
    }
}
