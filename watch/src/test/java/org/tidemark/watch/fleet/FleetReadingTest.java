// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding.Severity;
import org.tidemark.core.UserFacingException;
import org.tidemark.session.Session;

class FleetReadingTest {
    private static final ClusterName HANGS = new ClusterName("hangs");
    private static final ClusterName REFUSED = new ClusterName("refused");

    private static Session session(ClusterName name) {
        if (name.equals(HANGS)) {
            try {
                Thread.sleep(Duration.ofMinutes(1));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        throw new UserFacingException(ExitCode.STORE_DENIED, "access was denied", "Correct the key.");
    }

    private static List<FleetLine> lines(boolean isChecked) throws InterruptedException {
        FleetReading reading = new FleetReading(Clock.systemUTC(), Duration.ofMillis(200));
        List<ClusterName> clusters = List.of(REFUSED, HANGS);
        return isChecked
                ? reading.checked(clusters, FleetReadingTest::session)
                : reading.stored(clusters, FleetReadingTest::session);
    }

    @Test
    void aClusterThatHangsOrIsRefusedIsALineAndNeverHealthy() throws InterruptedException {
        for (boolean isChecked : new boolean[] {true, false}) {
            List<FleetLine> lines = lines(isChecked);

            assertThat(lines).extracting(FleetLine::cluster).containsExactly(HANGS, REFUSED);
            assertThat(lines).extracting(FleetLine::severity).containsOnly(Severity.CRITICAL);
            assertThat(lines.getFirst().verdict()).contains("did not end within");
            assertThat(lines.getLast().verdict()).isEqualTo("repository: access was denied");
        }
    }
}
