// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.core.Measure;
import org.tidemark.session.StoredSession;
import org.tidemark.session.reading.ClusterReading;
import org.tidemark.session.reading.WalReading;
import org.tidemark.watch.ObservedCluster;
import org.tidemark.watch.ObservedCluster.Checked;
import org.tidemark.watch.ObservedCluster.Reading;
import org.tidemark.watch.check.CheckReport;
import org.tidemark.watch.fleet.FleetLine.NextTask;
import org.tidemark.watch.status.ClusterStatus;

class FleetLineTest {
    private static final Instant NOW = Instant.parse("2026-11-29T03:00:00Z");
    private static final ClusterName MAIN = new ClusterName("main");

    @TempDir
    private Path directory;

    /** A backup and WAL that lacks nothing, or the segment after the backup. */
    private Reading reading(boolean isWhole) throws IOException {
        try (StoredSession stored = StoredSession.ofTwo(directory, NOW)) {
            stored.in("near").backup(1, 6, 7);
            stored.in("near").wal(1, 6, 7);
            stored.in("near").wal(1, isWhole ? 8 : 9, 10);
            return new Reading(
                    NOW,
                    ClusterStatus.of(stored.session(), ClusterReading.of(stored.session(), WalReading.WHOLE, NOW)),
                    Optional.of(Duration.ofMinutes(30)),
                    Map.of(),
                    Map.of(
                            ScheduledTask.EXPIRE, NOW.plusSeconds(7_200),
                            ScheduledTask.BACKUP, NOW.plusSeconds(3_600)));
        }
    }

    private static Checked checked(Finding... findings) {
        return new Checked(NOW, new CheckReport(MAIN, List.of("far", "near"), List.of(findings), List.of()));
    }

    private static FleetLine line(String name, Finding... findings) {
        return FleetLine.of(new ClusterName(name), ObservedCluster.NOTHING.with(checked(findings)));
    }

    @Test
    void theWorstFindingIsTheVerdict() {
        FleetLine line = line(
                "main",
                Finding.ok("free-space", "enough").with(Measure.FREE, 50),
                Finding.warning("clock", "is slow", "Set it."),
                Finding.critical("wal", "is missing", "Take a backup.")
                        .of("far")
                        .with(Measure.FREE, 7));

        assertThat(line.severity()).isEqualTo(Severity.CRITICAL);
        assertThat(line.verdict()).isEqualTo("wal 'far': is missing (and 1 more finding)");
        assertThat(line.freeBytes()).contains(7L);
        assertThat(line(
                                "main",
                                Finding.critical("schedule", "'far': the backup was not done", "Look.")
                                        .of("far"))
                        .verdict())
                .as("the name stands once")
                .isEqualTo("schedule: 'far': the backup was not done");
        assertThat(line("main", Finding.ok("wal", "is there")).verdict()).isEqualTo("protected");
    }

    @Test
    void theWorstClusterIsFirstThenTheNameDecides() {
        Finding warning = Finding.warning("clock", "is slow", "Set it.");
        Finding critical = Finding.critical("wal", "is missing", "Take a backup.");

        assertThat(Stream.of(line("d"), line("c", warning), line("b", critical), line("a"), line("z", critical))
                        .sorted(FleetLine.WORST_FIRST)
                        .map(line -> line.cluster().value()))
                .containsExactly("b", "z", "c", "a", "d");
    }

    @Test
    void withoutTheServerTheRepositoriesSayWhatCanBeRestored() throws IOException {
        FleetLine line = FleetLine.of(MAIN, ObservedCluster.NOTHING.with(reading(true)));

        assertThat(line.verdict()).isEqualTo("can be restored; the server was not asked");
        assertThat(line.isServerAsked()).isFalse();
        assertThat(line.reachable()).isPresent();
        assertThat(line.backup()).isPresent();
        assertThat(line.holes()).contains(0L);
        assertThat(line.queued()).as("the cluster may be of another host").isEmpty();
        assertThat(line.rto()).contains(Duration.ofMinutes(30));
        assertThat(line.forecast()).as("nothing was measured").isEmpty();
        assertThat(line.next()).contains(new NextTask(ScheduledTask.BACKUP, NOW.plusSeconds(3_600)));
        assertThat(line.asOf()).contains(NOW);
    }

    /** One that was well yesterday, and of which nothing came since, is not told to be well. */
    @Test
    void anOldLookIsNoSignOfHealth() throws IOException {
        ObservedCluster checkedOnce =
                ObservedCluster.NOTHING.with(reading(true)).with(new Checked(NOW.minusSeconds(700), whole()));

        FleetLine line = FleetLine.of(MAIN, checkedOnce.seenSince(NOW.minusSeconds(600), Optional.empty()));
        assertThat(line.severity()).isEqualTo(Severity.WARNING);
        assertThat(line.verdict()).isEqualTo("check: no check has ended since 2026-11-29 02:48:20Z");
        assertThat(line.asOf()).contains(NOW.minusSeconds(700));

        FleetLine nothing = FleetLine.of(MAIN, checkedOnce.seenSince(NOW, Optional.empty()));
        assertThat(nothing.severity()).isEqualTo(Severity.WARNING);
        assertThat(nothing.verdict()).endsWith("(and 1 more finding)");

        assertThat(checkedOnce.seenSince(NOW.minusSeconds(701), Optional.empty()))
                .isEqualTo(checkedOnce);
    }

    /** What was wrong when it was last known is wrong until somebody sees otherwise. */
    @Test
    void anOldLookHidesNothingThatIsWrong() throws IOException {
        Checked old = new Checked(
                NOW.minusSeconds(700),
                new CheckReport(
                        MAIN,
                        List.of("near"),
                        List.of(
                                Finding.ok("free-space", "enough").with(Measure.FREE, 50),
                                Finding.critical("archiver", "fails", "Look.")),
                        List.of()));
        ObservedCluster seen = ObservedCluster.NOTHING.with(old).seenSince(NOW.minusSeconds(600), Optional.empty());

        FleetLine line = FleetLine.of(MAIN, seen);
        assertThat(line.verdict()).isEqualTo("archiver: fails (and 2 more findings)");
        assertThat(line.severity()).isEqualTo(Severity.CRITICAL);
        assertThat(line.isServerAsked()).isTrue();
        assertThat(line.freeBytes()).as("what was well then").isEmpty();
        assertThat(seen.checked().orElseThrow().at()).isEqualTo(old.at());

        FleetLine hole = FleetLine.of(
                MAIN,
                ObservedCluster.NOTHING
                        .with(reading(false))
                        .with(new Checked(old.at(), whole()))
                        .seenSince(NOW.minusSeconds(600), Optional.empty()));
        assertThat(hole.verdict()).as("the reading is newer").startsWith("holes: no moment after ");
    }

    @Test
    void anotherHostsClusterIsReadAloneAndItsHintsNameItsRepository() throws IOException {
        ObservedCluster read = ObservedCluster.NOTHING.with(reading(false));

        FleetLine fresh = FleetLine.of(MAIN, read.seenSince(NOW.minusSeconds(1), Optional.of("far")));
        assertThat(fresh.verdict()).isEqualTo(FleetLine.of(MAIN, read).verdict());
        assertThat(fresh.worst().orElseThrow().hint())
                .isEqualTo("Mend it on its own host. Look with: tidemark fleet --repository far");

        ObservedCluster seen = read.seenSince(NOW, Optional.of("far"));
        assertThat(FleetLine.of(MAIN, seen).severity()).isEqualTo(Severity.CRITICAL);
        assertThat(FleetLine.of(MAIN, seen).isServerAsked()).isFalse();
        assertThat(seen.missing())
                .extracting(Finding::hint)
                .containsExactly("See what hangs with: tidemark fleet --repository far");
        assertThat(ObservedCluster.NOTHING.seenSince(NOW, Optional.of("far")).missing())
                .extracting(Finding::hint)
                .containsExactly("Wait a minute. If this stays, look with: tidemark fleet --repository far");
    }

    /** Its repositories are well, and nobody knows whether its server archives. */
    @Test
    void anOwnClusterThatWasNeverCheckedIsNotWell() throws IOException {
        ObservedCluster read = ObservedCluster.NOTHING.with(reading(true));

        FleetLine line = FleetLine.of(MAIN, read.seenSince(NOW.minusSeconds(1), Optional.empty()));
        assertThat(line.severity()).isEqualTo(Severity.WARNING);
        assertThat(line.verdict()).isEqualTo("check: this cluster was not checked yet");
        assertThat(line.isServerAsked()).isFalse();
    }

    private static CheckReport whole() {
        return new CheckReport(MAIN, List.of("near"), List.of(Finding.ok("wal", "is there")), List.of());
    }

    @Test
    void aHoleAfterTheLastBackupIsCriticalWithoutTheServerToo() throws IOException {
        FleetLine line = FleetLine.of(MAIN, ObservedCluster.NOTHING.with(reading(false)));

        assertThat(line.severity()).isEqualTo(Severity.CRITICAL);
        assertThat(line.verdict()).startsWith("holes: no moment after ").endsWith(" is missing");
        assertThat(line.holes()).contains(1L);
    }

    @Test
    void aClusterThatWasNotReadIsNoProtectedOne() {
        assertThat(FleetLine.of(MAIN, ObservedCluster.NOTHING).severity()).isEqualTo(Severity.WARNING);
    }
}
