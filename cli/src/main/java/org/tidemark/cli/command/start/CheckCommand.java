// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.start;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.DurationOption;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.call.ShortCommand;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.process.ProgramVersion;
import org.tidemark.config.NotifySettings;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.core.FileProblem;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.core.HostName;
import org.tidemark.core.UserFacingException;
import org.tidemark.notify.Notifications;
import org.tidemark.session.Session;
import org.tidemark.session.reading.WalReading;
import org.tidemark.view.CheckView;
import org.tidemark.watch.check.CheckReport;
import org.tidemark.watch.check.CheckRequest;
import org.tidemark.watch.check.Checkup;
import org.tidemark.watch.check.Subject;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "check",
        description = {
            "Checks everything that protects the cluster, and says what is wrong and what to do.",
            "It checks the server, its settings, archiver, replication slots and standbys; each repository (is it the"
                    + " right one, is it writable, does it have room); encryption; the newest backup and the newest"
                    + " WAL; gaps in the WAL; damage found by verify, and backups that verify has not read for a long"
                    + " time; retention; the schedule of cron; the clocks; the spool and what is queued there for a"
                    + " lagging repository; and backups that only some repositories have. It changes nothing, except"
                    + " with --switch-wal. With --nagios it prints"
                    + " one line with performance data and exits with 0 (OK), 1 (WARNING), 2 (CRITICAL) or 3"
                    + " (UNKNOWN).",
        })
@Help(
        group = Help.Group.START,
        synopsis = "check [--nagios] [--now] [--notify] [--switch-wal] [--decrypt] [--timeout DURATION]",
        examples = {"tidemark check", "tidemark check --nagios --cluster main"},
        statuses = {ExitCode.DONE, ExitCode.NO, ExitCode.USAGE})
public final class CheckCommand implements Callable<Integer>, ShortCommand {
    /** NRPE gives a plugin up after 10 seconds, and then knows nothing; Java has to start and to end. */
    private static final Duration LIMIT = Duration.ofSeconds(7);

    /** A segment has to reach every repository, or objects are read. */
    private static final Duration LONG_LIMIT = Duration.ofMinutes(10);

    private static final Duration SHORTEST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofDays(1);

    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Option(names = "--nagios", description = "print one line and exit with the statuses that Nagios expects")
    private boolean nagios;

    @Option(
            names = "--now",
            description = "take no finding of 'tidemark serve' for a repository that does not answer in time")
    private boolean now;

    @Option(
            names = "--notify",
            description = "also tell the destinations of [notify.NAME] what has changed since the last check that did;"
                    + " 'tidemark serve' does so by itself")
    private boolean notify;

    @Option(
            names = "--switch-wal",
            description = "also close the current WAL segment, and wait until every repository has it")
    private boolean switchWal;

    @Option(
            names = "--decrypt",
            description = "also read the newest segment and the newest backup's manifest from each repository")
    private boolean decrypt;

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            description =
                    "the time limit, such as 30s; a server or repository that has not answered by then is"
                            + " CRITICAL, or a WARNING if 'tidemark serve' read the repository within 10 minutes; the server must answer within half of it. Default: 7s; 10m with --switch-wal or --decrypt")
    private @Nullable String timeout;

    public CheckCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public Integer call() throws InterruptedException {
        Output output = global.output(context);
        if (notify && (nagios || switchWal || decrypt || !global.repositories().isEmpty())) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "--notify goes with none of --nagios, --switch-wal, --decrypt and --repository",
                    "What one check does not look at would be told to be over. Run a check of its own with --notify.");
        }
        if (!nagios) {
            return check(output);
        }
        NagiosLine line;
        try {
            line = NagiosLine.of(report(LIMIT));
        } catch (UserFacingException e) {
            line = NagiosLine.unknown(e.getMessage());
        } catch (RuntimeException e) {
            line = NagiosLine.unknown("an error in the program itself: " + e);
        }
        output.line(line.text());
        return line.status();
    }

    private CheckReport report(Duration standard) throws InterruptedException {
        Duration limit = timeout == null ? standard : limit(timeout);
        try (Session session = global.sessionDespiteProblems(context)) {
            boolean isAllAsked = now || switchWal || decrypt;
            Instant begun = context.clock().instant();
            CheckReport report = Checkup.of(
                    session,
                    context.clock(),
                    new CheckRequest(
                            limit,
                            decrypt,
                            switchWal,
                            WalReading.WHOLE,
                            Optional.of(ProgramVersion.text()).filter(_ -> !isAllAsked),
                            false));
            if (notify) {
                tell(session, report, begun);
            }
            return report;
        }
    }

    /** Whether it is told or not, check ends as it has found the cluster. */
    private void tell(Session session, CheckReport report, Instant begun) {
        Output output = global.output(context);
        List<NotifySettings> destinations = session.configuration().destinations();
        if (destinations.isEmpty()) {
            output.warn(
                    "nobody is notified: the configuration has no table [notify.NAME]",
                    "docs/watch/notify.md says how to write one.");
        }
        try {
            Notifications notifications = new Notifications(session.spool(), HostName.ofThisMachine());
            notifications.queue(report.look(begun), destinations);
            for (NotifySettings each : destinations) {
                if (each.isAbout(report.cluster())) {
                    notifications
                            .deliver(each, begun, context.clock().instant())
                            .ifPresent(why -> output.warn(
                                    "'" + each.name() + "' cannot be notified: " + why,
                                    "The next check --notify tries it again. See what fails with: tidemark notify --test "
                                            + each.name()));
                }
            }
        } catch (IOException e) {
            output.warn(
                    "nobody can be notified: " + FileProblem.of(e),
                    "Notifications are queued in the spool '" + session.spool() + "': see host.spool.");
        }
    }

    private static Duration limit(String text) {
        return DurationOption.parse(
                "--timeout",
                text,
                each -> each.compareTo(SHORTEST) >= 0 && each.compareTo(LONGEST) <= 0,
                "Give it from 1s to 1d, such as 30s or 5m.");
    }

    private int check(Output output) throws InterruptedException {
        CheckReport report = report(switchWal || decrypt ? LONG_LIMIT : LIMIT);
        if (output.isJson()) {
            output.json(CheckView.of(report));
        } else {
            printText(output, report);
        }
        return (report.severity() == Severity.OK ? ExitCode.DONE : ExitCode.NO).status();
    }

    private static void printText(Output output, CheckReport report) {
        List<Finding> findings = report.findings();
        Severity worst = report.severity();
        output.line(report.cluster() + " · " + verdict(report));
        List<Finding> told = findings.stream()
                .filter(each -> each.severity() != Severity.OK || output.isVerbose())
                .sorted(Subject.worstFirst())
                .toList();
        for (int i = 0; i < told.size(); i++) {
            Finding finding = told.get(i);
            output.line(String.format(
                    Locale.ROOT, "%-8s %-16s %s", finding.severity(), finding.subject(), finding.message()));
            // Of several repositories, the same is to be done: that is said once, after the last of them.
            boolean isSaidLater = i + 1 < told.size() && told.get(i + 1).hint().equals(finding.hint());
            if (!finding.hint().isEmpty() && !isSaidLater) {
                output.advise(" ".repeat(9) + "HINT: " + finding.hint());
            }
        }
        long good = report.count(Severity.OK);
        if (good > 0 && !output.isVerbose()) {
            output.line("OK       " + good + (worst == Severity.OK ? "" : " more") + " (-v shows them)");
        }
        output.line(report.count(Severity.CRITICAL) + " critical, "
                + Amounts.count(report.count(Severity.WARNING), "warning", "warnings"));
    }

    /** Only what is CRITICAL could lack in a restore; warnings must not devalue the words. */
    private static String verdict(CheckReport report) {
        return switch (report.severity()) {
            case CRITICAL -> "NOT FULLY PROTECTED";
            case WARNING -> "protected, " + Amounts.count(report.count(Severity.WARNING), "warning", "warnings");
            case OK -> "protected";
        };
    }
}
