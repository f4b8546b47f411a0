// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.verify.ObjectFinding;
import org.tidemark.catalog.verify.VerifyReport;
import org.tidemark.cli.output.Output;
import org.tidemark.core.Amounts;
import org.tidemark.operations.verify.Loss;
import org.tidemark.operations.verify.RepairAdvice;
import org.tidemark.recoverability.LostInterval;

/** What verifications found, and which moments it costs, as text. Pure. */
final class LossText {
    private static final int MAX_NAMED = 3;

    private LossText() {}

    /** Prints the findings, and what was not compared. */
    static void print(Output output, VerifyReport report) {
        for (ObjectFinding finding : report.findings()) {
            if (finding.severity() == ObjectFinding.Severity.PROBLEM || output.isVerbose()) {
                output.line(
                        finding.severity() + "  " + finding.key() + ": " + finding.text() + owners(finding.backups()));
            }
        }
        long more = report.problems() + report.notes() - report.findings().size();
        if (more > 0) {
            output.line("and " + more + " more");
        }
        if (report.sealed() > 0) {
            output.line("note     " + Amounts.count(report.sealed(), "object is", "objects are")
                    + " encrypted, and no private key is configured: stored bytes were compared, contents were not");
        }
    }

    /** The backups that a problem hurts, to follow its text. */
    static String owners(List<BackupId> backups) {
        if (backups.isEmpty()) {
            return "";
        }
        String named = String.join(
                ", ", backups.stream().limit(MAX_NAMED).map(BackupId::value).toList());
        int more = backups.size() - MAX_NAMED;
        return " (" + (backups.size() == 1 ? "backup " : "backups ") + named
                + (more > 0 ? " and " + more + " more" : "") + ")";
    }

    /** A line for each loss, with its causes, and one on what to do. */
    static List<String> lines(String repository, List<Loss> losses, Optional<RepairAdvice> repair) {
        List<String> lines = new ArrayList<>();
        for (Loss loss : told(losses)) {
            lines.add("LOST     in '" + repository + "': any moment " + words(loss.interval()) + causes(loss));
            if (!loss.reachedBy().isEmpty()) {
                lines.add("         '" + loss.reachedBy().getFirst() + "' still reaches these moments."
                        + loss.advice().map(advice -> " " + advice).orElse(""));
            } else if (loss.isReachedTogether()) {
                lines.add("         All repositories together still reach these moments.");
            }
        }
        if (losses.size() > Loss.MAX_TOLD) {
            lines.add("and " + Amounts.count(losses.size() - Loss.MAX_TOLD, "more interval", "more intervals") + " of '"
                    + repository + "' lost");
        }
        if (losses.stream().allMatch(loss -> loss.advice().isEmpty())) {
            repair.ifPresent(from -> lines.add("         '" + from.repository() + "' has "
                    + Amounts.count(from.objects(), "object that is", "objects that are") + " damaged or missing here. "
                    + from.advice()));
        }
        return lines;
    }

    /** The losses that are shown. */
    static List<Loss> told(List<Loss> losses) {
        return losses.subList(0, Math.min(losses.size(), Loss.MAX_TOLD));
    }

    private static String words(LostInterval lost) {
        return "from " + lost.from().map(Amounts::second).orElse("an unknown time") + " to "
                + lost.to().map(Amounts::second).orElse("an unknown time") + " on timeline " + lost.timeline() + " ("
                + lost.begin() + " to " + lost.end() + ")";
    }

    private static String causes(Loss loss) {
        List<String> causes = new ArrayList<>();
        loss.holes()
                .forEach(hole -> causes.add(
                        hole.count() == 1
                                ? hole.first().name()
                                : hole.first().name() + " to " + hole.last().name()));
        loss.causes().forEach(each -> causes.add(each.key().name()));
        List<String> distinct = causes.stream().distinct().toList();
        int more = distinct.size() - MAX_NAMED;
        return distinct.isEmpty()
                ? ""
                : ", because of "
                        + String.join(", ", distinct.stream().limit(MAX_NAMED).toList())
                        + (more > 0 ? " and " + more + " more" : "");
    }
}
