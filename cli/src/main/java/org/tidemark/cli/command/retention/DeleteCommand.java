// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.retention;

import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.tidemark.catalog.backup.Tombstone;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.output.Output;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.backups.StoredBackups;
import org.tidemark.operations.retention.Deletion;
import org.tidemark.operations.retention.ExpiryRun;
import org.tidemark.operations.retention.ExpiryRun.Mode;
import org.tidemark.retention.ExpiryOutlook;
import org.tidemark.retention.RetentionPlan;
import org.tidemark.retention.RetentionSettings;
import org.tidemark.session.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "delete",
        description = {
            "Deletes backups, and the WAL that only they needed.",
            "'before TIME' deletes what is not needed to reach that time and all later ones, 'before ID' what is older"
                    + " than that backup, 'retain N' all but the newest N backups. Backups that are kept are never"
                    + " deleted, and minimum-redundancy is observed. It deletes from every repository of the cluster;"
                    + " --repository limits that to some.",
        })
@Help(
        group = Help.Group.BACKUPS,
        synopsis = {
            "delete ID [ID ...] [--force] [--dry-run]",
            "delete before TIME|ID [--dry-run]",
            "delete retain N [--dry-run]"
        },
        examples = {
            "tidemark delete 20261120T063011Z",
            "tidemark delete before '2026-11-01 00:00:00Z' --dry-run",
            "tidemark delete retain 3 --repository local"
        },
        uses = Help.Uses.REPOSITORY,
        statuses = {ExitCode.DONE, ExitCode.NO, ExitCode.USAGE, ExitCode.DAMAGED, ExitCode.NO_BACKUP})
public final class DeleteCommand implements Callable<ExitCode> {
    /** More ids than that make no line that anybody copies. */
    private static final int MOST_NAMED = 50;

    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Parameters(
            paramLabel = "ID",
            arity = "1..*",
            description = "ids of backups, oldest, or names; or before and a time or an id; or retain and a number")
    private List<String> words = new ArrayList<>();

    @Option(
            names = "--force",
            description =
                    "delete even if fewer backups than minimum-redundancy are left, or if the description of a backup"
                            + " cannot be read")
    private boolean force;

    @Option(names = "--dry-run", description = "show what would be deleted, but delete nothing")
    private boolean dryRun;

    public DeleteCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() {
        Output output = global.output(context);
        Mode mode = dryRun ? Mode.DRY_RUN : Mode.DELETE;
        ExpiryOutput shown = new ExpiryOutput(output, mode);
        try (Session session = global.session(context)) {
            StoredBackups backups = StoredBackups.of(session);
            backups.repositories().requireOne();
            ByOperator planning = new ByOperator(Deletion.parse(words, ZoneId.systemDefault(), backups::choose), force);
            requireAllowed(new ExpiryRun(session, context.clock(), Mode.DRY_RUN, shown).run(planning));
            ExpiryRun.Result result = new ExpiryRun(session, context.clock(), mode, shown).run(planning);
            shown.print(
                    result, CopyableCommand.of("delete").with(listed(result)).withIf(force, "--force"));
            return shown.status(result);
        }
    }

    /**
     * What was listed, by its ids: what {@code oldest} or {@code before latest} means may change until the line is
     * copied. Only in the repositories where it was listed.
     */
    private List<String> listed(ExpiryRun.Result result) {
        SortedSet<String> ids = new TreeSet<>();
        List<String> repositories = new ArrayList<>();
        for (ExpiryRun.Expired each : result.archives()) {
            RetentionPlan plan = each.planned().plan();
            plan.leaving().forEach(backup -> ids.add(backup.id().value()));
            if (!plan.removesNothing() && !repositories.contains(each.planned().repository())) {
                repositories.add(each.planned().repository());
            }
        }
        boolean namesAll = words.stream().allMatch(BackupId::isId);
        List<String> named =
                new ArrayList<>(namesAll || ids.isEmpty() || ids.size() > MOST_NAMED ? words : List.copyOf(ids));
        if (global.repositories().isEmpty() && !result.repositories().failures().isEmpty()) {
            repositories.forEach(each -> named.addAll(List.of("--repository", each)));
        }
        return named;
    }

    /** What one repository refuses is not deleted from another either. */
    private static void requireAllowed(ExpiryRun.Result planned) {
        planned.repositories().failures().forEach((repository, failure) -> {
            if (failure.exitCode() == ExitCode.NO) {
                throw new UserFacingException(
                        ExitCode.NO, "'" + repository + "': " + failure.getMessage(), failure.hint(), failure);
            }
        });
    }

    /** What the operator named. */
    private record ByOperator(Deletion deletion, boolean force) implements ExpiryRun.Planning {
        @Override
        public ExpiryOutlook.Rule rule(RetentionSettings settings, Optional<Tombstone> last) {
            return deletion.rule(force ? 0 : settings.minimumRedundancy());
        }

        /** Also of those that a time or a number names, which each repository would answer for itself. */
        @Override
        public boolean heedsOtherKeeps() {
            return !(deletion instanceof Deletion.Named); // of these, each repository refuses its own
        }

        @Override
        public Set<BackupId> unreadable() {
            return force && deletion instanceof Deletion.Named named ? named.ids() : Set.of();
        }

        @Override
        public String why(RetentionSettings settings) {
            return deletion.toString();
        }
    }
}
