// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.OptionalInt;
import org.tidemark.cli.command.CommandContext;
import org.tidemark.cli.command.NagiosLine;
import org.tidemark.cli.owner.OwnersRun;
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
        try {
            return AttachedRun.isAsked(arguments)
                    ? runAttached(arguments)
                    : run(
                            new CommandContext(
                                    Environment.ofProcess(),
                                    Clock.systemUTC(),
                                    stream(FileDescriptor.out),
                                    stream(FileDescriptor.err),
                                    isTerminal(1),
                                    isTerminal(2)),
                            arguments);
        } finally {
            interruption.end();
        }
    }

    /** For another host, which gets all that is printed, and the status. */
    private static int runAttached(String... arguments) {
        AttachedRun attached = new AttachedRun(stream(FileDescriptor.out));
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

    /** System.console() tells only whether both stdin and stdout are a terminal. */
    private static boolean isTerminal(int descriptor) {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                    .toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException e) {
            return false;
        }
    }

    /** UTF-8 whatever the locale is: commands also run in environments without one. */
    private static PrintStream stream(FileDescriptor descriptor) {
        return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
    }
}
