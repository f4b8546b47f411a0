// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.verify;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.verify.VerifyReport;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.output.Output;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.operations.verify.Loss;
import org.tidemark.operations.verify.VerifyRun;
import org.tidemark.operations.verify.VerifyRun.Reading;
import org.tidemark.view.Json;
import org.tidemark.view.Json.Inline;
import org.tidemark.view.LossView;
import org.tidemark.view.UnreadView;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "verify",
        description = {
            "Reads what the repositories hold and compares it with the digests.",
            "It verifies the backups and the WAL that they need. Each run checks that every object exists and has"
                    + " its length, and reads the contents that no earlier run has read. --all reads everything"
                    + " again; without an id, it reads every object in the repositories: of all clusters, or of the"
                    + " one that --cluster names.",
            "--budget limits how much a run reads in each repository. It begins with objects that are known to"
                    + " be damaged, then reads what no run has read, then what was not read for the longest time. The"
                    + " next run continues there.",
            "Damage is recorded in the repository: check and list-backup show it until verify finds it repaired.",
            "Without a private key, only the stored bytes of encrypted objects are compared, and verify says so.",
        })
@Help(
        group = Help.Group.BACKUPS,
        synopsis = {"verify [ID] [--all | --budget SIZE | --sample PERCENT]", " [--throttle SIZE] [--decrypt-with FILE]"
        },
        examples = {"tidemark verify", "tidemark verify latest --all", "tidemark verify --budget 100GiB"},
        uses = Help.Uses.REPOSITORY,
        statuses = {ExitCode.DONE, ExitCode.NO, ExitCode.USAGE, ExitCode.NO_BACKUP, ExitCode.INTERRUPTED})
public final class VerifyCommand extends Verification<VerifyReport> {
    @Parameters(
            paramLabel = "ID",
            arity = "0..1",
            description = "an id, latest, previous, oldest, latest-full, or a backup's name; default: all backups")
    private @Nullable String id;

    private record View(
            List<Report> reports,
            @Inline LossView.All losses,
            Optional<Long> seed,
            Optional<List<UnreadView>> unreadable) {
        record Report(
                String repository,
                long problems,
                long notes,
                long objectsRead,
                long bytesRead,
                long sealed,
                List<BackupId> sound,
                List<LossView.Finding> findings) {
            static Report of(String repository, VerifyReport report, List<Loss> losses) {
                return new Report(
                        repository,
                        report.problems(),
                        report.notes(),
                        report.objectsRead(),
                        report.bytesRead(),
                        report.sealed(),
                        report.sound(),
                        Json.list(report.findings(), finding -> LossView.Finding.of(finding, losses)));
            }
        }

        static View of(VerifyRun.Result result, Reading reading) {
            List<Report> reports = new ArrayList<>();
            result.reports()
                    .forEach((repository, found) -> found.forEach(report -> reports.add(
                            Report.of(repository, report, result.losses().getOrDefault(repository, List.of())))));
            return new View(
                    reports,
                    LossView.All.of(result.losses()),
                    ReadingOptions.seed(reading),
                    UnreadView.of(result.repositories()));
        }
    }

    public VerifyCommand(CommandContext context) {
        super(context);
    }

    @Override
    VerifyRun.Scope scope() {
        return id == null ? new VerifyRun.Scope.All() : new VerifyRun.Scope.OneBackup(id);
    }

    @Override
    Map<String, List<VerifyReport>> reports(VerifyRun.Result result) {
        return result.reports();
    }

    @Override
    void print(Output output, String repository, VerifyReport report) {
        DamageLines.print(output, report);
    }

    @Override
    Record view(VerifyRun.Result result, Reading reading) {
        return View.of(result, reading);
    }

    @Override
    String summary(String repository, VerifyReport report) {
        return repository + ": " + Amounts.count(report.objectsRead(), "object", "objects") + ", "
                + Amounts.size(report.bytesRead()) + " read; "
                + Amounts.count(report.problems(), "problem", "problems") + "; "
                + Amounts.count(report.sound().size(), "backup is", "backups are") + " sound";
    }
}
