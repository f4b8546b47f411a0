// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.run;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.output.Output;
import org.tidemark.core.Amounts;
import org.tidemark.core.Durations;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.session.Session;
import org.tidemark.session.TaskPauses;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "pause",
        description = {
            "Pauses scheduled tasks of a cluster on this host, for maintenance.",
            "Until the time is over, 'tidemark cron' and 'tidemark serve' begin none of them here; what is under way"
                    + " goes on, and commands such as 'tidemark backup' work as always. WAL is never paused. 'tidemark"
                    + " check' warns as long as something is paused. After the pause, one run makes up for all that"
                    + " were missed.",
            "A later pause replaces an earlier one. Other hosts of the cluster have pauses of their own.",
        })
@Help(
        group = Help.Group.RUN,
        synopsis = "pause TASK... --for DURATION",
        examples = {"tidemark pause backup --for 2h", "tidemark pause all --for 30m"},
        statuses = {ExitCode.DONE, ExitCode.USAGE, ExitCode.LOCAL_FILES})
public final class PauseCommand implements Callable<ExitCode> {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Mixin
    private final PausedTasks named = new PausedTasks();

    @Option(names = "--for", paramLabel = "DURATION", required = true, description = "1m to 30d, such as 30m or 2h")
    private String duration = "";

    /** What it prints as JSON. */
    private record View(List<ScheduledTask> paused, Instant until) {}

    public PauseCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() {
        Output output = global.output(context);
        Set<ScheduledTask> tasks;
        Instant until;
        try (Session session = global.session(context)) {
            tasks = named.tasks();
            until = context.clock().instant().plus(length());
            TaskPauses.of(session).pause(tasks, until);
        }
        if (output.isJson()) {
            output.json(new View(List.copyOf(tasks), until));
        } else {
            output.line(PausedTasks.text(tasks) + (tasks.size() == 1 ? " is" : " are") + " paused on this host until "
                    + Amounts.minute(until) + " UTC; WAL is not");
            output.say("to end the pause: tidemark resume " + PausedTasks.arguments(tasks));
        }
        return ExitCode.DONE;
    }

    private Duration length() {
        return Durations.parse(duration)
                .filter(each -> each.compareTo(Duration.ofMinutes(1)) >= 0 && each.compareTo(TaskPauses.LONGEST) <= 0)
                .orElseThrow(() -> new UserFacingException(
                        ExitCode.USAGE,
                        "invalid value for --for: '" + duration + "' (expected 1m to 30d, such as 30m or 2h)",
                        "A longer pause would be forgotten. A task that is not to be done at all has the schedule"
                                + " 'never'."));
    }
}
