// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.cli.config.Environment;
import org.tidemark.cli.config.Origin;
import org.tidemark.cli.config.Setting;
import org.tidemark.cli.config.SettingKey;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.Output.Verbosity;
import org.tidemark.cli.output.OutputFormat;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** The options that every command takes. */
final class GlobalOptions {
    @ArgGroup(validate = false, exclusive = false, heading = "%nOptions of every command:%n")
    private final Values values = new Values();

    static final class Values {
        @Option(names = "--cluster", paramLabel = "NAME", description = "which cluster; not needed where there is one")
        private @Nullable String cluster;

        @Option(
                names = "--repository",
                paramLabel = "NAME|URL",
                description = "a configured repository or an address; may be given several times")
        private List<String> repositories = new ArrayList<>();

        @Option(
                names = "--output",
                paramLabel = "text|json",
                defaultValue = "text",
                description = "the form of what is printed on stdout")
        private OutputFormat output = OutputFormat.TEXT;

        @Option(
                names = "--config",
                paramLabel = "FILE",
                description = "this configuration file instead of those of the system and the user")
        private @Nullable Path config;

        @Option(
                names = "--decrypt-with",
                paramLabel = "FILE",
                description =
                        "read encrypted repositories with the private keys in this file; may be given several times")
        private List<Path> decryptWith = new ArrayList<>();

        @Option(names = "--jobs", paramLabel = "N", description = "how much is done at once; 0: by the number of cores")
        private @Nullable String jobs;

        @Option(
                names = {"-v", "--verbose"},
                description = "say more, and show where an error came from")
        private boolean verbose;

        @Option(names = "--no-color", description = "no colors, whatever the terminal can do")
        private boolean noColor;

        @Option(
                names = {"-h", "--help"},
                usageHelp = true,
                description = "show this help")
        @SuppressWarnings("UnusedVariable") // picocli acts on it
        private boolean help;
    }

    boolean isVerbose() {
        return values.verbose;
    }

    Optional<Path> config() {
        return Optional.ofNullable(values.config);
    }

    List<String> repositories() {
        return values.repositories;
    }

    /** Files of private keys, in place of the configured ones. */
    List<Path> decryptWith(Environment environment) {
        return values.decryptWith.stream()
                .map(file -> environment.workingDirectory().resolve(file).normalize())
                .toList();
    }

    Optional<ClusterName> cluster() {
        if (values.cluster == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(new ClusterName(values.cluster));
        } catch (IllegalArgumentException e) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    String.valueOf(e.getMessage()),
                    "Is the name after --cluster right? See with: tidemark config",
                    e);
        }
    }

    /** Options that stand for settings: they win over files and variables. */
    List<Setting> settings() {
        return values.jobs == null
                ? List.of()
                : List.of(new Setting(SettingKey.of("host", "jobs"), values.jobs, Origin.option("--jobs")));
    }

    Output output(CommandContext context) {
        boolean colored = !values.noColor
                && context.dataToTerminal()
                && context.environment().variable("NO_COLOR").isEmpty();
        return new Output(
                context.data(),
                context.talk(),
                values.output,
                values.verbose ? Verbosity.VERBOSE : Verbosity.NORMAL,
                colored);
    }
}
