// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.tidemark.cli.output.Document;
import org.tidemark.cli.output.Output;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.Session;
import org.tidemark.operations.check.CheckReport;
import org.tidemark.operations.check.Checkup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "check",
        description = {
            "Checks everything that protects the cluster, and says what is wrong and what to do.",
            "It checks the server and its archiver; each repository (is it the right one, writable, and has it"
                    + " room); the newest backup and the newest WAL; gaps in the WAL; damage found by verify; the"
                    + " spool and what is queued there for a lagging repository; and backups that only some"
                    + " repositories have. With --nagios it prints one line with performance data and exits with 0"
                    + " (OK), 1 (WARNING), 2 (CRITICAL) or 3 (UNKNOWN).",
        })
@Help(
        group = Help.Group.START,
        synopsis = "check [--nagios]",
        examples = {"tidemark check", "tidemark check --nagios --cluster main"},
        statuses = {ExitCode.DONE, ExitCode.NO, ExitCode.USAGE})
final class CheckCommand implements Callable<Integer> {
    private static final int NAGIOS_UNKNOWN = 3;

    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Option(names = "--nagios", description = "print one line and exit with the statuses that Nagios expects")
    private boolean nagios;

    CheckCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        Output output = global.output(context);
        if (!nagios) {
            return check(output);
        }
        try {
            return check(output);
        } catch (UserFacingException e) {
            output.line(
                    "TIDEMARK UNKNOWN - " + e.getMessage().replace('\n', ' ').replace('|', '/'));
            return NAGIOS_UNKNOWN;
        }
    }

    private int check(Output output) {
        CheckReport report;
        try (Session session = global.session(context)) {
            report = Checkup.of(session, context.clock());
        }
        if (nagios) {
            output.line(nagiosLine(report));
            return nagiosStatus(report.severity());
        }
        if (output.isJson()) {
            printJson(output, report);
        } else {
            printText(output, report);
        }
        return (report.severity() == Severity.OK ? ExitCode.DONE : ExitCode.NO).status();
    }

    private static int nagiosStatus(Severity worst) {
        return switch (worst) {
            case OK -> 0;
            case WARNING -> 1;
            case CRITICAL -> 2;
        };
    }

    private static String nagiosLine(CheckReport report) {
        List<Finding> findings = report.findings();
        Severity worst = report.severity();
        String problems = findings.stream()
                .filter(finding -> finding.severity() == worst && worst != Severity.OK)
                .map(finding -> finding.subject() + ": " + finding.message())
                .collect(Collectors.joining("; "))
                .replace('\n', ' ')
                .replace('|', '/');
        return "TIDEMARK " + worst + " - " + report.cluster() + ": "
                + (problems.isEmpty() ? findings.size() + " checks passed" : problems) + " | critical="
                + count(findings, Severity.CRITICAL) + " warning=" + count(findings, Severity.WARNING) + " ok="
                + count(findings, Severity.OK) + measured(findings);
    }

    /** Values for graphs: {@code repository_value=number}, in bytes, seconds or a number. */
    private static String measured(List<Finding> findings) {
        Set<String> data = new LinkedHashSet<>();
        for (Finding finding : findings) {
            finding.values().forEach((name, value) -> {
                String label = finding.repository().map(each -> each + "_").orElse("") + finding.subject() + "_" + name;
                data.add(label.replaceAll("[^A-Za-z0-9_.-]", "_") + "=" + value
                        + (name.endsWith("Seconds") ? "s" : name.endsWith("ytes") ? "B" : ""));
            });
        }
        return data.isEmpty() ? "" : " " + String.join(" ", data);
    }

    private static long count(List<Finding> findings, Severity level) {
        return findings.stream().filter(finding -> finding.severity() == level).count();
    }

    private static void printText(Output output, CheckReport report) {
        List<Finding> findings = report.findings();
        Severity worst = report.severity();
        output.line(report.cluster() + " · " + (worst == Severity.OK ? "protected" : "NOT FULLY PROTECTED"));
        for (Finding finding : findings.stream()
                .sorted((a, b) -> b.severity().compareTo(a.severity()))
                .toList()) {
            if (finding.severity() != Severity.OK || output.isVerbose()) {
                output.line(String.format(
                        Locale.ROOT, "%-8s %-16s %s", finding.severity(), finding.subject(), finding.message()));
                if (!finding.hint().isEmpty()) {
                    output.advise(" ".repeat(9) + "HINT: " + finding.hint());
                }
            }
        }
        long good = count(findings, Severity.OK);
        if (good > 0 && !output.isVerbose()) {
            output.line("OK       " + good + (worst == Severity.OK ? "" : " more") + " (-v shows them)");
        }
        output.line(count(findings, Severity.CRITICAL) + " critical, "
                + Amounts.count(count(findings, Severity.WARNING), "warning", "warnings"));
    }

    private static void printJson(Output output, CheckReport report) {
        output.json(Document.versioned()
                .put("cluster", report.cluster().value())
                .put("severity", report.severity())
                .list("findings", report.findings())
                .each(finding -> new Document()
                        .put("severity", finding.severity())
                        .put("subject", finding.subject())
                        .put("repository", finding.repository())
                        .put("message", finding.message())
                        .put("hint", finding.hint())
                        .put("values", Optional.of(finding.values()).filter(values -> !values.isEmpty())))
                .list("backlog", report.backlogs())
                .each(backlog -> new Document()
                        .put("repository", backlog.repository())
                        .put("objects", backlog.objects())
                        .put("bytes", backlog.bytes())
                        .put("refused", backlog.refused())
                        .put("oldest", backlog.oldest())));
    }
}
