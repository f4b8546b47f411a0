// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.io.IOException;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.output.Output;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.core.FileProblem;
import org.tidemark.core.UserFacingException;
import org.tidemark.view.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "diagnose",
        description = {
            "Collects diagnostic data in one file for your support contact: the configuration, the findings of check,"
                    + " status, the list of the backups, the tasks of cron, the versions, the names of the files in the"
                    + " spool, and the end of the log.",
            "Passwords and keys are replaced by stars. Nothing is sent anywhere: look at the file before you give it"
                    + " away. It also works while the server or a repository is down, and with a wrong"
                    + " configuration; it takes a minute at most.",
        })
@Help(
        group = Help.Group.START,
        synopsis = "diagnose [FILE]",
        examples = {"tidemark diagnose", "tidemark diagnose /tmp/tidemark.zip --cluster main"},
        statuses = {ExitCode.DONE, ExitCode.USAGE, ExitCode.LOCAL_FILES})
final class DiagnoseCommand implements Callable<ExitCode> {
    private static final DateTimeFormatter NAME = DateTimeFormatter.ofPattern(
                    "'tidemark-diagnose-'uuuuMMdd'T'HHmmss'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Parameters(
            paramLabel = "FILE",
            arity = "0..1",
            description = "the archive to make, which must not exist; default: tidemark-diagnose-TIME.zip here")
    private @Nullable Path given;

    private record View(Path file, List<Entry> entries) {
        record Entry(String name, String what, long bytes) {}
    }

    DiagnoseCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() throws InterruptedException {
        Output output = global.output(context);
        String name = NAME.format(context.clock().instant());
        Path file = context.environment()
                .workingDirectory()
                .resolve(given == null ? Path.of(name + ".zip") : given)
                .normalize();
        DiagnosticPack pack = new DiagnosticPack(context, global, DiagnosticPack.LIMIT);
        List<DiagnosticPack.Entry> entries;
        try {
            entries = pack.write(file, name);
        } catch (IOException e) {
            throw new UserFacingException(
                    ExitCode.LOCAL_FILES,
                    "cannot make '" + file + "': " + FileProblem.of(e),
                    "Name a file that does not exist yet, in a directory where this user may write.",
                    e);
        }
        if (output.isJson()) {
            output.json(new View(
                    file,
                    Json.list(
                            entries,
                            each -> new View.Entry(
                                    each.name(), each.what(), each.content().length()))));
        } else {
            entries.forEach(each -> output.say(each.name() + ": " + each.what() + ", "
                    + Amounts.size(each.content().length())));
            output.say("passwords and keys are replaced by stars; look at it before you give it away");
            output.line(file.toString());
        }
        return ExitCode.DONE;
    }
}
