// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.Progress;
import org.tidemark.core.Finding;
import org.tidemark.core.Timeline;
import org.tidemark.operations.recovery.RestoreRun;
import org.tidemark.recoverability.PlanFinding;

/** What {@code recover} prints of a restore. */
final class RecoverOutput implements RestoreRun.Observer {
    private final Output output;

    /** @param plan null if it could not be written */
    private record View(
            Path directory,
            BackupId backup,
            Timeline timeline,
            @Nullable Path plan,
            long bytesWritten,
            long bytesKept,
            List<String> variablesNeeded) {}

    RecoverOutput(Output output) {
        this.output = output;
    }

    @Override
    public Restoring restoring(long bytes) {
        Progress progress = output.progress("restoring", bytes);
        return new Restoring() {
            @Override
            public void advanced(long more) {
                progress.advance(more);
            }

            @Override
            public void close() {
                progress.close();
            }
        };
    }

    @Override
    public void tell(Finding finding) {
        output.tell(finding);
    }

    void finish(RestoreRun.Result result) {
        Path directory = result.restored().plan().request().directory();
        output.count(result.restored().bytesWritten());
        if (output.isJson()) {
            output.json(new View(
                    directory,
                    result.backup().id(),
                    result.restored().plan().timeline(),
                    result.planFile().orElse(null),
                    result.restored().bytesWritten(),
                    result.restored().bytesKept(),
                    result.variablesNeeded()));
        } else {
            output.line(directory.toString());
            output.say("restored, verified, and its WAL can be fetched"
                    + result.planFile()
                            .map(file -> "; the plan and what to do next: " + file)
                            .orElse(""));
            result.restored().plan().findings().stream()
                    .filter(each ->
                            each.severity() == PlanFinding.Severity.WARNING && each.topic() == PlanFinding.Topic.BACKUP)
                    .forEach(each -> output.warn(each.message(), each.hint()));
        }
    }
}
