// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.verify;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.call.ShortCommand;
import org.tidemark.cli.call.UnreadRepositories;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.TextTable;
import org.tidemark.cli.output.TextTable.Column;
import org.tidemark.core.Amounts;
import org.tidemark.core.Durations;
import org.tidemark.core.ExitCode;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UserFacingException;
import org.tidemark.session.GivenTime;
import org.tidemark.session.Session;
import org.tidemark.view.Json;
import org.tidemark.view.UnreadView;
import org.tidemark.watch.audit.Act;
import org.tidemark.watch.audit.AuditTrail;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "audit",
        description = {
            "Shows what was done to the backups and the WAL in the repositories: by which host, when and why.",
            "Backups that were taken, deleted, kept, released and restored; WAL that was deleted, dropped before it was"
                    + " archived, or rejected; damage that was found; keys that were proven; and how scheduled tasks"
                    + " ended, of the last 30 days. The newest comes first.",
            "It reads the records that each of these acts leaves in the repository. The times and the names of the hosts"
                    + " are those that the hosts gave. What is damaged is left out; 'verify' names it.",
        })
@Help(
        group = Help.Group.BACKUPS,
        synopsis = "audit [--since AGE|TIME]",
        examples = {"tidemark audit", "tidemark audit --since 365d --repository offsite --json"},
        uses = Help.Uses.REPOSITORY,
        statuses = {ExitCode.DONE, ExitCode.USAGE, ExitCode.NO_BACKUP})
public final class AuditCommand implements Callable<ExitCode>, ShortCommand {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Option(
            names = "--since",
            paramLabel = "AGE|TIME",
            description = "how far back: an age such as 12h or 365d, or a time with its zone. Default: 30d")
    private String since = "30d";

    private record View(List<ActView> acts, Optional<List<UnreadView>> unreadable) {
        record ActView(
                Instant at,
                String repository,
                SystemIdentifier systemIdentifier,
                Act.Kind act,
                Optional<String> host,
                String subject,
                Optional<String> details) {
            static ActView of(Act act) {
                return new ActView(
                        act.at(),
                        act.repository(),
                        act.system(),
                        act.kind(),
                        act.host(),
                        act.subject(),
                        detailsOf(act));
            }
        }
    }

    public AuditCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() {
        Output output = global.output(context);
        Instant now = context.clock().instant();
        Instant from = from(now);
        AuditTrail trail;
        try (Session session = global.readingSession(context)) {
            trail = AuditTrail.of(session, from, now);
        }
        UnreadRepositories.warn(output, trail.repositories());
        if (output.isJson()) {
            output.json(new View(Json.list(trail.acts(), View.ActView::of), UnreadView.of(trail.repositories())));
        } else if (trail.acts().isEmpty()) {
            output.say("no act since " + Amounts.minute(from) + " UTC is recorded");
        } else {
            TextTable table = new TextTable(
                    Column.left("TIME (UTC)"),
                    Column.left("REPOSITORY"),
                    Column.left("HOST"),
                    Column.left("ACT"),
                    Column.left("WHAT"));
            for (Act act : trail.acts()) {
                table.row(
                        Amounts.minute(act.at()),
                        act.repository(),
                        act.host().orElse("-"),
                        act.kind().text(),
                        act.subject() + detailsOf(act).map(text -> ": " + text).orElse(""));
            }
            table.lines().forEach(output::line);
        }
        return trail.repositories().status();
    }

    private Instant from(Instant now) {
        Optional<Duration> age = Durations.parse(since);
        try {
            return age.isPresent() ? now.minus(age.get()) : GivenTime.parse(since, ZoneId.systemDefault());
        } catch (UserFacingException e) {
            throw new UserFacingException(
                    e.exitCode(), e.getMessage(), "Write an age, such as 12h or 365d. For a time: " + e.hint(), e);
        }
    }

    private static Optional<String> detailsOf(Act act) {
        return Optional.of(act.details()).filter(text -> !text.isEmpty());
    }
}
