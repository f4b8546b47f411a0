// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Bound;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.restore.plan.RestorePlan;
import org.tidemark.restore.request.RestoreRequest;
import org.tidemark.restore.wal.Holding;
import org.tidemark.testkit.BaseBackupCopy;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** A failover after which the old primary went on, and copies of the repository whose objects have other times. */
class TimelinesOfCopiesTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String ASKS = "Tidemark cannot tell which of them is right";
    private static final String ABANDONED = "may have been on a part of timeline 1 that was abandoned";

    @TempDir
    private Path work;

    private static List<Clock> clocks() {
        return List.of(
                Clock.systemUTC(),
                Clock.offset(Clock.systemUTC(), Duration.ofDays(8)),
                Clock.fixed(Instant.EPOCH, ZoneOffset.UTC),
                Clock.fixed(Instant.parse("2038-01-01T00:00:00Z"), ZoneOffset.UTC));
    }

    private static RestorePlan planned(Holding holding, RecoveryTarget target) throws IOException {
        return new RestorePreparation(List.of(holding), Map.of())
                .prepare(RestoreRequest.of(Path.of("/nowhere/restored"), target))
                .plan();
    }

    private static String messages(RestorePlan plan) {
        return plan.findings().stream().map(PlanFinding::message).toList().toString();
    }

    private static Instant now(PostgresServer server) {
        return Instant.parse(server.query(
                "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"));
    }

    @Test
    void whetherTheTimelinesCompeteIsSeenInEachCopy() throws Exception {
        PostgresBinaries binaries = PostgresBinaries.embedded(16);
        try (ArchivingServer source = new ArchivingServer(
                PostgresServer.of(binaries).initdb("--wal-segsize=1").setting("min_wal_size", "2MB"), work)) {
            PostgresServer old = source.server();
            old.sql("CREATE TABLE t AS SELECT 0 AS step");
            source.backUp();
            BaseBackupCopy copy = old.takeBaseBackup(old.dataDirectory().resolveSibling("copy"));
            try (PostgresServer promoted = PostgresServer.of(binaries)
                    .from(copy.dataDirectory())
                    .standbyOf(old)
                    .start()) {
                source.archiveEverything();
                promoted.promote();
                for (int step = 1; step <= 3; step++) {
                    old.sql("INSERT INTO t VALUES (" + step + ")");
                    source.archiveEverything();
                }
                promoted.sql("INSERT INTO t VALUES (10)");
                promoted.archiveCurrentSegment(LIMIT);
                source.archiveEverything();

                assertThat(messages(planned(original(source), new RecoveryTarget.Latest())))
                        .contains(ASKS);
                for (Clock clock : clocks()) {
                    assertThat(messages(planned(source.copied(clock, Set.of()), new RecoveryTarget.Latest())))
                            .as(clock.toString())
                            .contains(ASKS);
                }

                source.backUp(BaseBackup.Type.FULL, promoted);
                assertThat(messages(planned(original(source), new RecoveryTarget.Latest())))
                        .doesNotContain(ASKS);
                for (Clock clock : clocks()) {
                    RestorePlan plan = planned(source.copied(clock, Set.of()), new RecoveryTarget.Latest());
                    assertThat(messages(plan)).as(clock.toString()).doesNotContain(ASKS);
                    assertThat(((RestorePlan.Chosen) plan).timeline().id()).isEqualTo(2);
                }
            }
        }
    }

    /** A restore went too far back: what is looked for now was written before it, on the part that it abandoned. */
    @Test
    void aTimeOfAnAbandonedPartIsSeenInEachCopy() throws Exception {
        PostgresBinaries binaries = PostgresBinaries.embedded(16);
        try (ArchivingServer source = new ArchivingServer(
                PostgresServer.of(binaries).initdb("--wal-segsize=1").setting("min_wal_size", "2MB"), work)) {
            PostgresServer old = source.server();
            old.sql("CREATE TABLE t AS SELECT 0 AS step");
            source.backUp();
            BaseBackupCopy copy = old.takeBaseBackup(old.dataDirectory().resolveSibling("copy"));
            Instant moment = Instant.EPOCH;
            for (int step = 1; step <= 4; step++) {
                old.sql("INSERT INTO t VALUES (" + step + ")");
                source.archiveEverything();
                moment = step == 3 ? now(old) : moment;
            }
            OperatingUser.current().own(Files.createFile(copy.dataDirectory().resolve("recovery.signal")));
            try (PostgresServer restored = PostgresServer.of(binaries)
                    .from(copy.dataDirectory())
                    .setting("restore_command", "cp " + source.wal() + "/%f %p")
                    .setting("recovery_target", "immediate")
                    .setting("recovery_target_action", "promote")
                    .start()) {
                restored.awaitRecoveryEnd(LIMIT);
                restored.sql("INSERT INTO t VALUES (10)");
                source.push(restored.archiveCurrentSegment(LIMIT));
                source.backUp(BaseBackup.Type.FULL, restored);
                RecoveryTarget target = new RecoveryTarget.AtTime(moment, Bound.INCLUSIVE);

                for (Clock clock : clocks()) {
                    assertThat(messages(planned(source.copied(clock, Set.of()), target)))
                            .as(clock.toString())
                            .contains(ABANDONED);
                }
                RecoveryTarget later = new RecoveryTarget.AtTime(now(restored), Bound.INCLUSIVE);
                restored.sql("INSERT INTO t VALUES (11)");
                source.push(restored.archiveCurrentSegment(LIMIT));
                assertThat(messages(planned(source.copied(Clock.systemUTC(), Set.of()), later)))
                        .doesNotContain(ABANDONED)
                        .doesNotContain(ASKS);
            }
        }
    }

    private static Holding original(ArchivingServer source) throws IOException {
        return Holding.of("local", source.archive(), source.backups());
    }
}
