// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.tidemark.testkit.BackgroundServer;
import org.tidemark.testkit.FreePort;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.RequiredServer;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.TemporaryTree;

/** {@code examples/patroni}, with Patroni, etcd and PostgreSQL 15 of Debian. */
@Order(1) // among the longest
@InTurn
final class PatroniExampleTest {
    private static final String INSTALL = "apt-get install patroni python3-etcd etcd-server postgresql-15";
    private static final Duration LIMIT = Duration.ofMinutes(1);

    private final OperatingUser user = OperatingUser.current();
    private final Path site = user.newTemporaryDirectory("patroni");
    private final Path programs = site.resolve("bin");
    private final Path usedBaseBackup = site.resolve("pg_basebackup-was-called");
    private final List<AutoCloseable> running = new ArrayList<>();
    private final List<PatroniMember> members = new ArrayList<>();

    @BeforeEach
    void install() throws IOException {
        RequiredServer.program("patroni", INSTALL);
        RequiredServer.program("etcd", INSTALL);
        Path installed = RequiredServer.file(Path.of("/usr/lib/postgresql/15/bin"), INSTALL);
        assumeTrue(
                user.name().equals("postgres"), "the example is for a user postgres; run as root where there is one");
        Files.createDirectory(programs);
        try (Stream<Path> all = Files.list(installed)) {
            for (Path program : all.toList()) {
                Files.createSymbolicLink(programs.resolve(program.getFileName()), program);
            }
        }
        Files.delete(programs.resolve("pg_basebackup"));
        ExampleFile.write(programs.resolve("pg_basebackup"), "#!/bin/sh\ntouch " + usedBaseBackup + "\nexit 1\n");
        user.own(site);
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : running.reversed()) {
            each.close();
        }
        TemporaryTree.delete(site);
    }

    @Test
    void noAcknowledgedRowIsLostByFailoversOrByTheLossOfEveryMember() throws Exception {
        int etcd = startEtcd();
        PatroniMember first =
                member("db1", etcd, Map.of("method: tidemark", "method: initdb\n  initdb:\n    - wal-segsize: \"1\""));
        awaitLeader();
        first.operator().must("tidemark init");
        first.sql("CREATE TABLE t (n int PRIMARY KEY)");
        first.operator().must("tidemark backup");
        try (CommittedRows rows = afterReplicasJoined(etcd, first)) {
            // As cron does on the member that is the first to claim the task.
            members.getLast().operator().must("tidemark backup");
            for (int round = 0; round < Rounds.of(2, 10); round++) {
                PatroniMember leader = leader();
                if (round % 2 == 0) {
                    switchOver(leader);
                } else {
                    crash(leader, round, rows);
                }
                archivingGoesOn(rows);
            }
            reinitializeAReplica();
            archivingGoesOn(rows);
            rows.stop();
            archive(leader());
            assertThat(leader().operator().must("tidemark wal-verify")).doesNotContain("missing");
            loseMembers();

            // This etcd knows nothing of the cluster.
            etcd = startEtcd();
            PatroniMember again = newCluster("again", etcd, Map.of());
            rows.verify(rows(again));
            again.sql("INSERT INTO t VALUES (1000000)");
            archive(again);
            again.operator().must("tidemark check");

            loseMembers();
            again.patronictl("remove main", "main\nYes I am aware\nagain\n");
            Instant target = rows.middle();
            PatroniMember earlier = newCluster(
                    "earlier",
                    etcd,
                    Map.of(
                            "/etc/patroni/from-repository\n    keep_existing",
                            site.resolve("earlier/from-repository") + " --target-time=" + target
                                    + " --target-action=promote\n    keep_existing"));
            rows.verify(rows(earlier), target);
        }
        assertThat(usedBaseBackup).doesNotExist();
    }

    private int startEtcd() {
        int port = FreePort.next();
        int peers = FreePort.next();
        String client = "http://127.0.0.1:" + port;
        String peer = "http://127.0.0.1:" + peers;
        Path data = site.resolve("etcd" + port);
        running.add(BackgroundServer.start(
                        user.command(List.of(
                                "etcd",
                                "--data-dir=" + data,
                                "--listen-client-urls=" + client,
                                "--advertise-client-urls=" + client,
                                "--listen-peer-urls=" + peer,
                                "--initial-advertise-peer-urls=" + peer,
                                "--initial-cluster=default=" + peer)),
                        site.resolve("etcd.log"),
                        Map.of())
                .awaitPort(port, LIMIT));
        return port;
    }

    private PatroniMember member(String name, int etcd, Map<String, String> more) throws IOException {
        PatroniMember member = new PatroniMember(name, site, etcd, programs, more);
        running.add(member);
        members.add(member);
        member.start();
        return member;
    }

    /** Two replicas, made from the repository; then rows are committed all the time. */
    private CommittedRows afterReplicasJoined(int etcd, PatroniMember leader) throws Exception {
        for (String name : List.of("db2", "db3")) {
            member(name, etcd, Map.of());
        }
        for (PatroniMember replica : members.subList(1, members.size())) {
            Operator.await(replica.name() + " follows", () -> replica.follows(leader), this::logs);
            assertThat(replica.log()).contains("replica has been created using tidemark");
        }
        Operator.await("a standby is synchronous", () -> synchronousStandbys() > 0, this::logs);
        String addresses =
                members.stream().map(each -> "127.0.0.1:" + each.port()).collect(Collectors.joining(","));
        CommittedRows rows = new CommittedRows("jdbc:postgresql://" + addresses
                + "/postgres?user=postgres&password=change-this&targetServerType=primary&hostRecheckSeconds=1"
                + "&connectTimeout=2&loginTimeout=5&socketTimeout=30");
        rows.awaitMore(this::logs);
        return rows;
    }

    private int synchronousStandbys() throws IOException, InterruptedException {
        int count = 0;
        for (PatroniMember each : members) {
            count += each.isSynchronousStandby() ? 1 : 0;
        }
        return count;
    }

    private void switchOver(PatroniMember leader) throws Exception {
        Operator.await(
                "Patroni switches over",
                () -> leader.post("switchover", "{\"leader\": \"" + leader.name() + "\"}") == 200,
                this::logs);
        awaitLeaderOtherThan(leader);
    }

    /**
     * The leader is lost, and it alone has the end of its WAL: a row of which its synchronous standby knows nothing.
     * Then it comes back.
     */
    private void crash(PatroniMember leader, int round, CommittedRows rows) throws Exception {
        Operator.await("a standby is synchronous", () -> synchronousStandbys() > 0, this::logs);
        List<String> receivers = new ArrayList<>();
        for (PatroniMember each : others(leader)) {
            receivers.add(each.query("SELECT pid FROM pg_stat_wal_receiver"));
        }
        String all = String.join(" ", receivers);
        leader.operator().must("kill -STOP " + all);
        int lost = -(round + 1);
        leader.sql("SET synchronous_commit = local", "INSERT INTO t VALUES (" + lost + ")", "CHECKPOINT");
        int before = leader.log().length();
        leader.crash();
        // They end before they read what the leader has sent meanwhile.
        leader.operator().must("kill -TERM " + all + "; kill -CONT " + all);
        awaitLeaderOtherThan(leader);
        if (leader().query("SELECT count(*) FROM t WHERE n = " + lost).equals("1")) {
            // On a busy machine one of them had read it before.
            rows.mayBeThere(lost);
        }
        leader.start();
        Operator.await(
                leader.name() + " is rewound",
                () -> leader.log().substring(before).contains("pg_rewind exit code=0"),
                this::logs);
    }

    /** The new leader archives, every other member follows it, and nothing is wrong with the repository. */
    private void archivingGoesOn(CommittedRows rows) throws Exception {
        rows.awaitMore(this::logs);
        PatroniMember leader = leader();
        for (PatroniMember each : others(leader)) {
            Operator.await(each.name() + " follows", () -> each.follows(leader), this::logs);
        }
        archive(leader);
        leader.operator().must("tidemark check");
    }

    private void archive(PatroniMember leader) throws Exception {
        String segment = leader.query("SELECT pg_walfile_name(pg_switch_wal())");
        Operator.await(
                segment + " is archived",
                () -> leader.query("SELECT last_archived_wal >= '" + segment + "' FROM pg_stat_archiver")
                        .equals("t"),
                this::logs);
    }

    private void reinitializeAReplica() throws Exception {
        PatroniMember leader = leader();
        PatroniMember replica = others(leader).getFirst();
        int before = replica.log().length();
        replica.patronictl("reinit main " + replica.name() + " --force", "");
        Operator.await(
                replica.name() + " is made equal to the backup",
                () -> replica.log().substring(before).contains("replica has been created using tidemark"),
                this::logs);
        Operator.await(replica.name() + " follows", () -> replica.follows(leader), this::logs);

        assertThat(replica.log().substring(before)).contains("Leaving data directory uncleaned", " were in place");
    }

    /** A cluster of one member that etcd does not know yet. */
    private PatroniMember newCluster(String name, int etcd, Map<String, String> more) throws Exception {
        PatroniMember leader = member(name, etcd, more);
        awaitLeader();
        assertThat(leader.query("SHOW archive_mode")).isEqualTo("on");
        return leader;
    }

    private void loseMembers() {
        members.forEach(PatroniMember::close);
        running.removeAll(members);
        members.clear();
    }

    private static Set<Integer> rows(PatroniMember member) throws SQLException {
        Set<Integer> found = new TreeSet<>();
        try (Connection connection = member.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT n FROM t")) {
            while (rows.next()) {
                found.add(rows.getInt(1));
            }
        }
        return found;
    }

    private List<PatroniMember> others(PatroniMember leader) {
        return members.stream().filter(each -> each != leader).toList();
    }

    private PatroniMember leader() throws Exception {
        awaitLeader();
        for (PatroniMember each : members) {
            if (isOpenLeader(each)) {
                return each;
            }
        }
        throw new AssertionError("the leader is gone again\n" + logs());
    }

    private void awaitLeader() throws Exception {
        Operator.await(
                "there is a leader",
                () -> {
                    for (PatroniMember each : members) {
                        if (isOpenLeader(each)) {
                            return true;
                        }
                    }
                    return false;
                },
                this::logs);
    }

    private void awaitLeaderOtherThan(PatroniMember old) throws Exception {
        Operator.await(
                "another member than " + old.name() + " is the leader",
                () -> {
                    for (PatroniMember each : others(old)) {
                        if (isOpenLeader(each)) {
                            return true;
                        }
                    }
                    return false;
                },
                this::logs);
    }

    private static boolean isOpenLeader(PatroniMember member) throws InterruptedException {
        try {
            return member.isLeader()
                    && member.query("SELECT pg_is_in_recovery()").equals("f");
        } catch (IOException | SQLException e) {
            return false;
        }
    }

    private String logs() {
        return members.stream()
                .map(each -> "--- " + each.name() + "\n"
                        + each.log()
                                .lines()
                                .filter(line -> !line.contains("no action."))
                                .collect(Collectors.joining("\n")))
                .collect(Collectors.joining("\n"));
    }
}
