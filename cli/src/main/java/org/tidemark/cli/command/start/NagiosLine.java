// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.start;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.core.Measure;
import org.tidemark.core.Threshold;
import org.tidemark.watch.check.CheckReport;
import org.tidemark.watch.check.Subject;

/**
 * The line of a Nagios plugin, and its exit status. Immutable.
 *
 * @see <a href="https://nagios-plugins.org/doc/guidelines.html">Nagios Plugin Development Guidelines</a>
 */
public record NagiosLine(String text, int status) {
    private static final int UNKNOWN = 3;

    /** NRPE before version 3 cuts an answer after 1,024 bytes. */
    private static final int MAX_PROBLEM_LENGTH = 600;

    /** Whether these arguments ask for one. */
    public static boolean isAskedFor(String... arguments) {
        List<String> words = List.of(arguments);
        return words.contains("check") && words.contains("--nagios");
    }

    /** The check itself failed. */
    public static NagiosLine unknown(String why) {
        return new NagiosLine("TIDEMARK UNKNOWN - " + oneLine(why), UNKNOWN);
    }

    static NagiosLine of(CheckReport report) {
        List<Finding> findings = report.findings();
        Severity worst = report.severity();
        String problems = findings.stream()
                .filter(finding -> finding.severity() == worst && worst != Severity.OK)
                .sorted(Subject.worstFirst())
                .map(finding -> finding.subject() + ": " + finding.message())
                .collect(Collectors.joining("; "));
        return new NagiosLine(
                "TIDEMARK " + worst + " - " + report.cluster() + ": "
                        + (problems.isEmpty() ? findings.size() + " checks passed" : oneLine(problems))
                        + " | critical=" + report.count(Severity.CRITICAL) + ";;0;0 warning="
                        + report.count(Severity.WARNING) + ";0;;0 ok=" + report.count(Severity.OK)
                        + measured(findings),
                switch (worst) {
                    case OK -> 0;
                    case WARNING -> 1;
                    case CRITICAL -> 2;
                });
    }

    /** Nagios takes a bar for the beginning of the performance data. */
    private static String oneLine(String text) {
        String line = text.replaceAll("\\s+", " ").replace('|', '/').strip();
        return line.length() <= MAX_PROBLEM_LENGTH ? line : line.substring(0, MAX_PROBLEM_LENGTH) + " ...";
    }

    private static String measured(List<Finding> findings) {
        Set<String> labels = new LinkedHashSet<>();
        StringBuilder data = new StringBuilder();
        for (Finding finding : findings) {
            finding.values().forEach((measure, value) -> {
                String label = (finding.repository().map(each -> each + "_").orElse("") + finding.subject() + "_"
                                + measure)
                        .replaceAll("[^A-Za-z0-9_.-]", "_");
                if (labels.add(label)) {
                    data.append(' ').append(label).append('=').append(value).append(unit(measure));
                    Threshold threshold = finding.thresholds().get(measure);
                    if (threshold != null) {
                        data.append(limits(threshold));
                    }
                }
            });
        }
        return data.toString();
    }

    private static String unit(Measure measure) {
        return switch (measure.unit()) {
            case SECONDS -> "s";
            case BYTES -> "B";
            case COUNT -> "";
        };
    }

    /** {@code ;warn;crit;min}: a range that ends with a colon alerts below it. */
    private static String limits(Threshold threshold) {
        return ";" + range(threshold.warning(), threshold.isMinimum()) + ";"
                + range(threshold.critical(), threshold.isMinimum()) + ";0";
    }

    private static String range(OptionalLong limit, boolean isMinimum) {
        return limit.isEmpty() ? "" : limit.getAsLong() + (isMinimum ? ":" : "");
    }
}
