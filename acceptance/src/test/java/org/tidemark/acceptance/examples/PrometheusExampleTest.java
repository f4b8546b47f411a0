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
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.RequiredServer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code examples/prometheus}, by Prometheus' own tool. */
@InTurn
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

    /** Grafana sends them to Prometheus as they are, with the clusters that are chosen. */
    @Test
    void prometheusUnderstandsEachQueryOfTheDashboard(@TempDir Path directory) throws Exception {
        StringBuilder rules = new StringBuilder("groups:\n  - name: dashboard\n    rules:\n");
        int panels = 0;
        for (JsonNode panel : new JsonMapper()
                .readTree(Files.readString(EXAMPLE.resolve("grafana.json")))
                .get("panels")) {
            assertThat(panel.get("title").stringValue()).isNotBlank();
            assertThat(panel.get("description").stringValue()).isNotBlank();
            panels++;
            for (JsonNode target : panel.get("targets")) {
                String query = target.get("expr").stringValue().replace("$cluster", "main|other");
                rules.append("      - record: panel:")
                        .append(panels)
                        .append(target.get("refId").stringValue());
                rules.append("\n        expr: '").append(query).append("'\n");
            }
        }
        Files.writeString(directory.resolve("dashboard.yml"), rules);

        promtoolIsContent("check rules " + directory.resolve("dashboard.yml"));
        assertThat(panels).isGreaterThan(10);
    }

    /** MetricsTest compares what is told with that page. */
    @ParameterizedTest
    @ValueSource(strings = {"tidemark.rules.yml", "grafana.json"})
    void eachMetricThatIsAskedForIsOnThePageOfMetrics(String file) throws IOException {
        TreeSet<String> used = METRIC.matcher(Files.readString(EXAMPLE.resolve(file)))
                .results()
                .map(MatchResult::group)
                .collect(Collectors.toCollection(TreeSet::new));
        String page = Files.readString(Path.of("../docs/watch/metrics.md"));

        assertThat(used)
                .hasSizeGreaterThan(8)
                .allSatisfy(name -> assertThat(page).contains(name));
    }
}
