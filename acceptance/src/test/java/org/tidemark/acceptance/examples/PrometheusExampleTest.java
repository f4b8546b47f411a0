// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.testkit.RequiredServer;

/** {@code examples/prometheus}, by Prometheus' own tool. */
final class PrometheusExampleTest {
    private static final Path EXAMPLE = Path.of("../examples/prometheus");
    private static final Pattern METRIC = Pattern.compile("\\btidemark_[a-z_]+");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "check config prometheus.yml",
                "check rules tidemark.rules.yml",
                "test rules tidemark.rules.test.yml"
            })
    void promtoolIsContent(String command) throws Exception {
        String promtool =
                RequiredServer.program("promtool", "apt-get install prometheus").toString();
        Process process = new ProcessBuilder((promtool + " " + command).split(" ", -1))
                .directory(EXAMPLE.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).as(said).isZero();
        assertThat(said).contains("SUCCESS");
    }

    /** MetricsTest compares what is told with that page. */
    @Test
    void eachMetricOfARuleIsOnThePageOfMetrics() throws IOException {
        TreeSet<String> used = METRIC.matcher(Files.readString(EXAMPLE.resolve("tidemark.rules.yml")))
                .results()
                .map(MatchResult::group)
                .collect(Collectors.toCollection(TreeSet::new));
        String page = Files.readString(Path.of("../docs/operating/metrics.md"));

        assertThat(used)
                .hasSizeGreaterThan(8)
                .allSatisfy(name -> assertThat(page).contains(name));
    }
}
