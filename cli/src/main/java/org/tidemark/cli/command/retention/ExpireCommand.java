// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.retention;

import java.util.concurrent.Callable;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.output.Output;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.retention.ByPolicy;
import org.tidemark.operations.retention.ExpiryRun;
import org.tidemark.operations.retention.ExpiryRun.Expired;
import org.tidemark.operations.retention.ExpiryRun.Mode;
import org.tidemark.retention.RetentionPlanner;
import org.tidemark.session.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "expire",
        description = {
            "Deletes the backups and the WAL that have expired by the retention policy.",
            "Without --confirm it shows them and deletes nothing. Each repository has a policy of its own. The"
                    + " first run after a policy was set or changed deletes at most "
                    + RetentionPlanner.PERCENT_OF_A_RUN
                    + " percent of a repository's backups, the oldest first, but at least two.",
        })
@Help(
        group = Help.Group.RETENTION,
        synopsis = "expire [--confirm | --dry-run] [--all]",
        examples = {"tidemark expire", "tidemark expire --confirm"},
        uses = Help.Uses.REPOSITORY,
        statuses = {ExitCode.DONE, ExitCode.NO, ExitCode.USAGE, ExitCode.DAMAGED, ExitCode.NO_BACKUP})
public final class ExpireCommand implements Callable<ExitCode> {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Option(names = "--confirm", description = "delete; without it, only show what would be deleted")
    private boolean confirm;

    @Option(names = "--dry-run", description = "only show what would be deleted, as without --confirm")
    private boolean dryRun;

    @Option(names = "--all", description = "delete everything that has expired, in one run")
    private boolean all;

    public ExpireCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() {
        Output output = global.output(context);
        if (confirm && dryRun) {
            throw new UserFacingException(
                    ExitCode.USAGE, "--confirm and --dry-run exclude each other", "Leave one of them out.");
        }
        Mode mode = confirm ? Mode.DELETE : Mode.DRY_RUN;
        ExpiryOutput shown = new ExpiryOutput(output, mode);
        try (Session session = global.session(context)) {
            ExpiryRun.Result result = new ExpiryRun(session, context.clock(), mode, shown).run(new ByPolicy(all, true));
            for (Expired each : result.archives()) {
                if (each.planned().settings().policy().isEmpty()) {
                    output.warn(
                            "'" + each.planned().repository() + "' has no retention policy: nothing expires there",
                            "Set one: retention = \"RECOVERY WINDOW OF 30 DAYS\" in the section of the repository.");
                }
            }
            shown.print(result, CopyableCommand.of("expire", "--confirm").withIf(all, "--all"));
            shown.detail(result.archives());
            return shown.status(result);
        }
    }
}
