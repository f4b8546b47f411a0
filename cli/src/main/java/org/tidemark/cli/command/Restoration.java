// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.StorageFailure;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.Progress;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.Session;
import org.tidemark.operations.recovery.RestoreCommand;
import org.tidemark.operations.recovery.RestoreCommandCheck;
import org.tidemark.operations.recovery.RestoreSource;
import org.tidemark.restore.BackupSources;
import org.tidemark.restore.PlanFile;
import org.tidemark.restore.PreparedRestore;
import org.tidemark.restore.RecoverySettings;
import org.tidemark.restore.RestoreExecutor;
import org.tidemark.restore.RestoreExecutor.RestoreResult;
import org.tidemark.restore.RestorePlan;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A restore that is being done: its files, its plan for those who come later, a check of its restore_command. */
final class Restoration {
    private final CommandContext context;
    private final Session session;
    private final Output output;

    Restoration(CommandContext context, Session session, Output output) {
        this.context = context;
        this.session = session;
        this.output = output;
    }

    /**
     * Restores, and tries whether WAL can be fetched.
     *
     * @param prepared the plan with the program as an operator calls it
     * @throws UserFacingException if WAL cannot be fetched, too: the files are restored then
     */
    void run(RestoreSource source, PreparedRestore prepared, RestorePlan.Chosen plan, RestoreCommand command)
            throws IOException, InterruptedException {
        Optional<Path> planFile = planFile(plan.request().directory());
        BackupSources sources = source.preparation().sources(plan.backup());
        BaseBackup base = source.prepared().backup().orElseThrow();
        int threads = session.configuration()
                .host()
                .effectiveRestoreJobs(Runtime.getRuntime().availableProcessors());
        RestoreResult result;
        try (Progress progress = output.progress("restoring", base.contents().dataSizeBytes())) {
            result = new RestoreExecutor(sources, context.clock(), threads)
                    .restore(plan, base, RecoverySettings.of(plan, command.text()), progress::advance);
        } finally {
            sources.replaced().forEach(each -> output.warn(each.message(), each.hint()));
        }
        Path data = plan.request().directory();
        List<String> variables;
        Optional<Path> written;
        try {
            variables = new RestoreCommandCheck(
                            command, data, context.environment().variables())
                    .fetch(base.walFirst().name());
        } finally {
            // Also where WAL cannot be fetched yet: the files are restored, and the steps are the same afterwards.
            written = planFile.filter(file -> write(prepared, plan, file));
        }
        if (!variables.isEmpty()) {
            output.warn(
                    "restore_command works only with these variables: " + String.join(", ", variables),
                    "Set them in PostgreSQL's environment as well, or move their values into the configuration.");
        }
        report(result, base, written, variables);
    }

    /** Looked for before anything is written; a restore never fails for it. */
    private Optional<Path> planFile(Path directory) {
        Optional<Path> file =
                PlanFile.place(directory, List.of(session.spool(), Path.of(System.getProperty("java.io.tmpdir"))));
        if (!file.equals(Optional.of(PlanFile.beside(directory)))) {
            output.warn(
                    "the plan cannot be written beside '" + directory + "': this user may not write there",
                    file.map(place -> "It will be in " + place + ".").orElse("Keep this output."));
        }
        return file;
    }

    private boolean write(PreparedRestore prepared, RestorePlan.Chosen plan, Path file) {
        try {
            PlanFile.write(
                    output.complete(prepared.textAfterwards()), plan.request().directory(), file);
            return true;
        } catch (IOException e) {
            output.warn(
                    "the plan could not be written to '" + file + "': "
                            + StorageFailure.explain(e).getMessage(),
                    "The restore is complete nevertheless; keep this output.");
            return false;
        }
    }

    private void report(RestoreResult result, BaseBackup base, Optional<Path> planFile, List<String> variables) {
        Path data = result.plan().request().directory();
        if (output.isJson()) {
            ObjectNode document = JsonMapper.shared()
                    .createObjectNode()
                    .put("formatVersion", 1)
                    .put("directory", data.toString())
                    .put("backup", base.id().value())
                    .put("timeline", result.plan().timeline().id())
                    .put("plan", planFile.map(Path::toString).orElse(null))
                    .put("bytesWritten", result.bytesWritten())
                    .put("bytesKept", result.bytesKept());
            ArrayNode needed = document.putArray("variablesNeeded");
            variables.forEach(needed::add);
            output.json(document);
        } else {
            output.line(data.toString());
            output.say("restored, verified, and its WAL can be fetched"
                    + planFile.map(file -> "; the plan and what to do next: " + file)
                            .orElse(""));
        }
    }
}
