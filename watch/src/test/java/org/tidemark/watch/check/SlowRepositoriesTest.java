// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;

class SlowRepositoriesTest {
    private static final Instant NOW = Instant.parse("2026-11-29T03:00:00Z");

    private static Finding ok(String message) {
        return Finding.ok("backup", message);
    }

    private static final Optional<LastServed> SERVED = Optional.of(new LastServed(
            NOW.minusSeconds(180),
            Optional.empty(),
            new RepositoryFindings(
                    Map.of("far", List.of(ok("served far")), "near", List.of(ok("served near"))),
                    List.of(ok("served together")))));

    private static List<String> said(
            Optional<LastServed> last,
            Optional<List<Finding>> near,
            Optional<List<Finding>> far,
            Optional<List<Finding>> together) {
        Map<String, Optional<List<Finding>>> each = new LinkedHashMap<>();
        each.put("near", near);
        each.put("far", far);
        return new SlowRepositories(Duration.ofSeconds(7), last, NOW)
                .findings(each, together).stream()
                        .map(finding ->
                                (finding.severity() == Severity.OK ? "" : finding.severity() + " ") + finding.message())
                        .toList();
    }

    private static Optional<List<Finding>> answer(String message) {
        return Optional.of(List.of(ok(message)));
    }

    @Test
    void whatAnswersIsTakenAsItIs() {
        assertThat(said(SERVED, answer("near"), answer("far"), answer("together")))
                .containsExactly("near", "far", "together");
    }

    @Test
    void withoutServeASilentRepositoryIsCritical() {
        assertThat(said(Optional.empty(), answer("near"), Optional.empty(), answer("together")))
                .containsExactly("near", "CRITICAL 'far': no answer within 7s", "together");
        assertThat(said(Optional.empty(), answer("near"), answer("far"), Optional.empty()))
                .containsExactly("near", "far", "CRITICAL the comparison of the repositories did not end within 7s");
    }

    /** What compares repositories without one of them may miss what only that one has. */
    @Test
    void whatServeFoundStandsInForASilentRepositoryAndForWhatComparesThem() {
        assertThat(said(SERVED, answer("near"), Optional.empty(), answer("together")))
                .containsExactly(
                        "near",
                        "WARNING 'far' did not answer within 7s; 'tidemark serve' read it 3m00s ago, and what it found then"
                                + " is shown",
                        "served far",
                        "served together");
    }

    @Test
    void anErrorIsNotReplaced() {
        Finding refused = Finding.critical("repository", "'near' refuses the password", "Look.");

        assertThat(said(SERVED, Optional.of(List.of(refused)), Optional.empty(), answer("together")))
                .startsWith("CRITICAL 'near' refuses the password");
    }

    @Test
    void aRepositoryThatWasSilentForServeAsWellIsCritical() {
        Optional<LastServed> withoutFar = Optional.of(new LastServed(
                NOW.minusSeconds(60),
                Optional.empty(),
                new RepositoryFindings(Map.of("near", List.of(ok("served near"))), List.of(ok("served together")))));

        assertThat(said(withoutFar, answer("near"), Optional.empty(), answer("together")))
                .containsExactly("near", "CRITICAL 'far': no answer within 7s", "together");
    }

    @Test
    void aComparisonThatIsLateIsThatOfServe() {
        assertThat(said(SERVED, answer("near"), answer("far"), Optional.empty()))
                .containsExactly(
                        "near",
                        "far",
                        "WARNING the repositories were not compared within 7s; 'tidemark serve' did it 3m00s ago, and what"
                                + " it found then is shown",
                        "served together");
    }

    /** The accident may be of the last minutes: that another one is silent does not hide it. */
    @Test
    void whatComparingSaysNowOfARepositoryThatAnswersStays() {
        Finding lacks =
                Finding.critical("backup", "'near' lacks an object", "Look.").of("near");
        Finding refuses = Finding.critical("recovery", "refuses", "Look.");
        Optional<LastServed> served = Optional.of(new LastServed(
                NOW.minusSeconds(180),
                Optional.of(NOW.minusSeconds(3_600)),
                new RepositoryFindings(
                        Map.of("far", List.of()),
                        List.of(
                                ok("served of near").of("near"),
                                ok("served of far").of("far"),
                                ok("served of all")))));

        assertThat(said(served, answer("near"), Optional.empty(), Optional.of(List.of(lacks, refuses))))
                .containsExactly(
                        "near",
                        "WARNING 'far' did not answer within 7s; 'tidemark serve' read it 3m00s ago, and what it found then"
                                + " is shown; it had counted the older WAL 1h00m ago",
                        "CRITICAL 'near' lacks an object",
                        "served of far",
                        "served of all");
    }
}
