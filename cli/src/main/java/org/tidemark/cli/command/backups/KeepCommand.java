// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.backups;

import java.io.IOException;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.backup.Mark.Kept;
import org.tidemark.catalog.backup.Mark.Released;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.call.ShortCommand;
import org.tidemark.cli.output.Output;
import org.tidemark.core.ExitCode;
import org.tidemark.core.HostName;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.backups.BackupMarking;
import org.tidemark.operations.backups.BackupMarking.Marked;
import org.tidemark.operations.backups.BackupMarking.Mode;
import org.tidemark.operations.backups.KeepEnd;
import org.tidemark.session.Session;
import org.tidemark.view.BackupView;
import org.tidemark.view.KeepText;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "keep",
        description = {
            "Keeps a backup, whatever the retention policy says.",
            "It stays until a date or until it is released. It is kept in every repository that has it;"
                    + " --repository limits that to some. A later keep replaces an earlier one. A copy that sync makes"
                    + " in another repository is not kept there.",
        })
@Help(
        group = Help.Group.BACKUPS,
        synopsis = {
            "keep ID [--until DATE] [--target full|standalone] [--note TEXT] [--dry-run]",
            "keep ID --release [--dry-run]"
        },
        examples = {
            "tidemark keep latest --note 'before 5.0'",
            "tidemark keep 20261120T063011Z --until 2027-11-01 --target standalone",
            "tidemark keep 20261120T063011Z --release"
        },
        uses = Help.Uses.REPOSITORY,
        statuses = {ExitCode.DONE, ExitCode.USAGE, ExitCode.STORE_FULL, ExitCode.DAMAGED, ExitCode.NO_BACKUP})
public final class KeepCommand implements Callable<ExitCode>, ShortCommand {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Parameters(paramLabel = "ID", description = "an id, latest, previous, oldest, latest-full, or a backup's name")
    private String id = "";

    @Option(
            names = "--until",
            paramLabel = "DATE",
            description = "the end of the keep: a date (the end of that day, UTC), or a time with its zone; default:"
                    + " until it is released")
    private @Nullable String until;

    @Option(
            names = "--target",
            paramLabel = "full|standalone",
            description = "full: keep all later WAL as well, so that every later moment can be reached from the backup;"
                    + " standalone: keep only the WAL that the backup needs. Default: full")
    private Kept.@Nullable Target target;

    @Option(names = "--note", paramLabel = "TEXT", description = "why; list-backup shows it")
    private @Nullable String note;

    @Option(names = "--release", description = "end the keep: the retention policy decides again")
    private boolean release;

    @Option(names = "--dry-run", description = "show what would be done, but store nothing")
    private boolean dryRun;

    public KeepCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() throws IOException {
        Output output = global.output(context);
        Instant now = context.clock().instant();
        Mode mode = dryRun ? Mode.DRY_RUN : Mode.SET;
        if (release) {
            requireNothingElse();
        }
        Optional<Kept> kept = release ? Optional.empty() : Optional.of(kept(now));
        try (Session session = global.session(context)) {
            BackupMarking marking = BackupMarking.of(session);
            MarkingOutput shown = new MarkingOutput(output, marking.repositories());
            BackupMarking.Result result = kept.isPresent()
                    ? marking.keep(id, kept.get(), mode)
                    : marking.release(id, new Released(now, Optional.of(HostName.ofThisMachine())), mode);
            shown.print(result, mode, new Wording(result.id(), kept, now, mode));
            return shown.status(result);
        }
    }

    private void requireNothingElse() {
        if (until != null || target != null || note != null) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "--release takes neither --until nor --target nor --note",
                    "To change a keep, call keep again without --release: the later one replaces it.");
        }
    }

    private Kept kept(Instant now) throws IOException {
        Optional<Instant> end =
                Optional.ofNullable(until).map(text -> KeepEnd.parse(text, ZoneId.systemDefault(), now));
        Optional<String> why = Optional.ofNullable(note).filter(text -> !text.isBlank());
        Optional<String> host = Optional.of(HostName.ofThisMachine());
        Kept.Target kind = target == null ? Kept.Target.FULL : target;
        return MarkingOutput.ofWords("--note", () -> new Kept(now, kind, end, why, host));
    }

    /** The words of {@code keep}. */
    private record Wording(BackupId id, Optional<Kept> kept, Instant now, Mode mode) implements MarkingOutput.Wording {
        @Override
        public String changed(Marked marked) {
            String before = marked.before()
                    .keep(id, now)
                    .map(keep -> " (before: " + KeepText.full(keep) + ")")
                    .orElse("");
            String backup = "backup " + id;
            String in = "kept in '" + marked.repository() + "'";
            if (kept.isEmpty()) {
                return backup + (mode == Mode.SET ? " is no longer " : " would no longer be ") + in + before;
            }
            return backup + (mode == Mode.SET ? " is " : " would be ") + in + " " + KeepText.full(kept.get()) + before;
        }

        @Override
        public String unchanged(Marked marked) {
            String in = " kept in '" + marked.repository() + "'";
            return "backup " + id
                    + kept.map(keep -> " is already" + in + " " + KeepText.full(keep))
                            .orElse(" is not" + in)
                    + "; nothing was changed";
        }

        @Override
        public Record asked() {
            record Asked(Optional<BackupView.Keep> kept) {}
            return new Asked(kept.map(BackupView.Keep::of));
        }
    }
}
