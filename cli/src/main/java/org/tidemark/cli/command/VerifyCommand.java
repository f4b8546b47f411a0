// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.verify.Finding;
import org.tidemark.catalog.verify.Verifier;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.catalog.verify.VerifyReport;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.Progress;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.repository.OpenRepositories;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.operations.Session;
import org.tidemark.operations.backups.BackupChoice;
import org.tidemark.operations.backups.StoredBackup;
import org.tidemark.store.ObjectStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "verify",
        description = {
            "Reads what the repositories hold and compares it with the digests.",
            "It verifies the backups and the WAL that they need. Each run checks that every object exists and has"
                    + " its length, and reads the contents that no earlier run has read. --all reads everything"
                    + " again; without an id it reads every object of the repositories, of all clusters or of the"
                    + " one named with --cluster.",
            "Damage is recorded in the repository: check and list-backup show it until verify finds it repaired.",
            "Without a private key, only the stored bytes of encrypted objects are compared, and verify says so.",
        })
@Help(
        group = Help.Group.BACKUPS,
        synopsis = "verify [ID] [--all] [--decrypt-with FILE]",
        examples = {"tidemark verify", "tidemark verify latest --all"},
        statuses = {
            ExitCode.DONE,
            ExitCode.NO,
            ExitCode.USAGE,
            ExitCode.STORE_UNAVAILABLE,
            ExitCode.STORE_DENIED,
            ExitCode.NO_REPOSITORY,
            ExitCode.OTHER_REPOSITORY,
            ExitCode.NO_BACKUP,
            ExitCode.INTERRUPTED
        })
final class VerifyCommand implements Callable<ExitCode> {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Parameters(
            paramLabel = "ID",
            arity = "0..1",
            description = "an id, latest, previous, oldest, latest-full, or a backup's name; default: all backups")
    private @Nullable String id;

    @Option(names = "--all", description = "read everything, even what an earlier run has read")
    private boolean all;

    VerifyCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() throws IOException {
        Output output = global.output(context);
        Map<String, List<VerifyReport>> reports = new LinkedHashMap<>();
        EachRepository repositories;
        try (Session session = global.session(context)) {
            repositories = new EachRepository(session, output);
            repositories.read(settings -> reports.put(settings.name(), verify(session, settings)));
        }
        reports.forEach((repository, found) -> found.forEach(report -> report.unmarked()
                .ifPresent(why -> output.warn(
                        "the result cannot be recorded in '" + repository + "': " + why,
                        "check and list-backup do not show it. To record it, run verify as the owner of the"
                                + " repository."))));
        if (output.isJson()) {
            ObjectNode document = json(reports);
            repositories.describe(document);
            output.json(document);
        } else {
            reports.forEach((repository, found) -> found.forEach(report -> print(output, repository, report)));
        }
        boolean sound = reports.values().stream().flatMap(List::stream).allMatch(VerifyReport::isSound);
        return sound ? repositories.status() : ExitCode.NO;
    }

    private List<VerifyReport> verify(Session session, RepositorySettings settings) throws IOException {
        int jobs = session.configuration()
                .host()
                .effectiveJobs(Runtime.getRuntime().availableProcessors());
        Verifier.Options options =
                new Verifier.Options(all ? Extent.EVERYTHING : Extent.UNMARKED, Mark.Scope.ALL, jobs);
        try (Progress progress = global.output(context).progress(settings.name(), 0)) {
            if (all && id == null && global.cluster().isEmpty()) {
                // Not opened as a repository first: that its identity is damaged is a finding like any other.
                return List.of(verifier(session.repositories().store(settings), settings, options, progress)
                        .verifyRepository());
            }
            Repository repository = session.repository(settings);
            Verifier verifier = verifier(repository.store(), settings, options, progress);
            List<VerifyReport> reports = new ArrayList<>();
            for (Part part : parts(session, settings, repository)) {
                reports.add(verifier.verify(
                        part.archive().identity().cluster(),
                        part.archive().identity().system(),
                        part.backup()));
            }
            return reports;
        }
    }

    /** What is verified of one incarnation: one backup, or all. */
    private record Part(ClusterArchive archive, Optional<BackupId> backup) {}

    private List<Part> parts(Session session, RepositorySettings settings, Repository repository) throws IOException {
        List<ClusterArchive> incarnations = session.incarnations(repository);
        if (id == null) {
            return incarnations.stream()
                    .map(archive -> new Part(archive, Optional.empty()))
                    .toList();
        }
        List<StoredBackup> stored = new ArrayList<>();
        for (ClusterArchive archive : incarnations) {
            archive.backups().list().forEach(entry -> stored.add(new StoredBackup(settings.name(), archive, entry)));
        }
        return BackupChoice.find(id, stored).stream()
                .map(each -> new Part(each.archive(), Optional.of(each.id())))
                .toList();
    }

    private Verifier verifier(
            ObjectStore store, RepositorySettings settings, Verifier.Options options, Progress progress) {
        return new Verifier(store, OpenRepositories.privateKeys(settings), options, context.clock(), progress::copied);
    }

    private static void print(Output output, String repository, VerifyReport report) {
        for (Finding finding : report.findings()) {
            if (finding.severity() == Finding.Severity.PROBLEM || output.isVerbose()) {
                String backup =
                        finding.backup().map(each -> " (backup " + each + ")").orElse("");
                output.line(finding.severity() + "  " + finding.key() + ": " + finding.text() + backup);
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
        output.line(repository + ": " + Amounts.count(report.objectsRead(), "object", "objects") + ", "
                + Amounts.size(report.bytesRead()) + " read; "
                + Amounts.count(report.problems(), "problem", "problems") + "; "
                + Amounts.count(report.sound().size(), "backup is", "backups are") + " sound");
    }

    private static ObjectNode json(Map<String, List<VerifyReport>> reports) {
        ObjectNode document = JsonMapper.shared().createObjectNode().put("formatVersion", 1);
        ArrayNode array = document.putArray("reports");
        reports.forEach((repository, found) -> {
            for (VerifyReport report : found) {
                ObjectNode node = array.addObject()
                        .put("repository", repository)
                        .put("problems", report.problems())
                        .put("notes", report.notes())
                        .put("objectsRead", report.objectsRead())
                        .put("bytesRead", report.bytesRead())
                        .put("sealed", report.sealed());
                ArrayNode sound = node.putArray("sound");
                report.sound().forEach(each -> sound.add(each.value()));
                ArrayNode findings = node.putArray("findings");
                for (Finding finding : report.findings()) {
                    ObjectNode each = findings.addObject()
                            .put("severity", finding.severity().toString())
                            .put("key", finding.key().value())
                            .put("text", finding.text());
                    finding.backup().ifPresent(backup -> each.put("backup", backup.value()));
                }
            }
        });
        return document;
    }
}
