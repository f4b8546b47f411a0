// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.core.ClusterName;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.restore.request.Role;

class SortOrderTest {
    private static final Role OPENED = new Role.Recovery(new RecoveryTarget.Latest(), Optional.empty());
    private static final Role STANDBY = new Role.Standby("host=db1");

    private static Optional<PlanFinding> difference(Role role, Optional<String> there, Optional<String> here) {
        BaseBackup.Origin origin = new BaseBackup.Origin(
                new ClusterName("main"), new SystemIdentifier(1), 150_019, WalSegmentSize.DEFAULT, 8192, true, there);
        return SortOrder.difference(role, origin, here);
    }

    @Test
    void anotherVersionIsAWarningWithWhatToDo() {
        PlanFinding opened =
                difference(OPENED, Optional.of("2.28"), Optional.of("2.36")).orElseThrow();
        assertThat(opened.isProblem()).isFalse();
        assertThat(opened.message()).contains("glibc 2.28", "glibc 2.36");
        assertThat(opened.hint()).contains("reindexdb --all");
        assertThat(difference(STANDBY, Optional.of("2.28"), Optional.of("2.36"))
                        .orElseThrow()
                        .hint())
                .startsWith("A standby cannot rebuild indexes.");
    }

    @Test
    void theSameOrAnUnknownVersionIsNone() {
        assertThat(difference(OPENED, Optional.of("2.36"), Optional.of("2.36"))).isEmpty();
        assertThat(difference(OPENED, Optional.empty(), Optional.of("2.36"))).isEmpty();
        assertThat(difference(OPENED, Optional.of("2.36"), Optional.empty())).isEmpty();
    }

    @Test
    void theVersionOfThisHostIsFound() {
        assertThat(SortOrder.glibcOfThisHost().orElse("2.0"))
                .as("without glibc there is none")
                .matches("\\d+\\.\\d+");
    }
}
