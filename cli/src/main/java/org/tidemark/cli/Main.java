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
import org.tidemark.cli.command.CommandContext;
import org.tidemark.cli.config.Environment;

/** Every command but the WAL commands that PostgreSQL calls. The only place that ends the process. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        Interruption interruption = Interruption.ofThisThread();
        CommandContext context = new CommandContext(
                Environment.ofProcess(),
                Clock.systemUTC(),
                stream(FileDescriptor.out),
                stream(FileDescriptor.err),
                isTerminal(1),
                isTerminal(2));
        int status = new Program(context).run(arguments);
        interruption.end();
        System.exit(status);
    }

    /** System.console() knows of stdin and stdout together alone. */
    private static boolean isTerminal(int descriptor) {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                    .toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException e) {
            return false;
        }
    }

    /** UTF-8 whatever the locale is: archives are looked at from bare environments too. */
    private static PrintStream stream(FileDescriptor descriptor) {
        return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
    }
}
