// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.verify.VerifyReport;
import org.tidemark.cli.output.Document;
import org.tidemark.cli.output.Output;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.operations.verify.Loss;
import org.tidemark.operations.verify.VerifyRun;
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
final class VerifyCommand extends Verification<VerifyReport> {
    @Parameters(
            paramLabel = "ID",
            arity = "0..1",
            description = "an id, latest, previous, oldest, latest-full, or a backup's name; default: all backups")
    private @Nullable String id;

    VerifyCommand(CommandContext context) {
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
        LossText.print(output, report);
    }

    @Override
    Document json(VerifyRun.Result result) {
        return json(result.reports(), result.losses());
    }

    @Override
    String summary(String repository, VerifyReport report) {
        return repository + ": " + Amounts.count(report.objectsRead(), "object", "objects") + ", "
                + Amounts.size(report.bytesRead()) + " read; "
                + Amounts.count(report.problems(), "problem", "problems") + "; "
                + Amounts.count(report.sound().size(), "backup is", "backups are") + " sound";
    }

    private static Document json(Map<String, List<VerifyReport>> reports, Map<String, List<Loss>> losses) {
        List<Document> documents = new ArrayList<>();
        reports.forEach((repository, found) -> found.forEach(report -> documents.add(new Document()
                .put("repository", repository)
                .put("problems", report.problems())
                .put("notes", report.notes())
                .put("objectsRead", report.objectsRead())
                .put("bytesRead", report.bytesRead())
                .put("sealed", report.sealed())
                .list("sound", report.sound())
                .each(BackupId::value)
                .list("findings", report.findings())
                .each(finding -> LossText.json(finding, losses.getOrDefault(repository, List.of()))))));
        Document document = Document.versioned().put("reports", documents);
        LossText.describe(document, losses);
        return document;
    }
}
