// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.lives;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.TemporaryTree;

/** A primary dies that had not archived for a while; its standby has what it wrote, and takes it for archived. */
@InTurn
final class InheritedWalTest {
    static Stream<PostgresBinaries> versions() {
        return ClusterLife.versions();
    }

    @ParameterizedTest
    @MethodSource("versions")
    void theServerThatIsPromotedArchivesIt(PostgresBinaries binaries) throws Exception {
        try (ClusterLife life = new ClusterLife(binaries, "near", "far").with("acknowledge = 1")) {
            PostgresServer primary = life.begin();
            PostgresServer standby = life.standbyOf(primary);
            life.archive(primary, "a");
            primary.sql("ALTER SYSTEM SET archive_command = '/bin/false'", "SELECT pg_reload_conf()");
            for (String batch : new String[] {"b", "c", "d"}) {
                life.streamed(primary, standby, batch);
                primary.sql("SELECT pg_switch_wal()");
            }
            life.streamed(primary, standby, "e");
            primary.stopImmediately();
            TemporaryTree.delete(primary.dataDirectory());

            life.failOver(primary, standby);
            life.archive(standby, "f");

            assertThat(standby.log()).contains("segments that the former primary had not archived, '");
            assertThat(life.host().must("list-backup").data()).doesNotContain("missing");
            assertThat(life.host().must("wal-verify").status()).isZero();
            life.mustAgree();
            life.mustHoldWhatWasArchived(life.restore());
        }
    }
}
