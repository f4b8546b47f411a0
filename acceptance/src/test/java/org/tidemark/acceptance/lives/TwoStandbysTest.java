// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.lives;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.Rounds;

/** A primary with two standbys dies, comes back as a standby of the one that took its place, and takes over again. */
@InTurn
final class TwoStandbysTest {
    /** Beside the embedded ones that of the machine, since it alone has pg_rewind; in an ordinary build one of two. */
    static Stream<PostgresBinaries> versions() {
        List<PostgresBinaries> all = Stream.concat(ClusterLife.versions(), PostgresBinaries.ofMachine().stream())
                .toList();
        int first = Math.floorMod(Rounds.seed(), all.size());
        return Stream.concat(all.stream().skip(first), all.stream().limit(first))
                .limit(Rounds.of(1, all.size()));
    }

    @ParameterizedTest
    @MethodSource("versions")
    void theOldPrimaryComesBackAndTakesOverAgain(PostgresBinaries binaries) throws Exception {
        try (ClusterLife life = new ClusterLife(binaries, "local")) {
            PostgresServer first = life.begin();
            PostgresServer second = life.standbyOf(first);
            PostgresServer third = life.standbyOf(first);
            life.archive(first, "a");
            life.streamed(first, second, "b");
            ClusterLife.awaitReplay(first, third);

            // What no standby received is lost with the primary; it must not come back from anywhere.
            second.stopFast();
            third.stopFast();
            ClusterLife.write(first, "lost");
            ClusterLife.die(first);
            second.start();
            third.start();
            life.failOver(first, second);
            ClusterLife.follow(third, second);
            life.archive(second, "c");
            ClusterLife.awaitReplay(second, third);
            life.mustAgree();

            PostgresServer back = life.comeBack(first, second);
            life.archive(second, "d");
            life.streamed(second, back, "e");
            ClusterLife.awaitReplay(second, third);
            ClusterLife.mustHold(back, life.archived());
            life.mustAgree();

            life.failOver(second, back);
            ClusterLife.follow(third, back);
            life.archive(back, "f");
            ClusterLife.awaitReplay(back, third);
            ClusterLife.mustHold(third, life.archived());
            life.mustAgree();

            life.host().must("backup");
            life.archive(back, "g");
            life.mustAgree();
            life.mustHoldWhatWasArchived(life.restore());
        }
    }
}
