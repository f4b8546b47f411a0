// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresServerBuilder;
import org.tidemark.testkit.PostgresWait;
import org.tidemark.testkit.Rounds;

/**
 * A restore of a restore of a restore: each opened server becomes the primary, archives and is perhaps backed up, and
 * each target of each of them has the rows that were committed by then.
 */
@ParameterizedClass
@MethodSource("org.tidemark.testkit.PostgresBinaries#ofThisRun")
final class RestoresOfRestoresTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int GENERATIONS = 3;

    @Parameter
    PostgresBinaries binaries = PostgresBinaries.embedded().getLast();

    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
    }

    /** What the servers have in a moment, and how that moment is named. */
    private record Moment(String rows, String time, String lsn, String xid, String name) {}

    private enum Goal {
        TIME,
        LSN,
        XID,
        NAME,
        LATEST,
        IMMEDIATE,
        STANDBY;

        boolean isOfOneMoment() {
            return compareTo(NAME) <= 0;
        }

        List<String> options(Moment moment, PostgresServer primary) {
            return switch (this) {
                case TIME -> List.of("--target-time", moment.time());
                case LSN -> List.of("--target-lsn", moment.lsn());
                case XID -> List.of("--target-xid", moment.xid());
                case NAME -> List.of("--target-name", moment.name());
                case IMMEDIATE -> List.of("--target-immediate");
                case LATEST -> List.of();
                case STANDBY -> List.of("--standby", "--primary", primary.conninfo());
            };
        }
    }

    /** A cluster through all its generations. */
    private final class Line {
        private final TidemarkHost host = new TidemarkHost();
        private final List<Moment> moments = new ArrayList<>();
        private final List<PostgresServer> stopped = new ArrayList<>();
        private final Random random;
        private PostgresServer primary;
        private String inNewestBackup = "";
        private int written;

        Line(Random random) throws IOException {
            this.random = random;
            open.add(host);
            primary = PostgresServer.of(binaries)
                    .initdb("--wal-segsize=1")
                    .archiving(host.archiveCommand())
                    .start();
            open.add(primary);
            host.configure(primary.conninfo(), primary.dataDirectory());
            host.must("init");
            primary.sql("CREATE TABLE t (n int)");
            backup();
        }

        void backup() {
            inNewestBackup = rows(primary);
            host.must("backup");
        }

        void write(int count) throws InterruptedException {
            for (int i = 0; i < count; i++) {
                written++;
                String xid = primary.query("INSERT INTO t VALUES (" + written + ") RETURNING txid_current()");
                String name = "p" + written;
                primary.query("SELECT pg_create_restore_point('" + name + "')");
                Thread.sleep(5);
                moments.add(new Moment(
                        rows(primary),
                        primary.query("SELECT clock_timestamp()::text"),
                        primary.walPosition().toString(),
                        xid,
                        name));
                Thread.sleep(5);
            }
            primary.archiveCurrentSegment(LIMIT);
        }

        /** Restores, opens what was restored, and goes on with it. */
        void restore(Goal goal) throws IOException {
            int chosen = goal.isOfOneMoment() ? random.nextInt(moments.size()) : moments.size() - 1;
            boolean delta = !stopped.isEmpty() && random.nextBoolean();
            String rows = goal == Goal.IMMEDIATE
                    ? inNewestBackup
                    : moments.get(chosen).rows();
            Path to = delta
                    ? stopped.removeLast().dataDirectory()
                    : primary.newDirectory("restored").resolve("data");
            List<String> line = new ArrayList<>(List.of("recover", "--to", to.toString()));
            line.addAll(goal.options(moments.get(chosen), primary));
            if (goal != Goal.STANDBY) {
                line.addAll(List.of("--target-action", "promote", "--timeline", String.valueOf(timeline())));
            }
            if (delta) {
                line.add("--delta");
            }
            host.must(line.toArray(String[]::new));
            PostgresServerBuilder builder = PostgresServer.of(binaries).from(to).archiving(host.archiveCommand());
            PostgresServer restored = builder.start();
            open.add(restored);
            if (goal == Goal.STANDBY) {
                PostgresWait.until(
                        "it has all rows", LIMIT, restored, () -> rows(restored).equals(rows));
            }
            primary.stopFast();
            if (goal == Goal.STANDBY) {
                restored.promote();
            } else {
                restored.awaitRecoveryEnd(LIMIT);
            }
            stopped.add(primary);
            primary = restored;
            assertThat(rows(primary)).as(goal + " of " + line).isEqualTo(rows);
            primary.sql("ALTER SYSTEM RESET archive_mode", "ALTER SYSTEM RESET archive_command");
            primary.restart();
            host.configure(primary.conninfo(), primary.dataDirectory());
            moments.removeIf(each -> each.rows().length() > rows.length());
        }

        private int timeline() {
            return Integer.parseInt(primary.query("SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)"), 16);
        }
    }

    private static String rows(PostgresServer server) {
        return server.query("SELECT string_agg(n::text, ',' ORDER BY n) FROM t");
    }

    @Test
    void eachTargetOfEachGenerationHasTheRowsThatWereCommittedByThen() throws Exception {
        Random random = Rounds.random();
        for (int round = 0; round < Rounds.of(1, 5); round++) {
            Line line = new Line(random);
            for (int generation = 0; generation < GENERATIONS; generation++) {
                line.write(3);
                if (generation > 0 && random.nextBoolean()) {
                    line.backup();
                    line.write(2);
                }
                line.restore(Goal.values()[random.nextInt(Goal.values().length)]);
            }
            close();
            open.clear();
        }
    }
}
