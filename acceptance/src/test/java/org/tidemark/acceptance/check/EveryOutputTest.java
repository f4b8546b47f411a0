// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.InstalledTidemark;
import org.tidemark.acceptance.ResidentCommands.End;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.acceptance.recovery.OwnersShell;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.command.Commands;
import org.tidemark.config.Environment;
import org.tidemark.core.ExitCode;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.Rounds;
import picocli.CommandLine;

/**
 * Every command of the command line, with each of its outputs, where stdout is full, closed or without a reader, or
 * stderr is full. A command without a case fails this test. {@link LostOutputTest} tries the process itself.
 */
class EveryOutputTest {
    private static final int LOST = 60;
    private static final String TOLD = "ERROR: what was printed is lost: ";

    /** PostgreSQL reads their status: lost output does not change it. {@link LostOutputTest} has them archive. */
    private static final Set<String> OF_POSTGRESQL = Set.of("wal-push", "wal-fetch", "wal-cleanup");

    /** These stay, or make servers of their own; each is a process here. */
    private static final Set<String> PROCESSES = Set.of("serve", "demo");

    /**
     * A command line. {@code {n}} stands for the number of the run, from 1, {@code {dir}} for a directory.
     *
     * @param status of a run whose output arrives
     * @param isDone whether the run of this number has done its work; asked after every run
     */
    private record Case(String line, int status, Predicate<Integer> isDone) {
        Case(String line) {
            this(line, 0, run -> true);
        }

        String command() {
            return line.split(" ", 2)[0];
        }

        String[] words(int run, Path directory) {
            return line.replace("{n}", String.valueOf(run))
                    .replace("{dir}", directory.toString())
                    .split(" ");
        }
    }

    private final List<PostgresServer> standbys = new ArrayList<>();

    private record Ends(String format, End data, End talk) {}

    private static CommandLine program() {
        Path nowhere = Path.of("/nowhere");
        PrintStream none = new PrintStream(PrintStream.nullOutputStream());
        return Commands.of(new CommandContext(
                new Environment(Map.of(), nowhere, nowhere, nowhere), Clock.systemUTC(), none, none, false, false));
    }

    /** In an order in which each finds what it needs: each run of {@code backup} names the backup of a later run. */
    private static List<Case> cases(CheckedCluster cluster, Path standby, String segment) {
        Path directory = cluster.host().directory();
        // What starts a server refuses programs of another version.
        int started = PostgresBinaries.ofMachine()
                        .filter(each ->
                                each.major() == cluster.server().binaries().major())
                        .isPresent()
                ? 0
                : ExitCode.RESTORE_REFUSED.status();
        return List.of(
                new Case("wal-resolve " + segment),
                new Case("backup --name n{n}", 0, run -> prints(cluster, "list-backup", "n" + run)),
                new Case("annotate n{n} words{n}", 0, run -> prints(cluster, "list-backup --json", "words" + run)),
                new Case("keep n{n} --note why{n}", 0, run -> prints(cluster, "list-backup --json", "why" + run)),
                new Case("keep n{n} --release", 0, run -> !prints(cluster, "list-backup --json", "why" + run)),
                new Case("config set host.jobs 1{n}", 0, run -> prints(cluster, "config", "1" + run)),
                new Case("config"),
                new Case("init"),
                new Case("setup primary --replace --dry-run"),
                new Case("check -v"),
                new Case(
                        "diagnose {dir}/diagnosis-{n}.zip",
                        0,
                        run -> Files.exists(directory.resolve("diagnosis-" + run + ".zip"))),
                new Case("version"),
                new Case("help"),
                new Case("help recover"),
                new Case(
                        "wal-receive --slot lost --create-slot --if-not-exists",
                        0,
                        run -> !cluster.server()
                                .query("SELECT count(*) FROM pg_replication_slots")
                                .equals("0")),
                new Case("switch-wal"),
                new Case("wal-list"),
                new Case("wal-search"),
                new Case("wal-verify"),
                new Case("list-backup"),
                new Case("show-backup n{n}"),
                new Case("list-files n{n}"),
                new Case("keys"),
                new Case(
                        "keys new-signing {dir}/signing-{n}.key",
                        0,
                        run -> Files.exists(directory.resolve("signing-" + run + ".key"))),
                new Case("verify"),
                new Case("audit"),
                new Case("proof", 1, run -> true),
                new Case("status"),
                new Case("fleet"),
                new Case(
                        "report --html {dir}/report-{n}.html",
                        0,
                        run -> Files.exists(directory.resolve("report-" + run + ".html"))),
                new Case("replication-status"),
                new Case("retention"),
                new Case("expire"),
                new Case("cron -q"), // what is due is done once
                new Case("cron"),
                new Case("pause backup --for 1{n}m", 0, run -> prints(cluster, "check -v", "paused")),
                new Case("notify"),
                new Case("notify --test"),
                new Case("resume backup", 0, run -> !prints(cluster, "check -v", "paused")),
                new Case("sync"),
                new Case(
                        "recover --to {dir}/restored-{n}",
                        0,
                        run -> Files.exists(directory.resolve("restored-" + run + "/recovery.signal"))),
                new Case("drill --to {dir}/drilled-{n} --dry-run", started, run -> true),
                new Case("clone --to {dir}/cloned-{n} --dry-run", started, run -> true),
                new Case("promote --standby " + standby + " --dry-run", 1, run -> true),
                new Case("follow --standby " + standby),
                new Case("delete n{n}", 0, run -> !prints(cluster, "list-backup", "n" + run)));
    }

    private static boolean prints(CheckedCluster cluster, String line, String text) {
        return cluster.host()
                .runInto(End.KEPT, End.KEPT, line.split(" "))
                .data()
                .contains(text);
    }

    /** Lost data in both formats, and one more of what else can be lost; in a campaign all. */
    private static List<Ends> losses(Random random) {
        List<Ends> others = new ArrayList<>();
        for (String format : List.of("text", "json")) {
            others.add(new Ends(format, End.CLOSED, End.KEPT));
            others.add(new Ends(format, End.WITHOUT_READER, End.KEPT));
            others.add(new Ends(format, End.KEPT, End.FULL));
        }
        Collections.shuffle(others, random);
        List<Ends> losses =
                new ArrayList<>(List.of(new Ends("text", End.FULL, End.KEPT), new Ends("json", End.FULL, End.KEPT)));
        losses.addAll(others.subList(0, Rounds.of(1, others.size())));
        return losses;
    }

    @Test
    void noCommandEndsWithSuccessIfItsOutputIsLost() throws Exception {
        Random random = Rounds.random();
        CommandLine program = program();
        try (CheckedCluster cluster =
                new CheckedCluster(PostgresBinaries.oneOfThisRun().getFirst(), "local", "offsite")) {
            PostgresServer primary = cluster.server();
            primary.sql("ALTER SYSTEM SET wal_keep_size = '1GB'", "SELECT pg_reload_conf()");
            String segment = cluster.archive();
            cluster.host().must("backup"); // the last one is never deleted
            Files.writeString(
                    cluster.host().config(),
                    "\n[notify.pager]\ncommand = \"/usr/bin/nothing\"\n",
                    StandardOpenOption.APPEND);
            cluster.host().must("config", "set", "notify.pager.command", "/bin/true");
            Path base = primary.takeBaseBackup(primary.newDirectory("copies").resolve("base"))
                    .dataDirectory();
            PostgresServer standby = PostgresServer.of(primary.binaries())
                    .from(base)
                    .standbyOf(primary)
                    .start();
            standbys.add(standby);
            List<Case> cases = cases(cluster, standby.dataDirectory(), segment);

            Set<String> tried = cases.stream().map(Case::command).collect(Collectors.toCollection(LinkedHashSet::new));
            Set<String> commands = program.getSubcommands().values().stream()
                    .map(CommandLine::getCommandName)
                    .collect(Collectors.toSet());
            assertThat(Stream.of(tried, OF_POSTGRESQL, PROCESSES).flatMap(Set::stream))
                    .as("commands with a case here")
                    .containsExactlyInAnyOrderElementsOf(commands);

            for (String command : commands) {
                helpIsLost(cluster, command);
            }
            List<String> problems = new ArrayList<>();
            for (Case each : cases) {
                boolean hasDryRun = Optional.ofNullable(program.getSubcommands().get(each.command()))
                        .orElseThrow()
                        .getCommandSpec()
                        .optionsMap()
                        .containsKey("--dry-run");
                if (hasDryRun && !each.line.contains("--dry-run") && !each.line.equals("config")) {
                    tryAll(cluster, new Case(each.line + " --dry-run"), losses(random), problems);
                }
                tryAll(cluster, each, losses(random), problems);
            }
            assertThat(problems).isEmpty();
            processes(cluster);
            promotionStaysDone(cluster, standby);
        }
    }

    @AfterEach
    void stop() {
        standbys.forEach(PostgresServer::close);
    }

    /** It is done once: it takes the place of the primary. */
    private static void promotionStaysDone(CheckedCluster cluster, PostgresServer standby) {
        cluster.server().stopFast();
        Outcome lost = cluster.host()
                .runInto(
                        End.FULL,
                        End.KEPT,
                        "promote",
                        "--standby",
                        standby.dataDirectory().toString(),
                        "--wait",
                        "1s",
                        "--json");
        assertThat(lost.status()).as("%s", lost).isEqualTo(LOST);
        assertThat(lost.talk()).contains(TOLD);
        assertThat(standby.isInRecovery()).isFalse();
    }

    private static void helpIsLost(CheckedCluster cluster, String command) {
        if (OF_POSTGRESQL.contains(command)) {
            return; // the launcher answers for their program
        }
        Outcome lost = cluster.host().runInto(End.FULL, End.KEPT, command, "--help");
        assertThat(lost.status()).as("%s: %s", command, lost).isEqualTo(LOST);
        assertThat(lost.talk()).as(command).startsWith(TOLD);
    }

    private static void tryAll(CheckedCluster cluster, Case each, List<Ends> losses, List<String> problems) {
        int run = 0;
        for (String format : List.of("text", "json")) {
            Outcome whole = ran(cluster, each, ++run, new Ends(format, End.KEPT, End.KEPT));
            if (whole.status() != each.status || !each.isDone.test(run)) {
                problems.add(each.line + " " + format + ": " + whole);
            }
            for (Ends ends : losses) {
                if (!ends.format.equals(format)) {
                    continue;
                }
                Outcome lost = ran(cluster, each, ++run, ends);
                boolean isTold = ends.data == End.FULL || ends.data == End.CLOSED;
                boolean isLost = (isTold && !whole.data().isEmpty())
                        || (ends.talk != End.KEPT && !whole.talk().isEmpty());
                int status = isLost && each.status == 0 ? LOST : each.status;
                if (lost.status() != status
                        || lost.talk().contains(TOLD)
                                != (isTold && !whole.data().isEmpty())
                        || !each.isDone.test(run)) {
                    problems.add(
                            each.line + " " + ends + ": " + lost + "\n instead of " + status + ", whole: " + whole);
                }
            }
        }
    }

    private static Outcome ran(CheckedCluster cluster, Case each, int run, Ends ends) {
        return cluster.host()
                .runInto(
                        ends.data,
                        ends.talk,
                        Stream.concat(
                                        Stream.of(each.words(run, cluster.host().directory())),
                                        Stream.of("--output", ends.format))
                                .toArray(String[]::new));
    }

    /** What stays until it is stopped, and what makes its own servers. */
    private static void processes(CheckedCluster cluster) throws IOException {
        String serve = InstalledTidemark.launcher() + " serve --config "
                + cluster.host().config();
        // 75: a signal has ended it.
        assertThat(OwnersShell.shell("timeout --preserve-status -s TERM 5 " + serve + " 2> /dev/full; echo $?"))
                .isIn("60\n", "75\n");
        if (Rounds.of(0, 1) == 1) {
            assertThat(OwnersShell.shell(InstalledTidemark.launcher() + " demo > /dev/full; echo $?"))
                    .contains(TOLD)
                    .endsWith("60\n");
        }
    }
}
