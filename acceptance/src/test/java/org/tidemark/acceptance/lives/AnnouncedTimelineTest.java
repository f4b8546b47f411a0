// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.lives;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** A standby that is three segments ahead of the archive is promoted, and the history of its timeline comes first. */
@InTurn
final class AnnouncedTimelineTest {
    static Stream<PostgresBinaries> versions() {
        return ClusterLife.versions();
    }

    @ParameterizedTest
    @MethodSource("versions")
    void isFollowedFromItsFirstSegmentOnAndItsNumberIsTakenFromTheBeginning(PostgresBinaries binaries)
            throws Exception {
        try (ClusterLife life = new ClusterLife(binaries, "local")) {
            PostgresServer primary = life.begin();
            PostgresServer standby = life.standbyOf(primary);
            life.archive(primary, "a");
            for (PostgresServer each : List.of(primary, standby)) {
                each.sql("ALTER SYSTEM SET archive_command = '/bin/false'", "SELECT pg_reload_conf()");
            }
            for (String batch : List.of("b", "c", "d")) {
                life.streamed(primary, standby, batch);
                primary.sql("SELECT pg_switch_wal()");
            }
            life.streamed(primary, standby, "e");
            primary.stopImmediately();
            life.failOver(primary, standby);
            Path history = Files.createDirectory(life.host().directory().resolve("alone"))
                    .resolve("00000002.history");
            Files.copy(standby.dataDirectory().resolve("pg_wal/00000002.history"), history);
            OperatingUser.current().own(Objects.requireNonNull(history.getParent()));
            life.host().must("wal-push", history.toString(), "--cluster", "main");

            Outcome plan = life.dryRun();
            assertThat(plan.status()).as(plan.data() + plan.talk()).isZero();
            assertThat(plan.data()).contains("timeline 2 does not count as the newest: '00000002.history' says");
            assertThat(life.host().run("check").data())
                    .contains("WARNING", "timeline 2 does not count as the newest: '00000002.history' says");
            PostgresServer early = life.restored(life.host());
            ClusterLife.mustHold(early, List.of("a"));
            assertThat(early.query("SELECT pg_walfile_name(pg_current_wal_lsn())"))
                    .startsWith("00000003");

            standby.sql("ALTER SYSTEM RESET archive_command", "SELECT pg_reload_conf()");
            life.archive(standby, "f");

            life.mustAgree();
            assertThat(life.host().run("check").data()).doesNotContain("does not count as the newest");
            life.mustHoldWhatWasArchived(life.restore());
        }
    }
}
