// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.verify;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.output.Output;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.operations.verify.Loss;
import org.tidemark.operations.verify.VerifyRun;
import org.tidemark.operations.verify.VerifyRun.Reading;
import org.tidemark.operations.verify.WalReport;
import org.tidemark.operations.verify.WalReport.Gap;
import org.tidemark.operations.verify.WalReport.UnusableHistory;
import org.tidemark.view.IncarnationView;
import org.tidemark.view.Json;
import org.tidemark.view.Json.Inline;
import org.tidemark.view.LossText;
import org.tidemark.view.LossView;
import org.tidemark.view.RangeView;
import org.tidemark.view.UnreadView;
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
public final class WalVerifyCommand extends Verification<WalReport> {
    /** Of each incarnation in each repository. */
    private static final int MAX_GAPS = 100;

    private record View(
            List<Archive> archives,
            @Inline LossView.All losses,
            Optional<Long> seed,
            Optional<List<UnreadView>> unreadable) {
        record Archive(
                @Inline IncarnationView incarnation,
                String repository,
                long problems,
                long objectsRead,
                long bytesRead,
                List<Segments> timelines,
                int gapCount,
                List<GapView> gaps,
                List<UnusableHistory> unusableHistories,
                List<Removed> removed,
                List<LossView.Finding> findings) {
            static Archive of(String repository, WalReport report, List<Loss> losses) {
                return new Archive(
                        IncarnationView.of(report.identity()),
                        repository,
                        report.problems(),
                        report.read().objectsRead(),
                        report.read().bytesRead(),
                        Json.list(
                                report.inventory().timelines(), each -> new Segments(each.timeline(), each.segments())),
                        report.gaps().size(),
                        Json.list(told(report), GapView::of),
                        report.histories(),
                        Json.list(report.inventory().removed(), each -> new Removed(each.first(), each.last())),
                        Json.list(report.read().findings(), finding -> LossView.Finding.of(finding, losses)));
            }
        }

        record Segments(Timeline timeline, long segments) {}

        record GapView(@Inline RangeView range, boolean isProblem, List<BackupId> neededBy) {
            static GapView of(Gap gap) {
                return new GapView(RangeView.of(gap.hole()), gap.isProblem(), gap.neededBy());
            }
        }

        record Removed(Segment first, Segment last) {}

        static View of(VerifyRun.Result result, Reading reading) {
            List<Archive> archives = new ArrayList<>();
            result.wal()
                    .forEach((repository, reports) -> reports.forEach(report -> archives.add(
                            Archive.of(repository, report, result.losses().getOrDefault(repository, List.of())))));
            return new View(
                    archives,
                    LossView.All.of(result.losses()),
                    ReadingOptions.seed(reading),
                    UnreadView.of(result.repositories()));
        }
    }

    public WalVerifyCommand(CommandContext context) {
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
        DamageLines.print(output, report.read());
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
    Record view(VerifyRun.Result result, Reading reading) {
        return View.of(result, reading);
    }
}
