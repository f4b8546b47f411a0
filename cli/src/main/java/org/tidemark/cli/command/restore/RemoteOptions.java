// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.restore;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.remote.AttachedRun;
import org.tidemark.cli.remote.RemoteRun;
import org.tidemark.core.ExitCode;
import org.tidemark.core.SshDestination;
import org.tidemark.core.UserFacingException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** The other host that is to run a command, if one is named. */
final class RemoteOptions {
    private static final Set<String> NAMES = Set.of("--remote", "--remote-program", "--ssh-config");

    @Option(
            names = "--remote",
            paramLabel = "ssh://[USER@]HOST[:PORT]",
            description = "restore on another host: the Tidemark there does it, with its configuration and its rights;"
                    + " every path is a path of that host")
    private @Nullable String remote;

    @Option(
            names = "--remote-program",
            paramLabel = "PATH",
            description = "with --remote: Tidemark's path on that host; default: tidemark")
    private @Nullable String program;

    @Option(
            names = "--ssh-config",
            paramLabel = "FILE",
            description = "with --remote: use this configuration of ssh instead of ~/.ssh/config")
    private @Nullable Path configuration;

    @Option(names = AttachedRun.OPTION, hidden = true, description = "another host follows this command")
    @SuppressWarnings("UnusedVariable") // Main acts on it.
    private boolean attached;

    /** Whether another host is named. */
    boolean isElsewhere() {
        if (remote == null && (program != null || configuration != null)) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    (program != null ? "--remote-program" : "--ssh-config") + " belongs to --remote",
                    "Name the host with --remote, or leave it out.");
        }
        return remote != null;
    }

    /**
     * Runs the same command line there, without these options.
     *
     * @param paths those of the command line, which must not depend on the directory of a shell
     * @return its exit status
     */
    int run(CommandSpec command, List<Path> paths, Output output, CommandContext context) throws IOException {
        for (Path path : paths) {
            if (!path.isAbsolute()) {
                throw new UserFacingException(
                        ExitCode.USAGE,
                        "'" + path + "' is relative, and is to be a path of the other host",
                        "With --remote, write every path from its '/' on.");
            }
        }
        SshDestination host = destination(String.valueOf(remote));
        output.say("Runs on " + host + ":");
        return new RemoteRun(host, program == null ? "tidemark" : program, file(context))
                .run(words(command), context.data(), context.talk());
    }

    private Optional<Path> file(CommandContext context) {
        return Optional.ofNullable(configuration)
                .map(file ->
                        context.environment().workingDirectory().resolve(file).normalize());
    }

    /** As they were typed, from the command on. */
    private static List<String> words(CommandSpec command) {
        List<String> words = new ArrayList<>();
        Iterator<String> given =
                command.root().commandLine().getParseResult().originalArgs().iterator();
        while (given.hasNext()) {
            String word = given.next();
            int equals = word.indexOf('=');
            if (NAMES.contains(word)) {
                given.next();
            } else if (equals < 0 || !NAMES.contains(word.substring(0, equals))) {
                words.add(word);
            }
        }
        return words;
    }

    private static SshDestination destination(String text) {
        try {
            return SshDestination.parse(text);
        } catch (IllegalArgumentException e) {
            // Said below.
        }
        throw new UserFacingException(
                ExitCode.USAGE,
                "--remote does not name a host as ssh://user@host:port",
                "Such as --remote ssh://postgres@db2. ssh asks for no password here: use a key or an agent.");
    }
}
