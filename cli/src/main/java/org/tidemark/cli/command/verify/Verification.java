// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.verify;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.UnreadRepositories;
import org.tidemark.cli.output.Output;
import org.tidemark.core.ExitCode;
import org.tidemark.operations.verify.VerifyRun;
import org.tidemark.operations.verify.VerifyRun.Reading;
import org.tidemark.session.Session;
import org.tidemark.view.LossText;
import picocli.CommandLine.Mixin;

/**
 * A command that verifies repositories: runs the verification and prints what it found.
 *
 * @param <R> the report on one part of a repository
 */
abstract class Verification<R> implements Callable<ExitCode> {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Mixin
    private final ReadingOptions options = new ReadingOptions();

    Verification(CommandContext context) {
        this.context = context;
    }

    abstract VerifyRun.Scope scope();

    /** The reports that are printed, by the name of the repository. */
    abstract Map<String, List<R>> reports(VerifyRun.Result result);

    /** Prints the findings. */
    abstract void print(Output output, String repository, R report);

    /** The line that follows everything else. */
    abstract String summary(String repository, R report);

    /** What is printed in JSON. */
    abstract Record view(VerifyRun.Result result, Reading reading);

    @Override
    public final ExitCode call() {
        Output output = global.output(context);
        Reading reading = options.reading();
        VerifyRun.Result result;
        try (Session session = global.session(context)) {
            result = new VerifyRun(session, context.clock(), reading, name -> output.progress(name, 0)).run(scope());
        }
        UnreadRepositories.warn(output, result.repositories());
        result.warnings().forEach(output::tell);
        result.reports().values().forEach(found -> found.forEach(report -> output.count(report.bytesRead())));
        if (output.isJson()) {
            output.json(view(result, reading));
            return result.status();
        }
        if (reading.extent() instanceof Extent.Sample chosen && output.isVerbose()) {
            output.line("seed     " + chosen.seed());
        }
        reports(result).forEach((repository, found) -> {
            found.forEach(report -> print(output, repository, report));
            LossText.lines(
                            repository,
                            result.losses().getOrDefault(repository, List.of()),
                            Optional.ofNullable(result.repairs().get(repository)))
                    .forEach(output::advise);
            found.forEach(report -> output.line(summary(repository, report)));
        });
        if (reading.extent() instanceof Extent.Unmarked) {
            output.say("What an earlier run has read was not read again: add --all to read everything.");
        }
        return result.status();
    }
}
