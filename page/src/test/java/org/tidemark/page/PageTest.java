// SPDX-License-Identifier: Apache-2.0
package org.tidemark.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Finding;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.operations.drill.DrillProof;
import org.tidemark.operations.drill.DrilledTime;
import org.tidemark.watch.ObservedCluster;
import org.tidemark.watch.ObservedCluster.Checked;
import org.tidemark.watch.audit.Act;
import org.tidemark.watch.check.CheckReport;
import org.tidemark.watch.fleet.FleetLine;
import org.tidemark.watch.status.ClusterStatus.Incarnation;

class PageTest {
    private static final Instant NOW = Instant.parse("2026-11-30T07:31:00Z");
    private static final ClusterName MAIN = new ClusterName("main");

    private static ClusterOnPage cluster(Finding... findings) {
        return new ClusterOnPage(
                MAIN,
                ObservedCluster.NOTHING.with(
                        new Checked(NOW, new CheckReport(MAIN, List.of("near"), List.of(findings), List.of()))));
    }

    @Test
    void theHintOfAFindingIsACommandOfThisCluster() {
        ClusterOnPage cluster = cluster(Finding.critical("wal", "is missing", "Take a backup with: tidemark backup"));

        assertThat(ClusterPage.html(cluster, NOW, Surroundings.SERVED))
                .contains("CRITICAL")
                .contains("Wal: is missing")
                .contains("tidemark backup --cluster main");
    }

    @Test
    void aMessageIsTextWhateverItHolds() {
        String hostile = "\"'><script>alert(1)</script>";
        ClusterOnPage cluster =
                cluster(Finding.critical("wal", hostile, hostile).of(hostile));

        assertThat(Stream.of(Surroundings.values()))
                .allSatisfy(surroundings -> assertThat(ClusterPage.html(cluster, NOW, surroundings)
                                + FleetPage.html(List.of(cluster.line()), NOW, surroundings))
                        .contains("&lt;script")
                        .doesNotContain("<script>"));
    }

    @Test
    void aServedPageNamesItsFilesAndAFileHasThem() {
        ClusterOnPage cluster = cluster();

        assertThat(ClusterPage.html(cluster, NOW, Surroundings.SERVED))
                .contains("href=\"/page.css\"")
                .contains("src=\"/page.js\"");
        assertThat(ClusterPage.html(cluster, NOW, Surroundings.FILE))
                .contains(PageFiles.style())
                .doesNotContain("page.css", "<script");
        assertThat(PageFiles.at("/page.css")).isPresent();
        assertThat(PageFiles.at("/../page.css")).isEmpty();
    }

    @Test
    void whatTheLastDrillHasProvenIsSaid(@TempDir Path directory) throws IOException {
        ClusterOnPage cluster = new Scenes(directory).drilled();

        assertThat(cluster.drilled())
                .contains("A drill on db1 restored the cluster as it was at 2026-11-29 10:31:00Z, and everything passed"
                        + " (2026-11-29 11:31 UTC). See all drills with: tidemark proof");
        assertThat(ClusterPage.html(cluster, Scenes.NOW, Surroundings.FILE)).contains("tidemark proof --cluster shop");
        assertThat(cluster.line().drilled()).contains(Instant.parse("2026-11-29T11:31:00Z"));
        assertThat(new Scenes(directory).normal().drilled()).isEmpty();
    }

    @Test
    void aTimelineLeavesItsParentAtTheSwitch(@TempDir Path directory) throws IOException {
        ClusterOnPage cluster = new Scenes(directory).threeTimelines();

        TimeLine line = cluster.picture(Scenes.NOW).orElseThrow();

        assertThat(line.lanes())
                .extracting(each -> each.timeline().id(), each -> each.branch().map(TimeLine.Branch::parentY))
                .containsExactly(
                        tuple(1, Optional.empty()),
                        tuple(2, Optional.of(line.lanes().get(0).y())),
                        tuple(3, Optional.of(line.lanes().get(1).y())));
        assertThat(line.lanes().getLast().bars().getFirst().from())
                .as("what comes before is on the lanes of its parents")
                .isEqualTo(line.lanes().getLast().branch().orElseThrow().at());
        assertThat(cluster.planned(Scenes.NOW).getFirst().command().orElseThrow())
                .startsWith("tidemark recover --cluster billing --to DIR --timeline ");
    }

    @Test
    void aReportIsOneFileWhateverNamesAreInIt(@TempDir Path directory) throws IOException {
        Scenes scenes = new Scenes(directory);
        ClusterOnPage hostile = scenes.hostile();
        Act act = new Act(
                NOW,
                "<script>",
                new SystemIdentifier(1),
                Act.Kind.TASK_FAILED,
                Optional.of("<script>"),
                "\"><script>",
                "<script>");

        String report = ReportPage.html(
                List.of(
                        new ReportPage.Part(scenes.holeAndDamage(), Optional.empty(), List.of(), Optional.empty()),
                        new ReportPage.Part(hostile, Optional.empty(), List.of(act), Optional.empty())),
                NOW,
                NOW);

        assertThat(report)
                .contains("task failed", "0000000100000000000000")
                .doesNotContain("<script", "<b>", "page.js", "page.css");
        assertThat(TimeLinePage.svg(hostile.observed().reading().orElseThrow().status(), NOW))
                .startsWith("<svg")
                .contains("alert(1)")
                .doesNotContain("<script", "<b>");
    }

    @Test
    void aReportTellsWhatDrillsHaveProven(@TempDir Path directory) throws IOException {
        ClusterOnPage cluster = new Scenes(directory).drilled();
        Incarnation incarnation = cluster.incarnation().orElseThrow();
        DrillProof proof = new DrillProof(
                incarnation.identity(),
                incarnation.drills(),
                List.of(),
                List.of(new DrillProof.DrilledBackup(
                        new BackupId("20261128T020000Z"), Scenes.NOW, false, Optional.empty(), Optional.empty())),
                new DrilledTime(Duration.ofHours(1), Duration.ofHours(2), List.of()),
                Optional.of(Duration.ofMinutes(30)),
                List.of());

        String report = ReportPage.html(
                List.of(new ReportPage.Part(
                        cluster, Optional.of(new ReportPage.Drilled(proof, Map.of())), List.of(), Optional.empty())),
                Scenes.NOW.minus(Duration.ofDays(2)),
                Scenes.NOW);

        assertThat(report)
                .contains("PROVEN to 2026-11-29 10:31:00Z, by the drill on db1 that ended ")
                .contains(
                        "50% of the recoverable time (",
                        ") start from a backup that passed a drill", "judged by that drill, with Tidemark ")
                .contains("the last restore took 50s, within rto (30m00s)")
                .contains("<td>backup 20261128T020000Z</td><td>never</td>")
                .contains(
                        "<td>2026-11-29 11:31:00Z</td><td>-</td><td>db1</td><td></td><td>the end of the archived WAL, last commit 2026-11-29 10:31:00Z</td>")
                .contains("tidemark proof --cluster shop");
    }

    @Test
    void aThousandClustersAreLessThanTwoMegabytes(@TempDir Path directory) throws IOException {
        ClusterOnPage one = new Scenes(directory).holeAndDamage();
        List<FleetLine> lines = IntStream.range(0, 1000)
                .mapToObj(number -> FleetLine.of(new ClusterName("cluster-" + number), one.observed()))
                .toList();

        assertThat(FleetPage.html(lines, NOW, Surroundings.SERVED).length()).isLessThan(2 << 20);
    }
}
