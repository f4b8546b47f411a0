// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.backups;

import java.util.Optional;
import java.util.concurrent.Callable;
import org.tidemark.catalog.backup.Mark.Annotated;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.call.ShortCommand;
import org.tidemark.cli.output.Output;
import org.tidemark.core.ExitCode;
import org.tidemark.operations.backups.BackupMarking;
import org.tidemark.operations.backups.BackupMarking.Marked;
import org.tidemark.operations.backups.BackupMarking.Mode;
import org.tidemark.session.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "annotate",
        description = {
            "Describes a backup in your own words.",
            "list-backup and show-backup show the text. It is stored in every repository that has the backup;"
                    + " --repository limits that to some. A later text replaces an earlier one, and an empty text"
                    + " removes it. sync copies it together with the backup.",
        })
@Help(
        group = Help.Group.BACKUPS,
        synopsis = "annotate ID TEXT [--dry-run]",
        examples = {"tidemark annotate latest 'the last one with the old schema'", "tidemark annotate latest ''"},
        uses = Help.Uses.REPOSITORY,
        statuses = {ExitCode.DONE, ExitCode.USAGE, ExitCode.STORE_FULL, ExitCode.DAMAGED, ExitCode.NO_BACKUP})
public final class AnnotateCommand implements Callable<ExitCode>, ShortCommand {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Parameters(
            index = "0",
            paramLabel = "ID",
            description = "an id, latest, previous, oldest, latest-full, or a backup's name")
    private String id = "";

    @Parameters(
            index = "1",
            paramLabel = "TEXT",
            description = "one line of at most 1,000 characters; '' removes the annotation")
    private String text = "";

    @Option(names = "--dry-run", description = "show what would be done, but store nothing")
    private boolean dryRun;

    public AnnotateCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() {
        Output output = global.output(context);
        Mode mode = dryRun ? Mode.DRY_RUN : Mode.SET;
        Annotated annotated = MarkingOutput.ofWords(
                "TEXT", () -> new Annotated(context.clock().instant(), text.isBlank() ? "" : text));
        try (Session session = global.session(context)) {
            BackupMarking marking = BackupMarking.of(session);
            MarkingOutput shown = new MarkingOutput(output, marking.repositories());
            BackupMarking.Result result = marking.annotate(id, annotated, mode);
            shown.print(result, mode, new Wording(result.id(), annotated.text(), mode));
            return shown.status(result);
        }
    }

    /**
     * The words of {@code annotate}.
     *
     * @param text empty to remove it
     */
    private record Wording(BackupId id, String text, Mode mode) implements MarkingOutput.Wording {
        @Override
        public String changed(Marked marked) {
            String is = mode == Mode.SET ? " is " : " would be ";
            String in = "'" + marked.repository() + "'";
            String before = marked.before()
                    .annotation(id)
                    .map(old -> " (before: \"" + old.text() + "\")")
                    .orElse("");
            return text.isEmpty()
                    ? "the annotation of backup " + id + is + "removed from " + in + before
                    : "backup " + id + is + "annotated in " + in + ": \"" + text + '"' + before;
        }

        @Override
        public String unchanged(Marked marked) {
            return "backup " + id + " has " + (text.isEmpty() ? "no annotation" : "this annotation already") + " in '"
                    + marked.repository() + "'; nothing was changed";
        }

        @Override
        public Record asked() {
            record Asked(Optional<String> annotation) {}
            return new Asked(Optional.of(text).filter(words -> !words.isEmpty()));
        }
    }
}
