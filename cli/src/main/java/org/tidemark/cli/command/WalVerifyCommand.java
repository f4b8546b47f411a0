// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.verify.ObjectFinding;
import org.tidemark.cli.output.Document;
import org.tidemark.cli.output.Output;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.operations.verify.Loss;
import org.tidemark.operations.verify.VerifyRun;
import org.tidemark.operations.verify.WalReport;
import org.tidemark.operations.verify.WalReport.Gap;
import picocli.CommandLine.Command;

@Command(
        name = "wal-verify",
        description = {
            "Checks that the archived WAL is complete and undamaged.",
            "It looks for missing segments on every timeline and on the path of each timeline through its ancestors,"
                    + " for missing histories, and for WAL that a backup needs. A gap is a problem if a backup needs"
                    + " it or if moments are lost through it; otherwise it is only shown. WAL that an expiry removed"
                    + " is not missing.",
            "It also reads the WAL that no earlier run has read and compares it with the digests. --all reads all WAL"
                    + " again. Damage is recorded in the repository, as by verify.",
        })
@Help(
        group = Help.Group.WAL,
        synopsis = {"wal-verify [--all | --budget SIZE | --sample PERCENT]", " [--throttle SIZE] [--decrypt-with FILE]"
        },
        examples = {"tidemark wal-verify", "tidemark wal-verify --repository offsite --output json"},
        uses = Help.Uses.REPOSITORY,
        statuses = {ExitCode.DONE, ExitCode.NO, ExitCode.USAGE, ExitCode.NO_BACKUP, ExitCode.INTERRUPTED})
final class WalVerifyCommand extends Verification<WalReport> {
    /** Of each incarnation in each repository. */
    private static final int MAX_GAPS = 100;

    WalVerifyCommand(CommandContext context) {
        super(context);
    }

    @Override
    VerifyRun.Scope scope() {
        return new VerifyRun.Scope.Wal();
    }

    @Override
    Map<String, List<WalReport>> reports(VerifyRun.Result result) {
        return result.wal();
    }

    @Override
    void print(Output output, String repository, WalReport report) {
        LossText.print(output, report.read());
        for (var history : report.histories()) {
            output.line("PROBLEM  in '" + repository + "': the history of timeline " + history.timeline() + " "
                    + history.problem() + ", so its WAL cannot be used");
        }
        for (Gap gap : told(report)) {
            String what = "in '" + repository + "': " + gap.hole().inWords()
                    + (gap.hole().count() == 1 ? " is" : " are") + " not archived"
                    + report.inventory()
                            .whyMissing(gap.hole())
                            .map(given -> " (" + given.story() + ")")
                            .orElse("");
            if (!gap.neededBy().isEmpty()) {
                output.line("PROBLEM  " + what + LossText.owners(gap.neededBy()));
            } else if (gap.costsMoments()) {
                output.line("PROBLEM  " + what);
            } else {
                output.line("note     " + what + "; no backup needs "
                        + (gap.hole().count() == 1 ? "it" : "them") + ", and no moment is lost");
            }
        }
        int more = report.gaps().size() - MAX_GAPS;
        if (more > 0) {
            long problems = report.gaps().stream().filter(Gap::isProblem).count();
            output.line("and " + Amounts.count(more, "more gap", "more gaps") + ", "
                    + Amounts.count(Math.max(0, problems - MAX_GAPS), "problem", "problems") + " among them");
        }
    }

    /** Problems come first. */
    private static List<Gap> told(WalReport report) {
        return report.gaps().stream()
                .sorted(Comparator.comparing(Gap::isProblem).reversed())
                .limit(MAX_GAPS)
                .toList();
    }

    @Override
    String summary(String repository, WalReport report) {
        long segments = report.inventory().timelines().stream()
                .mapToLong(each -> each.segments())
                .sum();
        return repository + ": " + Amounts.count(segments, "segment", "segments") + " on "
                + Amounts.count(report.inventory().timelines().size(), "timeline", "timelines") + ", "
                + Amounts.size(report.read().bytesRead()) + " read; "
                + Amounts.count(report.problems(), "problem", "problems");
    }

    @Override
    Document json(VerifyRun.Result result) {
        List<Document> documents = new ArrayList<>();
        result.wal()
                .forEach((repository, reports) -> reports.forEach(report ->
                        documents.add(json(repository, report, result.losses().getOrDefault(repository, List.of())))));
        Document document = Document.versioned().put("archives", documents);
        LossText.describe(document, result.losses());
        return document;
    }

    private static Document json(String repository, WalReport report, List<Loss> losses) {
        return new Document()
                .put("cluster", report.identity().cluster().value())
                .put("systemIdentifier", report.identity().system().toString())
                .put("repository", repository)
                .put("problems", report.problems())
                .put("objectsRead", report.read().objectsRead())
                .put("bytesRead", report.read().bytesRead())
                .list("timelines", report.inventory().timelines())
                .each(timeline ->
                        new Document().put("timeline", timeline.timeline().id()).put("segments", timeline.segments()))
                .put("gapCount", report.gaps().size())
                .list("gaps", told(report))
                .each(gap -> new Document()
                        .put("first", gap.hole().first().name())
                        .put("last", gap.hole().last().name())
                        .put("segments", gap.hole().count())
                        .put("isProblem", gap.isProblem())
                        .list("neededBy", gap.neededBy())
                        .each(BackupId::value))
                .list("unusableHistories", report.histories())
                .each(history ->
                        new Document().put("timeline", history.timeline().id()).put("problem", history.problem()))
                .list("removed", report.inventory().removed())
                .each(removed -> new Document()
                        .put("first", removed.first().name())
                        .put("last", removed.last().name()))
                .list("findings", report.read().findings())
                .each((ObjectFinding finding) -> LossText.json(finding, losses));
    }
}
