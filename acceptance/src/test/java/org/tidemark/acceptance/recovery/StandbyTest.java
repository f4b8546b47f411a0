// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.testkit.PostgresBinaries;

/** A standby asks again by itself, and a status above 125 would take it down. */
@ParameterizedClass
@MethodSource("org.tidemark.testkit.PostgresBinaries#ofThisRun")
final class StandbyTest {
    @Parameter
    PostgresBinaries binaries = PostgresBinaries.embedded().getLast();

    @Test
    void waitsThroughEachFaultAndGoesOnWhenTheLastIsMended() {
        WalStory story = WalStory.of(binaries);
        String segment = story.segment(2);
        try (ScratchArchive archive = new ScratchArchive(story.cluster());
                RecoveringServer server = RecoveringServer.standby(archive, Goal.withoutOptions("latest"))) {
            archive.spoil(Fault.DAMAGED, segment);
            server.launch();

            for (Fault fault : Fault.values()) {
                if (fault != Fault.DAMAGED) {
                    archive.spoil(fault, segment);
                }
                server.awaitRefusal(segment);
            }

            server.mustShow(WalStory.rowsUpTo(1));
            archive.mend(segment);
            server.mustShow(WalStory.rowsUpTo(WalStory.BATCHES));
            assertThat(archive.requests()).allMatch(request -> request.endsWith(" 0") || request.endsWith(" 1"));
        }
    }
}
