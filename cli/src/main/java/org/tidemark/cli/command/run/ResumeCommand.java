// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.run;

import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.output.Output;
import org.tidemark.core.ExitCode;
import org.tidemark.session.Session;
import org.tidemark.session.TaskPauses;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "resume",
        description = {
            "Ends the pause of scheduled tasks on this host.",
            "What became due during the pause is done within a minute.",
        })
@Help(
        group = Help.Group.RUN,
        synopsis = "resume TASK...",
        examples = {"tidemark resume backup", "tidemark resume all"},
        statuses = {ExitCode.DONE, ExitCode.USAGE, ExitCode.LOCAL_FILES})
public final class ResumeCommand implements Callable<ExitCode> {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Mixin
    private final PausedTasks named = new PausedTasks();

    /** What it prints as JSON. */
    private record View(List<ScheduledTask> resumed) {}

    public ResumeCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() {
        Output output = global.output(context);
        Set<ScheduledTask> tasks;
        try (Session session = global.session(context)) {
            tasks = named.tasks();
            TaskPauses pauses = TaskPauses.of(session);
            tasks.retainAll(pauses.paused(context.clock().instant()).keySet());
            pauses.resume(named.tasks());
        }
        if (output.isJson()) {
            output.json(new View(List.copyOf(tasks)));
        } else {
            output.line(
                    tasks.isEmpty()
                            ? "nothing of that was paused on this host"
                            : PausedTasks.text(tasks) + (tasks.size() == 1 ? " is" : " are") + " no longer paused");
        }
        return ExitCode.DONE;
    }
}
