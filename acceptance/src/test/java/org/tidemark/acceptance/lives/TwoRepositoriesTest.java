// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.lives;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** Each of two repositories is lost in its turn and replaced by an empty one, while the cluster lives on. */
@Order(1) // among the longest
@InTurn
final class TwoRepositoriesTest {
    static Stream<PostgresBinaries> versions() {
        return ClusterLife.versions();
    }

    @ParameterizedTest
    @MethodSource("versions")
    void everyRowComesBackFromTheOneThatIsThereAndSyncMakesThemEqual(PostgresBinaries binaries) throws Exception {
        try (ClusterLife life = new ClusterLife(binaries, "near", "far").with("acknowledge = 1")) {
            PostgresServer first = life.begin();
            life.archive(first, "a");

            life.lose("far");
            life.archive(first, "b");
            PostgresServer second = life.standbyOf(first);
            life.streamed(first, second, "c");
            life.failOver(first, second);
            life.archive(second, "d");
            replaceAndFill(life, "far");
            life.mustAgree();

            life.lose("near");
            life.archive(second, "e");
            assertThat(life.dryRun().status())
                    .as("the lost one may hold what is newer")
                    .isNotZero();
            PostgresServer third = life.restore("--repository", "far");
            life.mustHoldWhatWasArchived(third);
            life.archive(third, "f");
            replaceAndFill(life, "near");
            life.mustAgree();

            life.lose("far");
            life.mustHoldWhatWasArchived(life.restore("--repository", "near"));
        }
    }

    private static void replaceAndFill(ClusterLife life, String repository) throws Exception {
        life.makeEmpty(repository);
        life.host().must("init", "--replace-repository", repository);
        life.host().must("sync");
        assertThat(life.host().must("sync").data()).doesNotContain("copied", "delivered");
        life.host().must("verify", "--all");
        assertThat(life.objects("far")).isEqualTo(life.objects("near"));
    }
}
