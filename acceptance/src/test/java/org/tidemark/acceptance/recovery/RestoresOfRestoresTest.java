// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.acceptance.InstalledTidemark;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.stores.S3ProxyProcess;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OpenSshServer;
import org.tidemark.testkit.OpenSshServer.Serves;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresWait;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.TemporaryTree;

/**
 * A restore of a restore of a restore, each in another way: each opened server becomes the primary, archives and is
 * perhaps backed up, and each target of each of them has the rows that were committed by then. The repository is a
 * directory, or S3.
 */
@ParameterizedClass
@MethodSource("org.tidemark.testkit.PostgresBinaries#ofThisRun")
@Order(1) // among the longest
@InTurn
final class RestoresOfRestoresTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int GENERATIONS = 3;

    @Parameter
    PostgresBinaries binaries = PostgresBinaries.embedded().getLast();

    @TempDir
    private Path home;

    private final List<AutoCloseable> open = new ArrayList<>();
    private Optional<OpenSshServer> sshd = Optional.empty();

    @AfterEach
    void end() throws Exception {
        close();
        if (sshd.isPresent()) {
            sshd.get().close();
        }
    }

    private void close() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
    }

    /** How a restore is made, and where it goes. */
    private enum Way {
        PLAIN,
        WAL_ELSEWHERE,
        WAL_COPIED,
        ELSEWHERE,
        DELTA,
        ASIDE;

        /** Whether it goes over a cluster that was stopped. */
        boolean isOver() {
            return this == DELTA || this == ASIDE;
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

        boolean isExclusive() {
            return this == TIME || this == LSN || this == XID;
        }

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
        private final Optional<S3ProxyProcess> s3;
        private String inNewestBackup = "";
        private int written;

        Line(Random random, boolean isOnS3) throws IOException {
            this.random = random;
            open.add(host);
            s3 = isOnS3 ? Optional.of(S3ProxyProcess.start(Files.createTempDirectory(home, "s3-"))) : Optional.empty();
            s3.ifPresent(open::add);
            primary = PostgresServer.of(binaries)
                    .initdb("--wal-segsize=1")
                    .archiving(host.archiveCommand())
                    .start();
            open.add(primary);
            configure();
            host.must("init");
            primary.sql("CREATE TABLE t (n int)");
            backup();
        }

        private void configure() throws IOException {
            if (s3.isEmpty()) {
                host.configure(primary.conninfo(), primary.dataDirectory());
            } else {
                host.configure(
                        s3.get().toml("bucket", "production", host.directory()) + "\n[cluster.main]\nconninfo = '"
                                + primary.conninfo() + "'\ndata-directory = '" + primary.dataDirectory() + "'\n");
            }
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
            if (s3.isPresent()) {
                // It tells whole seconds, and a target within the last of them is refused as later than the archive.
                Thread.sleep(1_100);
            }
            primary.archiveCurrentSegment(LIMIT);
        }

        /** Restores, opens what was restored, and goes on with it. */
        void restore(Goal goal, Way way) throws IOException {
            boolean exclusive = goal.isExclusive() && random.nextBoolean();
            int chosen = goal.isOfOneMoment() ? random.nextInt(moments.size()) : moments.size() - 1;
            String rows = goal == Goal.IMMEDIATE
                    ? inNewestBackup
                    : exclusive && goal == Goal.XID
                            ? chosen == 0 ? "" : moments.get(chosen - 1).rows()
                            : moments.get(chosen).rows();
            Path to = way.isOver()
                    ? stopped.removeLast().dataDirectory()
                    : primary.newDirectory("restored").resolve("data");
            List<String> line = new ArrayList<>(List.of("recover", "--to", to.toString()));
            line.addAll(goal.options(moments.get(chosen), primary));
            if (exclusive) {
                line.add("--exclusive");
            }
            if (goal != Goal.STANDBY) {
                line.addAll(List.of("--target-action", "promote", "--timeline", String.valueOf(timeline())));
            }
            switch (way) {
                case PLAIN -> {}
                case WAL_ELSEWHERE -> line.addAll(List.of("--wal-dir", to.resolveSibling("disk") + "/wal"));
                case WAL_COPIED -> line.addAll(List.of("--wal", "copy"));
                case ELSEWHERE -> line.addAll(elsewhere());
                case DELTA -> line.add("--delta");
                case ASIDE -> line.add("--move-aside");
            }
            host.must(line.toArray(String[]::new));
            PostgresServer restored = PostgresServer.of(binaries)
                    .from(to)
                    .archiving(host.archiveCommand())
                    .create();
            if (way == Way.WAL_COPIED) {
                TemporaryTree.copy(
                        to.resolveSibling("data.wal"), restored.dataDirectory().resolveSibling("data.wal"));
            }
            restored.start();
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
            assertThat(rows(primary)).as(String.join(" ", line)).isEqualTo(rows);
            primary.sql("ALTER SYSTEM RESET archive_mode", "ALTER SYSTEM RESET archive_command");
            primary.restart();
            configure();
            moments.removeIf(each -> each.rows().length() > rows.length());
        }

        /** Where that is possible: over a real sshd, by the Tidemark there. */
        private List<String> elsewhere() throws IOException {
            OpenSshServer ssh = sshd.orElseThrow();
            Path configuration = ssh.writeClientConfiguration(host.directory());
            return List.of(
                    "--remote",
                    "ssh://" + OperatingUser.current().name() + "@127.0.0.1:" + ssh.port(),
                    "--ssh-config",
                    configuration.toString(),
                    "--remote-program",
                    InstalledTidemark.launcher().toString());
        }

        private int timeline() {
            return Integer.parseInt(primary.query("SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)"), 16);
        }
    }

    private static String rows(PostgresServer server) {
        return server.query("SELECT coalesce(string_agg(n::text, ',' ORDER BY n), '') FROM t");
    }

    @Test
    void eachTargetOfEachGenerationHasTheRowsThatWereCommittedByThen() throws Exception {
        Random random = Rounds.random();
        // Without sshd, every restore is on this host.
        sshd = OpenSshServer.ofOrdinaryUser(Serves.SHELL);
        // Each way and each goal comes once before any comes again.
        List<Way> ways = new ArrayList<>();
        List<Goal> goals = new ArrayList<>();
        for (int round = 0; round < Rounds.of(1, 6); round++) {
            Line line = new Line(random, random.nextBoolean());
            for (int generation = 0; generation < GENERATIONS; generation++) {
                line.write(3);
                if (generation > 0 && random.nextBoolean()) {
                    line.backup();
                    line.write(2);
                }
                Way way = next(ways, Way.values(), random);
                Goal goal = next(goals, Goal.values(), random);
                boolean isPossible = !(way.isOver() && line.stopped.isEmpty())
                        && !(way == Way.ELSEWHERE && sshd.isEmpty())
                        && !(way == Way.WAL_COPIED && goal == Goal.STANDBY);
                line.restore(goal, isPossible ? way : Way.PLAIN);
            }
            close();
            open.clear();
        }
    }

    private static <T> T next(List<T> left, T[] all, Random random) {
        if (left.isEmpty()) {
            left.addAll(List.of(all));
            Collections.shuffle(left, random);
        }
        return left.removeLast();
    }
}
