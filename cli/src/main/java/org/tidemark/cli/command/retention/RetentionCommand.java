// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.retention;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.CountOptions;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.call.ShortCommand;
import org.tidemark.cli.call.UnreadRepositories;
import org.tidemark.cli.output.Output;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.retention.PlannedArchive;
import org.tidemark.operations.retention.RetentionPlans;
import org.tidemark.retention.RetentionPolicy;
import org.tidemark.session.Session;
import org.tidemark.view.CountedView;
import org.tidemark.view.Json;
import org.tidemark.view.RetentionView;
import org.tidemark.view.UnreadView;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "retention",
        description = {
            "Shows which backups and which WAL stay, which go, and why. Nothing is removed.",
            "Each repository has a policy of its own. --with shows what another policy would do: how much would go, and"
                    + " which moments could be reached before and after.",
        })
@Help(
        group = Help.Group.RETENTION,
        synopsis = "retention [--with POLICY] [--recount]",
        examples = {
            "tidemark retention",
            "tidemark retention --with 'RECOVERY WINDOW OF 14 DAYS'",
            "tidemark retention --repository local --output json"
        },
        uses = Help.Uses.REPOSITORY,
        statuses = {ExitCode.DONE, ExitCode.USAGE, ExitCode.DAMAGED, ExitCode.UNKNOWN_FORMAT, ExitCode.NO_BACKUP})
public final class RetentionCommand implements Callable<ExitCode>, ShortCommand {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Mixin
    private final CountOptions count = new CountOptions();

    @Option(
            names = "--with",
            paramLabel = "POLICY",
            description = "instead of the configured policies: REDUNDANCY n, or RECOVERY WINDOW OF n HOURS, DAYS,"
                    + " WEEKS, MONTHS or YEARS. The other settings of each repository (minimum-redundancy,"
                    + " wal-retention, keep) apply")
    private @Nullable String with;

    private record View(
            List<RetentionView> repositories, List<CountedView> walCounted, Optional<List<UnreadView>> unreadable) {}

    public RetentionCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() {
        Output output = global.output(context);
        Instant now = context.clock().instant();
        Optional<RetentionPolicy> tried = Optional.ofNullable(with).map(RetentionCommand::policy);
        try (Session session = global.session(context)) {
            RetentionPlans plans = tried.map(policy -> RetentionPlans.with(session, count.reading(), policy, now))
                    .orElseGet(() -> RetentionPlans.of(session, count.reading(), now));
            UnreadRepositories.warn(output, plans.repositories());
            if (output.isJson()) {
                output.json(new View(
                        Json.list(plans.planned(), planned -> RetentionView.of(planned, plans.effect(planned))),
                        CountedView.of(plans.counted()),
                        UnreadView.of(plans.repositories())));
            } else {
                CountOptions.tell(output, plans.counted(), "retention");
                for (PlannedArchive planned : plans.planned()) {
                    RetentionLines.of(planned, plans.effect(planned), tried.isPresent(), now)
                            .forEach(output::advise);
                }
            }
            return plans.repositories().status();
        }
    }

    private static RetentionPolicy policy(String text) {
        try {
            return RetentionPolicy.parse(text);
        } catch (IllegalArgumentException e) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "--with cannot be '" + text + "'",
                    "Expected " + RetentionPolicy.EXPECTED + " (n is 1 or more).",
                    e);
        }
    }
}
