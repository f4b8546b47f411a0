// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresWait;

/**
 * A test copy was promoted to timeline 2 and archived its history, and nothing else; the primary and its standby go on
 * along timeline 1, past the place where the copy left it.
 */
@ParameterizedClass
@MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
@InTurn
final class StrayTimelineTest {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final String STRAY = "00000002.history";
    private static final String WITHHELD = "'" + STRAY + "' is archived, but not delivered: timeline 2 left timeline 1";
    private static final Pattern REMOVAL = Pattern.compile("before the next restart: (rm \\S+)");

    @Parameter
    PostgresBinaries binaries = PostgresBinaries.newestEmbedded();

    private ReplicatedCluster cluster;
    private PostgresServer standby;

    @BeforeEach
    void replicate() throws IOException {
        cluster = new ReplicatedCluster(binaries);
        standby = cluster.standby("s");
    }

    private void aCopyIsPromotedAndProductionGoesOn() throws IOException {
        Path directory = cluster.host().directory().resolve("copy");
        cluster.host().must("recover", "--to", directory.toString());
        try (PostgresServer copy = PostgresServer.of(binaries).from(directory).create()) {
            copy.launch();
            copy.awaitRecoveryEnd(LIMIT);
            archive(copy, STRAY);
        }
        for (int i = 2; i <= 4; i++) {
            write(i);
            cluster.primary().archiveCurrentSegment(LIMIT);
        }
        awaitRows(standby, "1,2,3,4");
        // Only from now on does the control file say that it has come past the copy's beginning.
        cluster.primary().sql("CHECKPOINT");
        PostgresWait.until(
                "the checkpoint is replayed",
                LIMIT,
                standby,
                () -> standby.walPosition().compareTo(cluster.primary().walPosition()) >= 0);
        standby.sql("CHECKPOINT");
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private void write(int n) {
        cluster.primary().sql("INSERT INTO t VALUES (" + n + ")");
    }

    private static void awaitRows(PostgresServer server, String rows) {
        PostgresWait.until(
                "'" + rows + "' is there",
                LIMIT,
                server,
                () -> ReplicatedCluster.rows(server).equals(rows));
    }

    /** Archives one history of a server, and nothing else that is in its pg_wal. */
    private void archive(PostgresServer server, String history) throws IOException {
        Path alone = Files.createTempDirectory(cluster.host().directory(), "alone");
        Files.copy(server.dataDirectory().resolve("pg_wal").resolve(history), alone.resolve(history));
        OperatingUser.current().own(alone);
        cluster.host().must("wal-push", alone.resolve(history).toString(), "--cluster", "main");
    }

    private static String timeline(PostgresServer server) {
        return server.query("SELECT pg_walfile_name(pg_current_wal_lsn())").substring(0, 8);
    }

    @Test
    void doesNotKeepAStandbyFromStartingAndItsNumberIsTakenAtThePromotion() throws IOException {
        aCopyIsPromotedAndProductionGoesOn();

        standby.restart();

        write(5);
        awaitRows(standby, "1,2,3,4,5");
        assertThat(standby.log()).contains(WITHHELD);
        assertThat(standby.dataDirectory().resolve("pg_wal").resolve(STRAY)).doesNotExist();
        cluster.primary().stopFast();
        standby.promote();
        assertThat(timeline(standby)).isEqualTo("00000003");
        assertThat(ReplicatedCluster.rows(standby)).isEqualTo("1,2,3,4,5");
    }

    /** The control file then says that it replays, and so it does at a promotion. */
    @Test
    void isHandedOutAfterACrashSinceNothingProvesThatTheQuestionIsNotThatOfAPromotion() throws IOException {
        aCopyIsPromotedAndProductionGoesOn();
        standby.stopImmediately();

        standby.launch();
        standby.awaitDown(LIMIT);

        assertThat(standby.log())
                .contains("restored log file \"" + STRAY + "\" from archive", "FATAL:  requested timeline 2")
                .doesNotContain(WITHHELD);
    }

    /** It is asked to promote from the moment on that it starts, until it has done so. */
    @ParameterizedTest
    @ValueSource(strings = {"on", "off"})
    void itsNumberIsTakenAtAPromotionDuringARestart(String hotStandby) throws IOException {
        aCopyIsPromotedAndProductionGoesOn();
        standby.sql("ALTER SYSTEM SET hot_standby = '" + hotStandby + "'");
        standby.stopFast();
        cluster.primary().stopFast();

        standby.launch();
        PostgresWait.until("the promotion ends", LIMIT, standby, this::isPromoted);

        assertThat(standby.log()).contains(WITHHELD);
        assertThat(timeline(standby)).isEqualTo("00000003");
        assertThat(ReplicatedCluster.rows(standby)).isEqualTo("1,2,3,4");
    }

    private boolean isPromoted() {
        try {
            Path data = standby.dataDirectory();
            if (Files.exists(data.resolve("standby.signal"))) {
                String pid = Files.readAllLines(data.resolve("postmaster.pid")).getFirst();
                Path request = Files.writeString(data.resolve("promote"), "");
                OperatingUser.current().own(request);
                standby.run(List.of("sh", "-c", "kill -USR1 " + pid));
            }
            return standby.takesConnections() && !standby.isInRecovery();
        } catch (IOException | IllegalStateException e) {
            return false; // it has not come so far yet
        }
    }

    @Test
    void isFollowedByTheRealTimelineThatAnotherStandbyFinds() throws IOException {
        PostgresServer other = cluster.standby("other");
        aCopyIsPromotedAndProductionGoesOn();
        awaitRows(other, "1,2,3,4");
        other.sql("ALTER SYSTEM SET primary_conninfo = '" + standby.conninfo() + " application_name=other'");
        other.stopFast();
        write(5);
        awaitRows(standby, "1,2,3,4,5");
        cluster.primary().stopFast();
        standby.promote();
        assertThat(timeline(standby)).isEqualTo("00000003");
        archive(standby, "00000003.history");
        standby.sql("INSERT INTO t VALUES (6)");

        other.start();

        awaitRows(other, "1,2,3,4,5,6");
        other.restart();
        standby.stopFast();
        other.promote();
        assertThat(timeline(other)).isEqualTo("00000004");
    }

    @Test
    void itsNumberIsTakenForARestoreAlongTheTimelineThatItLeft() throws IOException {
        aCopyIsPromotedAndProductionGoesOn();
        Path directory = cluster.host().directory().resolve("restored");
        cluster.host().must("recover", "--to", directory.toString(), "--timeline", "1");
        try (PostgresServer restored =
                PostgresServer.of(binaries).from(directory).create()) {
            restored.launch();
            restored.awaitRecoveryEnd(LIMIT);

            assertThat(timeline(restored)).isEqualTo("00000003");
            assertThat(ReplicatedCluster.rows(restored)).isEqualTo("1,2,3,4");
        }
    }

    /** As docs/repair/conflict.md says, with the line that check prints. */
    @Test
    void isNamedByCheckWhereARunningStandbyHasKeptItAndTheHintLeadsToAStandbyThatStreams() throws IOException {
        aCopyIsPromotedAndProductionGoesOn();
        Path kept = standby.dataDirectory().resolve("pg_wal").resolve(STRAY);
        cluster.primary().restart();
        PostgresWait.until("the standby has looked for a newer timeline", LIMIT, standby, () -> Files.exists(kept));
        cluster.host().configure(standby.conninfo(), standby.dataDirectory());

        String check = cluster.host().run("check").data();

        assertThat(check).contains("CRITICAL", "this standby will not start again: '" + kept + "' is there, but");
        Matcher removal = REMOVAL.matcher(check.replaceAll("\\s+", " "));
        assertThat(removal.find()).as(check).isTrue();
        standby.stopFast();
        standby.launch();
        standby.awaitDown(LIMIT);
        assertThat(standby.log()).contains("FATAL:  requested timeline 2");

        putAside();
        standby.run(List.of("sh", "-c", removal.group(1)));
        standby.start();

        write(5);
        awaitRows(standby, "1,2,3,4,5");
        assertThat(cluster.host().run("check").data()).doesNotContain("will not start again");
    }

    private void putAside() throws IOException {
        try (Stream<Path> files = Files.walk(cluster.host().directory().resolve("repository"))) {
            Path history = files.filter(file -> file.endsWith("history/" + STRAY))
                    .findFirst()
                    .orElseThrow();
            Files.move(history, cluster.host().directory().resolve(STRAY), StandardCopyOption.ATOMIC_MOVE);
        }
    }
}
