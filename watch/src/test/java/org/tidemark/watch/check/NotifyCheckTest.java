// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.core.Measure;
import org.tidemark.notify.Notifications.Untold;

/** What is said of notifications that could not be sent. */
class NotifyCheckTest {
    private static final Instant NOW = Instant.parse("2026-11-30T10:00:00Z");

    private static List<Finding> found(Duration age, Optional<String> why) {
        return new NotifyCheck().of(List.of(new Untold("chat", 2, NOW.minus(age), why)), NOW);
    }

    @Test
    void whatWaitsForTheNextLookIsNoFinding() {
        assertThat(found(Duration.ofMinutes(9), Optional.of("no answer"))).isEmpty();
    }

    @Test
    void whatWaitsForLongerIsNamedWithItsReason() {
        assertThat(found(Duration.ofMinutes(40), Optional.of("chat.example.org answered with status 500")))
                .singleElement()
                .satisfies(each -> {
                    assertThat(each.severity()).isEqualTo(Severity.WARNING);
                    assertThat(each.message())
                            .isEqualTo("2 notifications for 'chat' could not be sent, the oldest for 40m00s:"
                                    + " chat.example.org answered with status 500");
                    assertThat(each.hint()).contains("tidemark notify --test chat");
                    assertThat(each.values()).containsEntry(Measure.AGE, 2400L);
                });
    }
}
