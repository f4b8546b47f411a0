// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.InstalledTidemark;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.Rounds;

/**
 * What a command prints goes to a full disk, to nothing, or to a reader that has gone. An answer that is lost is no
 * success; what the command did stays done, and what PostgreSQL asks for does not depend on it.
 */
@InTurn
class LostOutputTest {
    private static final int LIMIT_SECONDS = 180;
    private static final int LOST = 60;
    private static final String TOLD = "ERROR: what was printed is lost: ";

    /** Each prints something to stdout. */
    private static final List<String> ANSWERS = List.of(
            "list-backup",
            "list-backup --output json",
            "list-files latest",
            "list-files latest --output json",
            "show-backup latest",
            "status",
            "config",
            "version",
            "wal-list",
            "retention",
            "check -v",
            "check --output json",
            "replication-status",
            "verify",
            "audit",
            "recover --to new --dry-run",
            "help");

    private record Ended(int status, String data, String talk) {}

    @Test
    void anAnswerThatIsLostIsNoSuccess() throws Exception {
        try (CheckedCluster cluster =
                new CheckedCluster(PostgresBinaries.oneOfThisRun().getFirst(), "local")) {
            cluster.archive();
            cluster.host().must("backup");
            cluster.archive();
            List<String> answers = new ArrayList<>(ANSWERS);
            Collections.shuffle(answers, Rounds.random());
            for (String command : answers.subList(0, Rounds.of(4, ANSWERS.size()))) {
                answerIsLost(cluster, command);
            }
            List<String> commands = run(cluster, "help", "")
                    .data()
                    .lines()
                    .filter(line -> line.matches("  [a-z-]+ .*"))
                    .map(line -> line.strip().split(" ", 2)[0])
                    .collect(Collectors.toCollection(ArrayList::new));
            assertThat(commands).hasSizeGreaterThan(30);
            Collections.shuffle(commands, Rounds.random());
            for (String command : commands.subList(0, Rounds.of(3, commands.size()))) {
                assertThat(run(cluster, command + " --help", " > /dev/full").status())
                        .as(command)
                        .isEqualTo(LOST);
            }
            nagiosIsUnknown(cluster);
            whatWasDoneStaysDone(cluster);
        }
    }

    private static void answerIsLost(CheckedCluster cluster, String command) throws Exception {
        Ended whole = run(cluster, command, "");
        assertThat(whole.status()).as("%s: %s", command, whole).isZero();
        assertThat(whole.data()).as(command).isNotEmpty();

        Ended full = run(cluster, command, " > /dev/full");
        assertThat(full.status()).as("%s: %s", command, full).isEqualTo(LOST);
        assertThat(full.talk()).as(command).contains(TOLD + "No space left on device", "HINT: ");
        Ended closed = run(cluster, command, " >&-");
        assertThat(closed.status()).as("%s: %s", command, closed).isEqualTo(LOST);
        assertThat(closed.talk()).as(command).contains(TOLD, "HINT: ");

        Ended head = run(cluster, command, " | head -c 1; exit ${PIPESTATUS[0]}");
        assertThat(head.status()).as("%s: %s", command, head).isZero();
        assertThat(head.talk()).as(command).isEqualTo(whole.talk());

        Ended fifo = run(cluster, command, " > fifo");
        assertThat(fifo.status()).as("%s: %s", command, fifo).isZero();

        // Nothing was to be said, so nothing is lost.
        if (whole.talk().isEmpty()) {
            assertThat(run(cluster, command, " 2> /dev/full").status())
                    .as(command)
                    .isZero();
            assertThat(run(cluster, command, " 2>&-").status()).as(command).isZero();
        }
    }

    private static void nagiosIsUnknown(CheckedCluster cluster) throws Exception {
        assertThat(run(cluster, "check --nagios", "").status()).isZero();
        assertThat(run(cluster, "check --nagios", " > /dev/full").status()).isEqualTo(3);
        assertThat(run(cluster, "check --nagios", " >&-").status()).isEqualTo(3);
        // A problem stays one.
        cluster.configure(cluster.server(), "/nowhere", "");
        assertThat(run(cluster, "check --nagios", "").status()).isEqualTo(2);
        assertThat(run(cluster, "check --nagios", " > /dev/full").status()).isEqualTo(2);
        assertThat(run(cluster, "check --nagios", " 2> /dev/full").status()).isEqualTo(2);
        cluster.configure(cluster.server(), cluster.server().dataDirectory().toString(), "");
    }

    private static void whatWasDoneStaysDone(CheckedCluster cluster) throws Exception {
        long before = backups(cluster);
        Ended lost = run(cluster, "backup", " > /dev/full");
        assertThat(lost.status()).as("%s", lost).isEqualTo(LOST);
        assertThat(lost.talk()).contains("is complete in 'local'", TOLD);
        assertThat(run(cluster, "backup", " > /dev/full 2> /dev/full").status()).isEqualTo(LOST);
        assertThat(run(cluster, "backup", " 2> /dev/full").status()).isEqualTo(LOST);
        assertThat(backups(cluster)).isEqualTo(before + 3);

        String failed = "SELECT failed_count FROM pg_stat_archiver";
        String count = cluster.server().query(failed);
        String push = InstalledTidemark.launcher() + " wal-push %p --cluster main --config "
                + cluster.host().config();
        cluster.archiveBy("{ " + push + "; } > /dev/full 2>&1");
        cluster.archive();
        cluster.archiveBy("{ " + push + "; } >&- 2>&- <&-");
        cluster.archive();
        assertThat(cluster.server().query(failed))
                .as("WAL that was not archived")
                .isEqualTo(count);
    }

    private static long backups(CheckedCluster cluster) {
        return cluster.json("list-backup").get("backups").size();
    }

    /** @param redirection as in a shell */
    private static Ended run(CheckedCluster cluster, String command, String redirection)
            throws IOException, InterruptedException {
        Path directory = cluster.host().directory();
        Path data = Files.createTempFile("lost", ".data");
        Path talk = Files.createTempFile("lost", ".talk");
        try {
            String before =
                    redirection.endsWith(" fifo") ? "rm -f fifo; mkfifo fifo; head -c 0 fifo & sleep 0.1; " : "";
            String line = before + InstalledTidemark.launcher() + " " + command + " --config "
                    + cluster.host().config() + redirection;
            ProcessBuilder builder = new ProcessBuilder(OperatingUser.current().command(List.of("bash", "-c", line)))
                    .directory(directory.toFile())
                    .redirectOutput(data.toFile())
                    .redirectError(talk.toFile());
            builder.environment().clear();
            builder.environment().put("PATH", "/usr/bin:/bin");
            builder.environment().put("HOME", directory.toString());
            Process process = builder.start();
            assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS))
                    .as(line)
                    .isTrue();
            return new Ended(
                    process.exitValue(),
                    Files.readString(data, StandardCharsets.UTF_8),
                    Files.readString(talk, StandardCharsets.UTF_8));
        } finally {
            Files.delete(data);
            Files.delete(talk);
        }
    }
}
