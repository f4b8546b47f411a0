// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.random;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.acceptance.random.RealLife.Row;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.Rounds;

/** A drill is green exactly if the plain restore of its moment is right, and names the right fault otherwise. */
@Order(1) // among the longest
@InTurn
class DrillsAtRandomTest {
    private static final int DRILLS_OF_A_LIFE = 4;
    /** A series goes on after a life in which something was wrong, to find what else is. */
    private static final int MOST_WRONG = 3;

    private static final int MANY = 100;

    @Test
    void aDrillIsGreenExactlyIfThePlainRestoreIsRight() {
        Random random = Rounds.random();
        List<PostgresBinaries> versions = PostgresBinaries.oneOfThisRun().reversed();
        int drills = Rounds.of(3, 200);
        int proven = 0;
        int failed = 0;
        List<String> wrong = new ArrayList<>();
        for (int number = 0; number * DRILLS_OF_A_LIFE < drills && wrong.size() < MOST_WRONG; number++) {
            long seed = random.nextLong();
            List<String> story = List.of();
            try (DrilledLife life = new DrilledLife(versions.get(number % versions.size()), new Random(seed))) {
                try {
                    life.begin();
                    for (int left = drills - number * DRILLS_OF_A_LIFE, drill = 0;
                            drill < Math.min(left, DRILLS_OF_A_LIFE);
                            drill++) {
                        life.goOn();
                    }
                } finally {
                    story = life.life().story();
                    proven += life.proven();
                    failed += life.failed();
                }
            } catch (Exception | AssertionError e) {
                wrong.add("life " + number + ", of seed " + seed + ": " + e + " at " + e.getStackTrace()[0] + "\n"
                        + String.join("\n", story));
            }
        }
        assertThat(wrong).isEmpty();
        if (drills >= MANY) {
            assertThat(proven).as("drills that were proven").isGreaterThan(MANY / 4);
            assertThat(failed).as("drills that were not").isGreaterThan(MANY / 10);
        }
    }

    /**
     * The program that starts the copy changes it before: as if the planner had given PostgreSQL another target, or the
     * backup had pages that are torn, or whole ones in the wrong place.
     */
    @Test
    void aCopyThatStopsOneCommitEarlyAndOneWithWrongPagesAreNotProven() throws IOException {
        try (RealLife life = new RealLife(PostgresBinaries.newestEmbedded(), Rounds.random())) {
            life.begin();
            life.archive();
            life.archive();
            List<Row> rows = life.committed();
            String target = rows.get(rows.size() - 2).after().toString();
            String before = rows.get(rows.size() - 3).after().toString();
            String unread = life.server().query("SELECT pg_relation_filepath('pg_description')");

            assertThat(drill(life, target, "").status()).isZero();
            assertThat(drill(life, target, "echo \"recovery_target_lsn = '" + before + "'\" >> postgresql.auto.conf")
                            .data())
                    .contains("FAILED  moment: PostgreSQL has stopped at ", ", and the plan says ")
                    .contains("the fault is of the WAL");
            assertThat(drill(life, target, "dd if=/dev/zero bs=4096 seek=1 count=1 conv=notrunc of=" + unread)
                            .data())
                    .contains("passed  moment", "FAILED  pages: page 0 of '" + unread, "the fault is of the backup");
            assertThat(drill(life, target, "dd if=" + unread + " bs=8192 skip=1 count=1 conv=notrunc of=" + unread)
                            .data())
                    .contains("passed  moment", "FAILED  pages: page 0 of '" + unread, "the fault is of the backup");
        }
    }

    /** @param change a line for a shell in the data directory, before the server is started */
    private static Outcome drill(RealLife life, String target, String change) throws IOException {
        Path drills = life.host().directory().resolve("d");
        Path programs = Files.createDirectories(life.host().directory().resolve("programs"));
        Path program = Files.writeString(programs.resolve("pg_ctl"), """
                #!/bin/sh
                case "$*" in *start.log*) (cd %s/drill-*/data && %s) > /dev/null 2>&1 ;; esac
                exec %s/pg_ctl "$@"
                """.formatted(
                drills, change.isEmpty() ? "true" : change, life.binaries().programs()));
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        OperatingUser.current().own(programs);
        life.host().findsProgramsIn(programs);
        return life.host()
                .start("drill", "--to", drills.toString(), "--target", target)
                .await();
    }
}
