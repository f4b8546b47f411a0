// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.call;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.Output.Manner;
import org.tidemark.cli.output.Output.Verbosity;
import org.tidemark.cli.output.OutputFormat;
import org.tidemark.cli.remote.RemoteRun.InterruptedThereException;
import org.tidemark.core.CopyableLines;
import org.tidemark.core.ExitCode;
import org.tidemark.core.LongWaits;
import org.tidemark.core.LongWaits.Teller;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.BoundedCall;
import picocli.CommandLine.Model.CommandSpec;

/** One run of a parsed command: turns a failure into a message, a hint and a status. */
public final class CommandRun {
    /** What runs for long has its own words for a store that does not answer. */
    private static final Set<String> SERVING = Set.of("cron", "serve", "wal-receive");

    private final CommandContext context;
    private final String name;
    private final Callable<?> command;
    private final GlobalOptions global;
    private final boolean nagios;

    public CommandRun(CommandContext context, CommandSpec parsed) {
        this.context = context;
        this.name = parsed.name();
        this.command = (Callable<?>) parsed.userObject();
        BoundedCall.processEndsSoon(command instanceof ShortCommand);
        this.global = GlobalOptions.of(parsed).orElseThrow();
        // A Nagios plugin prints one line about one service: each cluster needs a service of its own.
        this.nagios = parsed.optionsMap().containsKey("--nagios")
                && parsed.optionsMap().get("--nagios").getValue().equals(true);
    }

    /** The help of the program, for a call without a command. */
    public static Output output(CommandContext context) {
        return new Output(
                context.data(),
                context.talk(),
                new Manner(
                        OutputFormat.TEXT,
                        Verbosity.NORMAL,
                        context.paint(context.dataToTerminal()),
                        context.paint(context.talkToTerminal()),
                        context.talkToTerminal(),
                        new CopyableLines(
                                LauncherPath.asTyped(context.environment()),
                                Optional::empty,
                                Optional.empty(),
                                List.of(),
                                List.of())));
    }

    /** Runs the command, for each cluster if {@code --cluster all} says so. */
    public int status() {
        try (CommandLog log = CommandLog.of(context, name, global);
                Teller _ = isSilent() ? null : LongWaits.tell(LongWaits.LONG, this::told)) {
            global.logTo(log);
            int status = run();
            log.ended(name, status);
            return status;
        }
    }

    /** Some monitors read both streams of a plugin as one: its first line is the state. */
    private boolean isSilent() {
        return nagios || SERVING.contains(name);
    }

    private void told(String whom) {
        global.output(context).say("waiting for an answer of " + whom);
    }

    private int run() {
        try {
            return EachCluster.run(context, global, name, nagios, this::once);
        } catch (UserFacingException e) {
            return failed(e, failure -> {});
        } catch (OutOfMemoryError e) {
            return failed(lackOfMemory(e), failure -> {});
        }
    }

    private int once(Consumer<UserFacingException> failed) {
        int status;
        try {
            status = switch (command.call()) {
                case ExitCode code -> code.status();
                case Integer number -> number;
                case Object other -> throw new IllegalStateException("the command gave " + other);
            };
        } catch (Exception e) {
            status = failed(e, failed);
        }
        if (status != ExitCode.DONE.status()) {
            global.output(context).releaseHeld();
        }
        return status;
    }

    private static UserFacingException lackOfMemory(OutOfMemoryError cause) {
        long mebibytes = Runtime.getRuntime().maxMemory() >> 20;
        return new UserFacingException(
                ExitCode.JAVA_FAILED,
                "the command needs more memory than the " + mebibytes + " MiB that Java may use for it",
                "Let it use more, as by: export TIDEMARK_JAVA_OPTIONS=-Xmx" + 2 * mebibytes + "m",
                cause);
    }

    private int failed(Exception problem, Consumer<UserFacingException> told) {
        // Only what was interrupted on another host can say more than that.
        boolean interrupted = !(problem instanceof InterruptedThereException)
                && (Thread.currentThread().isInterrupted() || problem instanceof InterruptedException);
        UserFacingException explained = interrupted
                ? new UserFacingException(
                        ExitCode.INTERRUPTED, "interrupted", "Incomplete output does not count. Run it again.", problem)
                : explain(problem);
        told.accept(explained);
        global.output(context).error(explained.getMessage(), explained.hint());
        if (global.isVerbose()) {
            problem.printStackTrace(context.talk());
        }
        return explained.exitCode().status();
    }

    /** What is told of a failure. */
    public static UserFacingException explain(Exception problem) {
        return switch (problem) {
            case UserFacingException e -> e;
            case IOException e -> StorageErrors.explain(e);
            default ->
                new UserFacingException(
                        ExitCode.INTERNAL,
                        "an error in the program itself: " + problem,
                        "Run it again with -v, and report what it prints.",
                        problem);
        };
    }
}
