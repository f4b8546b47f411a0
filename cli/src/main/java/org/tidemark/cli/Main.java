// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.time.Clock;
import java.util.Optional;
import java.util.OptionalInt;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.command.start.NagiosLine;
import org.tidemark.cli.owner.OwnersRun;
import org.tidemark.cli.process.ProcessEnd;
import org.tidemark.cli.remote.AttachedRun;
import org.tidemark.config.Environment;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/** Every command but the WAL commands that PostgreSQL calls. The only place that ends the process. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        ProcessEnd.exit(run(arguments));
    }

    /** Runs one command of this process; the exit status. */
    static int run(String... arguments) {
        Interruption interruption = Interruption.ofThisThread();
        ProcessOutput data = ProcessOutput.data();
        ProcessOutput talk = ProcessOutput.talk();
        try {
            int status = AttachedRun.isAsked(arguments)
                    ? runAttached(data.stream(), arguments)
                    : run(
                            new CommandContext(
                                    Environment.ofProcess(),
                                    Clock.systemUTC(),
                                    data.stream(),
                                    talk.stream(),
                                    data.isTerminal(),
                                    talk.isTerminal()),
                            arguments);
            return told(status, data, talk, arguments);
        } finally {
            interruption.end();
        }
    }

    /** The status of a command, but for one that is done and whose answer is lost. What was done stays done. */
    public static int told(int status, ProcessOutput data, ProcessOutput talk, String... arguments) {
        Optional<String> lost = data.loss();
        lost.ifPresent(reason -> {
            talk.stream().println("ERROR: what was printed is lost: " + reason);
            talk.stream()
                    .println("HINT: What the command did stays done. Make room where its output goes, and print it"
                            + " again.");
        });
        if (status != ExitCode.DONE.status()) {
            return status;
        }
        if (NagiosLine.isAskedFor(arguments)) {
            return lost.isPresent() ? NagiosLine.unknown("").status() : status;
        }
        return lost.isPresent() || talk.loss().isPresent() ? ExitCode.LOCAL_FILES.status() : status;
    }

    /** For another host, which gets all that is printed, and the status. */
    private static int runAttached(PrintStream data, String... arguments) {
        AttachedRun attached = new AttachedRun(data);
        CommandContext context = new CommandContext(
                Environment.ofProcess(), Clock.systemUTC(), attached.data(), attached.talk(), false, false);
        attached.begin();
        OptionalInt ran = asOwner(context, arguments);
        if (ran.isPresent()) {
            // If a process of the owner ran, it has said this already, and watched the connection.
            attached.end(ran.getAsInt());
            return ran.getAsInt();
        }
        attached.watch(System.in, () -> System.exit(ExitCode.INTERRUPTED.status()));
        int status = new Program(context).run(arguments);
        attached.end(status);
        return status;
    }

    private static int run(CommandContext context, String[] arguments) {
        OptionalInt ran = asOwner(context, arguments);
        return ran.isPresent() ? ran.getAsInt() : new Program(context).run(arguments);
    }

    /** The status of the process of another user; empty if this user is the right one. */
    private static OptionalInt asOwner(CommandContext context, String[] arguments) {
        try {
            return new OwnersRun(context.environment(), arguments).ofMain();
        } catch (UserFacingException e) {
            if (NagiosLine.isAskedFor(arguments)) {
                NagiosLine unknown = NagiosLine.unknown(e.getMessage());
                context.data().println(unknown.text());
                return OptionalInt.of(unknown.status());
            }
            context.talk().println("ERROR: " + e.getMessage());
            context.talk().println("HINT: " + e.hint());
            return OptionalInt.of(e.exitCode().status());
        } catch (IOException e) {
            context.talk().println("ERROR: cannot run this as the owner of the data directory: " + e.getMessage());
            context.talk().println("HINT: Run it as that user, with sudo -u.");
            return OptionalInt.of(ExitCode.LOCAL_FILES.status());
        }
    }
}
