// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.start;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.process.ProgramVersion;
import org.tidemark.core.ExitCode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "version",
        description = {
            "Shows the version of the program and of Java.",
            "--check compares each installed file with the list that the package brought."
        })
@Help(
        group = Help.Group.START,
        synopsis = "version [--check]",
        examples = {"tidemark version --json", "tidemark version --check"},
        statuses = {ExitCode.DONE, ExitCode.NO, ExitCode.LOCAL_FILES})
public final class VersionCommand implements Callable<ExitCode> {
    private final CommandContext context;

    @Option(names = "--check", description = "compare the installed files with those of the package")
    private boolean check;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    /** The document. */
    public record View(String version, String java, Optional<InstallationView> installation) {
        /** The document of one run. */
        public static View of(String java, Optional<InstalledFiles> installed) {
            return new View(
                    ProgramVersion.text(),
                    java,
                    installed.map(files -> new InstallationView(
                            files.directory().toString(),
                            files.version(),
                            files.files(),
                            files.missing(),
                            files.changed(),
                            files.added())));
        }
    }

    private record InstallationView(
            String directory,
            String version,
            int files,
            List<String> missing,
            List<String> changed,
            List<String> added) {}

    public VersionCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() {
        Output output = global.output(context);
        String java = Runtime.version().toString();
        Path home = Path.of(context.environment().variable("TIDEMARK_HOME").orElse("."));
        Optional<InstalledFiles> installed = check ? Optional.of(InstalledFiles.compare(home)) : Optional.empty();
        if (output.isJson()) {
            output.json(View.of(java, installed));
        } else {
            output.line("tidemark " + ProgramVersion.text() + " (Java " + java + ")");
            installed.ifPresent(files -> print(output, files));
        }
        if (installed.isPresent() && !installed.get().complete()) {
            output.error(
                    "the installation in '" + home + "' is not what its package has", "Install the package again.");
            return ExitCode.NO;
        }
        return ExitCode.DONE;
    }

    private static void print(Output output, InstalledFiles installed) {
        installed.missing().forEach(file -> output.line("missing: " + file));
        installed.changed().forEach(file -> output.line("changed: " + file));
        installed.added().forEach(file -> output.line("added: " + file));
        output.line(installed.directory() + ": package " + installed.version() + ", " + installed.files()
                + " files as they were packed");
    }
}
